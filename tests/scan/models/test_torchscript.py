"""TorchScript archives, written member by member: their program, their pickles, and what hides in either."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.scan.models.torchscript_code import Program, judge, mentioned, own_names
from accord.scan.part import Part
from accord.scan.rating import Rated, Rating

Growth = Callable[[Callable[[int], Callable[[], object]], int], float]
Rate = Callable[..., Rated]

HEAD: Final = """class Tiny(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  sub : __torch__.torch.nn.modules.linear.Linear
  packed : __torch__.torch.classes.quantized.LinearPackedParamsBase
"""
FORWARD: Final = """  def forward(self: __torch__.Tiny,
    x: Tensor,
    names: Optional[List[str]]=None) -> Tensor:
    # a comment that says torch.save
    _0 = annotate(Dict[str, Tensor], {})
    y = torch.add(torch.mul(x, CONSTANTS.c0), 1, alpha=2)
    if torch.__isnot__(names, None):
      print("torch.save(x) is only a text", ops.prim.max([1, 2]))
    else:
      ops.prim.RaiseException("AssertionError: 'torch.save'")
    z = (self.sub).forward(y, )
    return torch.append(_0, ops.quantized.linear(z, self.packed, 1., 0))
"""
LINEAR: Final = """class Linear(Module):
  def forward(self: __torch__.torch.nn.modules.linear.Linear, x: Tensor) -> Tensor:
    return x
"""
DATA: Final = b"\x80\x02c__torch__\nTiny\nq\0)\x81}(X\x08\0\0\0trainingq\1\x88ubq\2."
EMPTY: Final = b"\x80\x02)."


def script(code: str = HEAD + FORWARD, *, members: Mapping[str, bytes] | None = None) -> bytes:
    """Return a TorchScript archive with a program."""
    held: dict[str, bytes] = {
        "data.pkl": DATA,
        "code/__torch__.py": code.encode(),
        "code/__torch__/torch/nn/modules/linear.py": LINEAR.encode(),
        "constants.pkl": EMPTY,
        "version": b"3\n",
        "byteorder": b"little",
        ".data/serialization_id": b"0" * 40,
        **(members or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in held.items():
            archive.writestr(f"tiny/{name}", data)
    return out.getvalue()


def _calling(line: str) -> bytes:
    return script(
        HEAD + FORWARD + f"  def more(self: __torch__.Tiny, x: Tensor) -> NoneType:\n    {line}\n    return None\n"
    )


def test_an_ordinary_archive_is_safe(rated: Rate) -> None:
    found = rated("model.pt", script(members={"extra/labels.txt": b"cat\ndog\n"}))
    assert (found.format, found.rating) == ("torchscript", Rating.SAFE), found.reasons


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('torch.save(x, "/etc/x")', "torch.save"),
        ('torch . save(x, "/etc/x")', "torch.save"),
        ('torch.\\\n      save(x, "/etc/x")', "torch.save"),
        ('y = torch.from_file("/etc/passwd", False, 10)', "torch.from_file"),
        ('x.save("/etc/x")', "x.save"),
        ('(self.sub).save("/etc/x")', ".save"),
        ('"/etc/passwd".from_file(False, 10)', ".from_file"),
        ('ops.aten.save(x, "/etc/x")', "ops.aten.save"),
        ("ops.prim.PythonOp(x)", "ops.prim.PythonOp"),
        ('ops.prim.rpc_sync("worker", "f")', "ops.prim.rpc_sync"),
        ('ops.image.read_file("/etc/passwd")', "ops.image.read_file"),
        ('torch.load("/etc/x")', "torch.load"),
    ],
)
def test_an_operator_that_reaches_out_is_dangerous_and_named(rated: Rate, line: str, name: str) -> None:
    found = rated("model.pt", _calling(line))
    assert found.rating is Rating.DANGEROUS
    assert name in {one.name for one in found.reasons}


@pytest.mark.parametrize(
    "line",
    [
        "ops.team.secret(x)",
        "torch.never_heard_of(x)",
        "__torch__.nowhere.function(x)",
        "y = __torch__.torch.classes.team.Handle(x)",
        "t = torch",
        'getattr(torch, "sa" + "ve")(x)',
        "o = ops",
    ],
)
def test_what_pytorch_does_not_hold_is_unknown(rated: Rate, line: str) -> None:
    assert rated("model.pt", _calling(line)).rating is Rating.UNKNOWN


@pytest.mark.parametrize(
    "line",
    [
        "y = torch.conv2d(x, x, None, [1, 1], [0, 0], [1, 1], 1)",
        'y = torch.format("torch.save {}", 1)',
        "y = torch.linalg_inv(x)",
        "y = ops.torchvision.nms(x, x, 0.5)",
        "y = unchecked_cast(Tensor, x)",
        "y = __torch__.torch.nn.modules.linear.Linear",
        "futures = fork(__torch__.torch.nn.modules.linear.Linear, x)",
        'y = """torch.save"""',
    ],
)
def test_ordinary_operators_are_safe(rated: Rate, line: str) -> None:
    found = rated("model.pt", _calling(line))
    assert found.rating is Rating.SAFE, found.reasons


def test_a_method_of_the_archives_own_called_save_is_unknown(rated: Rate) -> None:
    code = HEAD + FORWARD + "  def save(self: __torch__.Tiny) -> int:\n    return (self).save()\n"
    assert rated("model.pt", script(code)).rating is Rating.UNKNOWN


@pytest.mark.parametrize("member", ["constants.pkl", "data.pkl", "attributes.pkl", "traced_inputs.pkl", "extra/notes"])
def test_a_payload_in_any_pickle_is_dangerous(rated: Rate, member: str) -> None:
    evil = b"\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R."
    assert rated("model.pt", script(members={member: evil})).rating is Rating.DANGEROUS


def test_a_payload_beside_the_program_is_dangerous(rated: Rate) -> None:
    evil = b"\x80\x02cbuiltins\nexec\nX\x03\0\0\0y=1\x85R."
    assert rated("model.pt", script(members={"code/__torch__.py.debug_pkl": evil})).rating is Rating.DANGEROUS


def test_a_class_that_the_program_does_not_define_is_unknown(rated: Rate) -> None:
    found = rated("model.pt", script(members={"data.pkl": DATA.replace(b"Tiny", b"Gone")}))
    assert (found.rating, found.reasons[0].name) == (Rating.UNKNOWN, "__torch__.Gone")


def test_the_builders_of_lists_are_pytorchs_own(rated: Rate) -> None:
    data = b"\x80\x02ctorch.jit._pickle\nbuild_intlist\n](K\1K\2e\x85R."
    found = rated("model.pt", script(members={"constants.pkl": data}))
    assert found.rating is Rating.SAFE, found.reasons


def test_an_enumeration_with_a_bare_value_is_read_as_pytorch_reads_it(rated: Rate) -> None:
    code = HEAD + FORWARD + "class Colour(Enum):\n  R = 1\n"
    data = b"\x80\x02c__torch__\nTiny\n)\x81}(X\3\0\0\0colc__torch__\nColour\nK\1RX\1\0\0\0yK\2ub."
    found = rated("model.pt", script(code, members={"data.pkl": data}))
    assert found.rating is Rating.SAFE, found.reasons
    evil = data.replace(b"K\2ub.", b"cposix\nsystem\nX\4\0\0\0true\x85Rub.")
    assert rated("evil.pt", script(code, members={"data.pkl": evil})).rating is Rating.DANGEROUS


def test_a_stray_member_beside_the_archives_folder_hides_nothing(rated: Rate) -> None:
    out = io.BytesIO(_calling('torch.save(x, "/etc/x")'))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("stray.txt", "nothing")
    found = rated("model.pt", out.getvalue())
    assert "torch.save" in {one.name for one in found.reasons}


def test_mobile_bytecode_names_its_operators(rated: Rate) -> None:
    def bytecode(name: bytes) -> bytes:
        return b"\x80\x02(K\4X" + len(name).to_bytes(4, "little") + name + b"q\0t."

    assert rated("a.ptl", script(members={"bytecode.pkl": bytecode(b"aten::add")})).rating is Rating.SAFE
    assert rated("b.ptl", script(members={"bytecode.pkl": bytecode(b"aten::save")})).rating is Rating.DANGEROUS
    assert rated("c.ptl", script(members={"bytecode.pkl": bytecode(b"team::secret")})).rating is Rating.UNKNOWN


def test_names_in_bytecode_end_where_their_length_says() -> None:
    part = Part(b"", name="bytecode.pkl")
    assert list(mentioned(b"X\x0a\0\0\0aten::Boolq\1", part)) == []
    assert [one.name for one in mentioned(b"aten::saveq", part)] == ["aten::saveq"]


def test_what_a_program_defines_is_told_from_its_text() -> None:
    program = own_names([("__torch__.a", "class B(Module):\n  def f(self):\n    pass\ndef g(x):\n  pass\n")])
    assert program == Program(
        frozenset({"__torch__.a.B", "__torch__.a.g"}), frozenset({"f"}), frozenset({"__torch__.a"})
    )
    assert program.holds("__torch__.a")
    assert program.holds("__torch__.a.B")
    assert program.holds("__torch__.a.B.f")
    assert not program.holds("__torch__.a.C")
    assert program.holds("__torch__.torch.classes.rnn.CellParamsBase")
    assert not program.holds("__torch__.torch.classes.team.Handle")


def test_places_count_lines_and_bytes() -> None:
    part = Part(b"", name="__torch__.py")
    found = list(judge("# ü\nx = 1\ny = torch.save(x)\n", Program(frozenset(), frozenset()), part))
    assert [(one.name, one.line, one.offset) for one in found] == [("torch.save", 3, 15)]


def test_a_long_program_is_judged_in_time_that_grows_with_its_length(growth: Growth) -> None:
    def judged(count: int) -> Callable[[], object]:
        lines = (f"    _{number} = torch.add(torch.mul(x, {number}), _{number - 1})\n" for number in range(count))
        text = "".join(lines)
        return lambda: list(judge(text, Program(frozenset(), frozenset()), Part(b"", name="a.py")))

    assert judged(100)() == []
    assert growth(judged, 7_500) < 10


@pytest.mark.parametrize("piece", ['"', "'''", '"\\', "a.", ".", "\\\n"])
def test_no_text_takes_long(piece: str, growth: Growth) -> None:
    def judged(count: int) -> Callable[[], object]:
        return lambda: list(judge(piece * count, Program(frozenset(), frozenset()), Part(b"", name="a.py")))

    assert growth(judged, 12_500) < 10


def test_a_text_that_does_not_end_hides_nothing_behind_it() -> None:
    found = list(judge('x = "a\ny = torch.save(x)\n', Program(frozenset(), frozenset()), Part(b"", name="a.py")))
    assert [one.kind for one in found] == ["malformed", "torch-operator"]


@given(text=st.text(alphabet="torch.save(x)\"'\\\n #ops_", max_size=120))
@settings(max_examples=300, deadline=None)
def test_no_text_ends_the_judge_with_an_error(text: str) -> None:
    with contextlib.suppress(UnicodeEncodeError):
        for one in judge(text, Program(frozenset(), frozenset()), Part(b"", name="a.py")):
            assert one.kind in ("torch-operator", "torch-custom", "torch-unread", "malformed")
