"""TorchScript archives and exported programs as an attacker would write them, and an honest twin of each."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable, Mapping
from typing import Final

import pytest

from accord.scan.models.torchscript_code import own_names
from accord.scan.rating import Rated, Rating

Growth = Callable[[Callable[[int], Callable[[], object]], int], float]
Rate = Callable[..., Rated]
HEAD: Final = "class Tiny(Module):\n  __parameters__ = []\n  training : bool\n"
FORWARD: Final = "  def forward(self: __torch__.Tiny,\n    x: Tensor) -> Tensor:\n    return torch.relu(x)\n"
DATA: Final = b"\x80\x02c__torch__\nTiny\nq\0)\x81}(X\x08\0\0\0trainingq\1\x88ubq\2."
EMPTY: Final = b"\x80\x02)."
EVIL: Final = b"\x80\x02cposix\nsystem\nq\0X\x0b\0\0\0echo accordq\1\x85q\2Rq\3."


def zipped(members: Mapping[str, bytes], root: str) -> bytes:
    """Return an archive of some members under a folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(root + name, data)
    return out.getvalue()


def script(members: Mapping[str, bytes] | None = None, *, root: str = "tiny/") -> bytes:
    """Return a TorchScript archive, with members that replace or follow those of an honest one."""
    held = {
        "data.pkl": DATA,
        "code/__torch__.py": (HEAD + FORWARD).encode(),
        "constants.pkl": EMPTY,
        "version": b"3\n",
        **(members or {}),
    }
    return zipped(held, root)


def method(line: str, head: str = HEAD) -> bytes:
    """Return a program of which a second method holds a line."""
    more = f"  def more(self: __torch__.Tiny, x: Tensor) -> NoneType:\n    {line}\n    return None\n"
    return (head + FORWARD + more).encode()


def harm(found: Rated) -> str:
    """Return the names and messages of what is dangerous in a file, as one text."""
    bad = [one for one in found.reasons if one.rating is Rating.DANGEROUS]
    return " | ".join(f"{one.name} {one.finding.message}" for one in bad)


LINES: Final = {
    'torch.save(x, "/etc/x")': "torch.save",
    'torch.save([x], "echo.pkl")': "torch.save",
    'y = torch.from_file("/etc/passwd", False, 10, dtype=0)': "torch.from_file",
    'y = torch.add(torch.from_file("/proc/self/environ", None, 4), 1)': "torch.from_file",
    'ops.aten.from_file("/etc/passwd", None, 4)': "ops.aten.from_file",
    'ops.aten.save(x, "x")': "ops.aten.save",
    "torch\t.\tsave(x)": "torch.save",
    "torch.\\\n      from_file(x)": "torch.from_file",
    "(torch).save(x)": "save",
    "y = [torch.save(x) for z in x]": "torch.save",
    'annotate(Tensor, torch.from_file("/etc/x"))': "torch.from_file",
    'if torch.eq(x, 1):\n      torch.save(x, "y")\n    else:\n      pass': "torch.save",
    'y = ops.image.read_file("/etc/passwd")': "ops.image.read_file",
    'ops.image.write_file("/tmp/x", x)': "ops.image.write_file",
    'ops.prim.rpc_async("worker", "f", ())': "ops.prim.rpc_async",
    "ops.prim.PythonOp(x)": "ops.prim.PythonOp",
    'os.system("echo accord")': "os.system",
    'import os; os.system("echo accord")': "os",
    "from subprocess import run": "subprocess",
    "import torch, subprocess as s": "subprocess",
    '__import__("os").system("echo accord")': "__import__",
    'exec("import os")': "exec",
    'eval("1")': "eval",
    'y = eval ("1")': "eval",
    'y = open("/etc/passwd").read()': "open",
    'subprocess.Popen(["echo"])': "subprocess.Popen",
    'builtins.exec("x")': "builtins.exec",
    'importlib.import_module("os")': "importlib.import_module",
    'compile("x", "y", "exec")': "compile",
    "socket.create_connection(x)": "socket.create_connection",
    "pickle.loads(x)": "pickle.loads",
}
FILES: Final = {
    "the program": "code/__torch__.py",
    "a module below": "code/__torch__/torch/nn/modules/linear.py",
    "a mangled module": "code/__torch__/___torch_mangle_7.py",
    "a module of a package": "code/__torch__/team/model/net.py",
}


@pytest.mark.parametrize("place", FILES)
@pytest.mark.parametrize("line", LINES)
def test_a_call_that_reaches_out_is_named_in_every_file_of_the_program(rated: Rate, line: str, place: str) -> None:
    for name, root in (("model.pt", "tiny/"), ("model.ptl", "archive/"), ("net.torchscript", "")):
        found = rated(name, script({FILES[place]: method(line)}, root=root))
        assert found.rating is Rating.DANGEROUS, (name, found.reasons)
        assert LINES[line] in harm(found)


@pytest.mark.parametrize("place", FILES)
@pytest.mark.parametrize(
    "line",
    [
        "y = torch.add(x, torch.mul(x, 2), alpha=1)",
        'print("torch.save(x) and os.system are only words")',
        "# torch.save(x); import os; exec(x)",
        "input = torch.relu(x)\n    y = torch.size(input)",
        "open = torch.relu(x)\n    compile = torch.add(open, 1)",
        "eval_1 = torch.relu(x)\n    y = torch.mul(eval_1, 2)",
        "select = torch.select(x, 0, 1)\n    copy = torch.clone(select)",
        "time = torch.relu(x)\n    code = torch.add(time, time)\n    y = (self).forward(code, )",
        "y = annotate(List[int], [])\n    z = uninitialized(Tensor)\n    w = getattr(self, '0')",
        "y = ops.prim.max(1, 2)\n    ops.prim.RaiseException('torch.from_file')",
    ],
)
def test_a_line_that_computes_is_safe_in_the_same_places(rated: Rate, line: str, place: str) -> None:
    code = {FILES["the program"]: (HEAD + FORWARD).encode(), FILES[place]: method(line)}
    found = rated("model.pt", script(code))
    assert found.rating is Rating.SAFE, found.reasons


PICKLES: Final = [
    EVIL,
    b"cposix\nsystem\n(S'echo accord'\ntR.",
    b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04echo\x85R.",
    b"\x80\x02c__builtin__\neval\nq\0X\x01\0\0\0xq\1\x85R.",
    b"\x80\x02crunpy\nrun_path\nX\x01\0\0\0x\x85R\x80\x02.",
    DATA[:-1] + b"cposix\nsystem\nU\x04echo\x85R.",
]
MEMBERS: Final = [
    "data.pkl", "constants.pkl", "attributes.pkl", "bytecode.pkl", "code/__torch__.py.debug_pkl", "extra/state.pkl",
    "extra/notes.txt", "code/more.pkl", "data/0", "constants/0", "xl_model_weights/0", "metadata.pkl",
]  # fmt: skip


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("place", range(len(PICKLES)))
def test_a_call_in_any_member_is_dangerous(rated: Rate, place: int, member: str) -> None:
    found = rated("model.pt", script({member: PICKLES[place]}))
    assert found.rating is Rating.DANGEROUS, found.reasons
    assert any(name in harm(found) for name in ("posix.system", "eval", "runpy.run_path"))


@pytest.mark.parametrize("member", ["attributes.pkl", "extra/state.pkl", "code/__torch__.py.debug_pkl", "code/x.pkl"])
def test_a_pickle_of_plain_values_in_the_same_members_is_safe(rated: Rate, member: str) -> None:
    found = rated("model.pt", script({member: pickle.dumps(([1, 2.5], {"a": "posix.system"}), 2)}))
    assert found.rating is Rating.SAFE, found.reasons


@pytest.mark.parametrize("name", ["ops.team.run(x)", "torch.never_heard_of(x)", "__torch__.os.system(x)", "t = torch"])
def test_what_nobody_knows_is_refused_and_named(rated: Rate, name: str) -> None:
    found = rated("model.pt", script({"code/__torch__.py": method(name)}))
    assert found.rating is Rating.UNKNOWN
    assert any(one.name and one.name in name for one in found.reasons)


def test_a_program_that_names_thousands_of_methods_is_judged_in_time(rated: Rate, growth: Growth) -> None:
    def lines(count: int) -> str:
        return "".join(
            f"  def f{place}(self, x: Tensor):\n    return torch.add(x, {place})\n" for place in range(count)
        )

    def judged(count: int) -> Callable[[], Rated]:
        data = script({"code/__torch__.py": (HEAD + lines(count)).encode() + method("torch.save(x)", "")})
        return lambda: rated("model.pt", data)

    assert "torch.save" in harm(judged(5_000)())
    assert len(own_names([("__torch__", HEAD + lines(5_000))]).methods) == 5_000
    assert growth(judged, 1_500) < 10


def program(*targets: str, **more: object) -> dict[str, object]:
    """Return an exported program that calls some operators."""
    nodes = [{"target": one, "inputs": [], "outputs": [], "metadata": {"torch_fn": "x"}} for one in targets]
    graph = {"nodes": nodes, "tensor_values": {"x": {"dtype": 7, "sizes": [{"as_int": 3}]}}}
    return {"graph_module": {"graph": graph}, "schema_version": {"major": 8, "minor": 20}, "guards_code": [], **more}


def exported(
    document: object, members: Mapping[str, bytes] | None = None, weight: Mapping[str, object] | None = None
) -> bytes:
    """Return an archive of torch.export around a program."""
    shape = {"sizes": [{"as_int": 8}], "strides": [{"as_int": 1}], "storage_offset": {"as_int": 0}}
    meta = {"dtype": 7, "layout": 7, **shape}
    one = {"path_name": "weight_0", "is_param": True, "use_pickle": False, "tensor_meta": meta, **(weight or {})}
    held = {
        "archive_format": b"pt2",
        "archive_version": b"0",
        "models/model.json": json.dumps(document).encode(),
        "data/weights/model_weights_config.json": json.dumps({"config": {"w": one}}).encode(),
        "data/weights/weight_0": bytes(range(1, 33)),
        "data/constants/model_constants_config.json": b'{"config": {}}',
        **(members or {}),
    }
    return zipped(held, "model/")


def old_exported(document: object) -> bytes:
    """Return an archive as torch.export wrote it until PyTorch 2.7."""
    empty = pickle.dumps({}, 2)
    return zipped(
        {
            "serialized_exported_program.json": json.dumps(document).encode(),
            "serialized_state_dict.json": empty,
            "serialized_constants.json": empty,
            "version": b"8.2",
        },
        "",
    )


@pytest.mark.parametrize(
    "target",
    [
        "torch.ops.aten.save.default", "torch.ops.aten.from_file.default", "torch.ops.image.read_file.default",
        "torch.load",
        "torch.hub.load", "torch.jit.load", "torch.utils.cpp_extension.load", "torch._C._import_ir_module",
        "_operator.attrgetter",
        "_operator.methodcaller", "os.system", "posix.system", "subprocess.run", "builtins.eval",
        "importlib.import_module", "eval",
        "operator.attrgetter", "sys.modules", "__import__", "math.__loader__",
    ],
)  # fmt: skip
def test_a_target_that_reaches_out_is_named(rated: Rate, target: str) -> None:
    document = program("torch.ops.aten.add.Tensor", target)
    nested = program(sub={"graph_module": {"graph": {"nodes": [{"target": target}]}}})
    for data in (
        exported(document),
        exported(program(), {"models/second.json": json.dumps(document).encode()}),
        exported(nested),
    ):
        found = rated("model.pt2", data)
        assert found.rating is Rating.DANGEROUS, found.reasons
        assert target in harm(found)


EXPRESSIONS: Final = [
    "__import__('os').system('echo accord')", "exec('x')", "eval('1')", "().__class__.__bases__[0].__subclasses__()",
    "Symbol('s0').__init__.__globals__", "(lambda: 1)()", "[x for x in (1,)]", "open('/etc/passwd').read()",
    "Symbol(f'{x!r}')",
    "getattr(Symbol, 'x')", "Integer(10**10**10)", "print(1)", "Symbol('s').func('x')", "(yield)", "x := 1",
    "Function('f')(1)",
    "sympify('1')", "S('1')", "Lambda(1, 2)", "parse_expr('x')",
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_that_is_code_is_dangerous_in_every_place(rated: Rate, expression: str) -> None:
    sizes = [{"as_expr": {"expr_str": expression, "hint": None}}]
    for document in (
        program(guards_code=[expression]),
        program(values={"x": {"sizes": sizes}}),
        program(sub=[{"sym_int_values": {"s": {"as_expr": {"expr_str": expression}}}}]),
        program(range_constraints={"s0": {"min_val": {"expr_str": expression}}}),
    ):
        found = rated("model.pt2", exported(document))
        assert found.rating is Rating.DANGEROUS, found.reasons


@pytest.mark.parametrize(
    "expression",
    ["Symbol('s77', positive=True, integer=True)", "2*Max(1, Symbol('s0'))", "Mod(Symbol('s1'), 8)", "Integer(4) + 1"],
)
def test_an_expression_of_sizes_is_safe(rated: Rate, expression: str) -> None:
    found = rated("model.pt2", exported(program(values={"x": {"sizes": [{"as_expr": {"expr_str": expression}}]}})))
    assert found.rating is Rating.SAFE, found.reasons


def _tree(context: object, kind: str = "collections.defaultdict") -> str:
    return json.dumps([1, {"type": kind, "context": json.dumps(context), "children_spec": []}])


TREES: Final = {
    "a factory": _tree({"default_factory_module": "os", "default_factory_name": "system", "dict_context": "[]"}),
    "its name first": _tree(
        {"default_factory_name": "system", "dict_context": "[]", "default_factory_module": "posix"}
    ),
    "far apart": _tree({"default_factory_module": "subprocess", "x": "y" * 400, "default_factory_name": "run"}),
    "an escaped key": _tree({"default_factory_module": "os", "default_factory_name": "system"}).replace(
        "factory_module", "f\\u0061ctory_module"
    ),
    "an escaped name": _tree({"default_factory_module": "builtins", "default_factory_name": "exec"}).replace(
        "exec", "e\\u0078ec"
    ),
    "an inner tree": json.dumps(
        [1, {"type": "x", "context": _tree({"default_factory_module": "os", "default_factory_name": "system"})}]
    ),
    "an enumeration": _tree([{"__enum__": True, "fqn": "os:system", "name": "X"}], "builtins.dict"),
    "an escaped enumeration": _tree([{"__enum__": True, "fqn": "antigravity:x", "name": "X"}]).replace(
        "__enum__", "_\\u005fenum__"
    ),
}


@pytest.mark.parametrize("kind", TREES)
@pytest.mark.parametrize("key", ["in_spec", "out_spec", "dict_context", "as_string"])
def test_a_tree_that_names_a_factory_is_dangerous_however_it_is_written(rated: Rate, key: str, kind: str) -> None:
    document = program(module_call_graph=[{"fqn": "", "signature": {key: TREES[kind]}}])
    for name, data in (("model.pt2", exported(document)), ("old.pt2", old_exported(document))):
        found = rated(name, data)
        assert found.rating is Rating.DANGEROUS, (name, found.reasons)
        assert any(word in harm(found) for word in ("os", "posix", "subprocess", "exec", "antigravity"))


@pytest.mark.parametrize(
    "tree",
    [
        _tree({"default_factory_module": "builtins", "default_factory_name": "list", "dict_context": "[]"}),
        _tree(["a", "b"], "builtins.dict"),
        json.dumps([1, {"type": None, "context": None, "children_spec": []}]),
        "[1, not JSON",
    ],
)
def test_a_tree_of_plain_values_is_safe(rated: Rate, tree: str) -> None:
    found = rated("model.pt2", exported(program(module_call_graph=[{"signature": {"in_spec": tree}}])))
    assert found.rating is Rating.SAFE, found.reasons
    assert rated("old.pt2", old_exported(program())).rating is Rating.SAFE


@pytest.mark.parametrize("place", range(len(PICKLES)))
@pytest.mark.parametrize(
    "member",
    [
        "data/weights/weight_1", "data/constants/custom_obj_0", "data/sample_inputs/model.pt", "extra/notes.bin",
        "data/weights/weight_0",
        "data/constants/tensor_0", "stray.pkl",
    ],
)  # fmt: skip
def test_a_pickle_in_any_member_of_an_exported_program_is_dangerous(rated: Rate, member: str, place: int) -> None:
    found = rated("model.pt2", exported(program(), {member: PICKLES[place]}, {"use_pickle": True}))
    assert found.rating is Rating.DANGEROUS, found.reasons


@pytest.mark.parametrize("member", ["data/aotinductor/model/x.wrapper.so", "data/aotinductor/model/kernel.cubin"])
def test_native_code_in_an_exported_program_is_refused(rated: Rate, member: str) -> None:
    data = exported(program(), {member: b"\x7fELF\2\1\1" + bytes(200)})
    assert rated("model.pt2", data).rating is not Rating.SAFE


def test_keys_that_stand_twice_are_judged_in_every_reading(rated: Rate) -> None:
    node = '{"target": "torch.ops.aten.add.Tensor", "target": "torch.ops.aten.save.default", "target": "_operator.add"}'
    text = '{"graph_module": {"graph": {"nodes": [' + node + "]}}}"
    data = exported(program(), {"models/model.json": text.encode()})
    assert "torch.ops.aten.save.default" in harm(rated("model.pt2", data))


def test_a_program_of_many_nodes_is_judged_in_time(rated: Rate, growth: Growth) -> None:
    def judged(count: int) -> Callable[[], Rated]:
        data = exported(program(*["torch.ops.aten.add.Tensor"] * count, "torch.ops.aten.save.default"))
        return lambda: rated("model.pt2", data)

    assert "torch.ops.aten.save.default" in harm(judged(15_000)())
    assert growth(judged, 4_000) < 10
