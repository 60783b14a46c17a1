"""Programs of torch.export, written member by member: operators, expressions, raw weights."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.scan.look import Limits, Look
from accord.scan.models.expressions import complaint
from accord.scan.models.strict_json import load
from accord.scan.models.torch_export import judge
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating, Sight

Growth = Callable[[Callable[[int], Callable[[], object]], int], float]
Rate = Callable[..., Rated]
SYMBOL: Final = "Symbol('s77', positive=True, integer=True)"


def program(*targets: str, expression: str = SYMBOL, **more: object) -> dict[str, object]:
    """Return a program that calls some operators."""
    nodes = [{"target": one, "inputs": [], "outputs": [], "metadata": {"torch_fn": "x"}} for one in targets]
    sizes = [{"as_expr": {"expr_str": expression, "hint": {"as_int": 3}}}, {"as_int": 4}]
    return {
        "graph_module": {"graph": {"nodes": nodes, "tensor_values": {"x": {"dtype": 7, "sizes": sizes}}}},
        "schema_version": {"major": 8, "minor": 20},
        "guards_code": [],
        **more,
    }


def tensor(*sizes: int, dtype: int = 7) -> dict[str, object]:
    """Return the description of a tensor that lies as it is."""
    strides = [1] * len(sizes)
    for place in range(len(sizes) - 2, -1, -1):
        strides[place] = strides[place + 1] * sizes[place + 1]
    whole = [[{"as_int": one} for one in several] for several in (sizes, strides)]
    return {"dtype": dtype, "sizes": whole[0], "strides": whole[1], "storage_offset": {"as_int": 0}, "layout": 7}


def exported(
    document: object, members: Mapping[str, bytes] | None = None, meta: object = None, **more: object
) -> bytes:
    """Return an archive of torch.export around a program."""
    weight = {
        "path_name": "weight_0",
        "is_param": True,
        "use_pickle": False,
        "tensor_meta": meta or tensor(2, 4),
        **more,
    }
    held: dict[str, bytes] = {
        "archive_format": b"pt2",
        "archive_version": b"0",
        "byteorder": b"little",
        ".data/version": b"3\n",
        "models/model.json": document if isinstance(document, bytes) else json.dumps(document).encode(),
        "data/weights/model_weights_config.json": json.dumps({"config": {"weight": weight}}).encode(),
        "data/weights/weight_0": bytes(range(1, 33)),
        "data/constants/model_constants_config.json": b'{"config": {}}',
        **(members or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in held.items():
            archive.writestr(f"model/{name}", data)
    return out.getvalue()


def _look() -> Look:
    return Look(lambda _part, _look: iter(()), Limits())


def _sights(document: object) -> list[Sight]:
    return list(judge(document, Part(b"", name="model.json"), _look()))


def test_an_ordinary_program_is_safe(rated: Rate) -> None:
    targets = (
        "torch.ops.aten.add.Tensor",
        "_operator.mul",
        "math.ceil",
        "torch.sym_float",
        "torch.ops.higher_order.cond",
    )
    found = rated("model.pt2", exported(program(*targets)))
    assert (found.format, found.rating) == ("torch-export", Rating.SAFE), found.reasons


@pytest.mark.parametrize(
    ("target", "rating"),
    [
        ("torch.ops.aten.save.default", Rating.DANGEROUS),
        ("torch.ops.aten.from_file.default", Rating.DANGEROUS),
        ("torch.ops.image.read_file.default", Rating.DANGEROUS),
        ("torch.save", Rating.DANGEROUS),
        ("torch.hub.load", Rating.DANGEROUS),
        ("torch.load", Rating.DANGEROUS),
        ("_operator.methodcaller", Rating.DANGEROUS),
        ("_operator.attrgetter", Rating.DANGEROUS),
        ("torch.ops.team.secret.default", Rating.UNKNOWN),
        ("#team.extension", Rating.UNKNOWN),
        ("os.system", Rating.DANGEROUS),
        ("", Rating.UNKNOWN),
    ],
)
def test_an_operator_is_judged_by_the_list(rated: Rate, target: str, rating: Rating) -> None:
    assert rated("model.pt2", exported(program("torch.ops.aten.add.Tensor", target))).rating is rating


@pytest.mark.parametrize(
    "expression",
    [
        SYMBOL,
        f"Add(FloorDiv({SYMBOL}, Integer(2)), Integer(1))",
        "Max(2, 3*s0 - 1)",
        "StrictGreaterThan(Symbol('u0', integer=True), Integer(0))",
        "((4*L['y'].size()[0] + 2) // L['args'][0].stride(1)) != 0",
        "s0**2",
        "-1.5",
    ],
)
def test_arithmetic_is_tame(expression: str) -> None:
    assert complaint(expression) is None


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "exec('x')",
        "eval(s0)",
        "Symbol('x').__class__",
        "Symbol('x').func",
        "[x for x in (1, 2)]",
        "lambda: 1",
        "(lambda: 1)()",
        "f'{x}'",
        "(yield)",
        "s0 := 1",
        "import os",
        "",
        "9**9**9",
        "9**s0",
        "1" * 100,
        "L['x'].data.tofile('x')",
        "Add(" * 2000 + ")" * 2000,
        "1+" * 9_000 + "1",
        "x" * 30_000,
    ],
)
def test_what_is_no_arithmetic_is_dangerous(rated: Rate, expression: str) -> None:
    assert complaint(expression) is not None
    assert rated("model.pt2", exported(program(expression=expression))).rating is Rating.DANGEROUS
    assert rated("model.pt2", exported(program(guards_code=[expression]))).rating is Rating.DANGEROUS


def test_a_factory_in_a_tree_of_values_is_judged() -> None:
    def spec(module: str, name: str) -> dict[str, object]:
        context = json.dumps({"default_factory_module": module, "default_factory_name": name})
        return {"in_spec": json.dumps([1, {"type": "collections.defaultdict", "context": context}])}

    assert _sights(spec("builtins", "list")) == []
    assert [one.name for one in _sights(spec("os", "getcwd"))] == ["os.getcwd"]
    assert [one.kind for one in _sights(spec("builtins", "eval"))] == ["torch-expression"]
    assert _sights({"in_spec": "default_factory_module"}) == []


def test_a_key_that_stands_twice_hides_nothing(rated: Rate) -> None:
    text = b'{"graph": {"nodes": [{"target": "torch.hub.load", "target": "torch.ops.aten.add.Tensor"}]}}'
    found = rated("model.pt2", exported(text))
    assert found.rating is Rating.DANGEROUS
    assert any("target twice" in one.finding.message for one in found.reasons)


def test_raw_weights_are_taken_only_as_large_as_their_tensor(rated: Rate) -> None:
    assert rated("a.pt2", exported(program(), meta=tensor(2, 4))).rating is Rating.SAFE
    assert rated("b.pt2", exported(program(), meta=tensor(4, 4))).rating is Rating.UNKNOWN
    assert rated("c.pt2", exported(program(), meta=tensor(2, 4, dtype=99))).rating is Rating.UNKNOWN
    assert rated("d.pt2", exported(program(), meta={"dtype": 7, "sizes": "x"})).rating is Rating.UNKNOWN


def test_weights_that_are_pickled_are_looked_inside(rated: Rate) -> None:
    evil = {"data/weights/weight_0": b"\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R."}
    assert rated("model.pt2", exported(program(), evil, use_pickle=True)).rating is Rating.DANGEROUS


@pytest.mark.parametrize("member", ["data/sample_inputs/model.pt", "data/constants/custom_obj_0", "extra/notes"])
def test_a_pickle_anywhere_is_looked_inside(rated: Rate, member: str) -> None:
    evil = b"\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R."
    assert rated("model.pt2", exported(program(), {member: evil})).rating is Rating.DANGEROUS


def test_native_code_of_a_compiled_package_is_not_safe(rated: Rate) -> None:
    library = b"\x7fELF\x02\x01\x01" + bytes(57)
    found = rated("model.pt2", exported(program(), {"data/aotinductor/model/model.so": library}))
    assert found.rating in (Rating.DANGEROUS, Rating.UNKNOWN)


def test_a_stray_member_beside_the_archives_folder_hides_nothing(rated: Rate) -> None:
    for target, rating in (("torch.ops.aten.add.Tensor", Rating.SAFE), ("torch.hub.load", Rating.DANGEROUS)):
        out = io.BytesIO(exported(program(target)))
        with zipfile.ZipFile(out, "a") as archive:
            archive.writestr("stray.txt", "nothing")
        found = rated("model.pt2", out.getvalue())
        assert found.rating is rating, found.reasons


def test_the_older_layout_is_read(rated: Rate) -> None:
    for target, rating in (("torch.ops.aten.add.Tensor", Rating.SAFE), ("torch.hub.load", Rating.DANGEROUS)):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("serialized_exported_program.json", json.dumps(program(target)))
            archive.writestr("version", "5.1")
        found = rated("model.pt2", out.getvalue())
        assert (found.format, found.rating) == ("torch-export", rating), found.reasons


@pytest.mark.parametrize("text", [b"{", b"", b"\xff\xfe\xfd", b"[" * 100_000])
def test_what_is_no_json_is_broken(text: bytes) -> None:
    with pytest.raises(BrokenError):
        load(text)


def test_every_reading_of_keys_that_stand_twice_is_kept() -> None:
    text = load(b'{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}')
    assert text.document == {"a": 3, "b": {"c": 2}}
    assert text.hidden == ({"c": 1}, {"b": {"c": 2}, "a": 1})
    assert text.twice == ("c", "a")
    assert [one.kind for one in text.oddities(Part(b"", name="x"))] == ["malformed"]


def test_a_large_program_is_judged_in_time_that_grows_with_its_size(growth: Growth) -> None:
    def judged(count: int) -> Callable[[], object]:
        document = program(*["torch.ops.aten.add.Tensor"] * count)
        return lambda: _sights(document)

    assert judged(100)() == []
    assert growth(judged, 12_000) < 10


@given(expression=st.text(alphabet="s0+-*/()[]'. ,Max_L\\", max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_expression_ends_the_judge_with_an_error(expression: str) -> None:
    found = complaint(expression)
    assert found is None or found


_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["target", "expr_str", "x", "config"]), inner)
    ),
    max_leaves=20,
)


@given(document=_JSON)
@settings(max_examples=200, deadline=None)
def test_no_document_ends_the_judge_with_an_error(document: object) -> None:
    assert all(one.kind.startswith("torch-") for one in _sights(document))
