"""Boosted trees: XGBoost's binary and universal JSON, LightGBM's text, CatBoost's frame; all written by hand here."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.engine import rate_open
from accord.scan.look import Look
from accord.scan.models.trees import is_json, is_old_xgboost, read_json
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating, Sight

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
PICKLE = b"cos\nsystem\n(S'true'\ntR."


def _nothing(_part: Part, _look: Look) -> Iterator[Sight]:
    yield from ()


def counted(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def xgboost(*, objective: str = "reg:squarederror", booster: str = "gbtree", trees: int = 2, nodes: int = 3) -> bytes:
    learner = struct.pack("<fIiii", 0.5, 5, 0, 1, 0).ljust(136, b"\0")
    out = learner + counted(objective) + counted(booster)
    if booster == "gblinear":
        out += bytes(136) + struct.pack("<Q", 6) + bytes(24)
    else:
        tree = struct.pack("<6i", 1, nodes, 0, 0, 5, 0).ljust(148, b"\0") + bytes(nodes * 36)
        out += struct.pack("<i", trees).ljust(160, b"\0") + tree * trees + bytes(4 * trees)
    if booster == "dart":
        out += struct.pack("<Q", trees) + bytes(4 * trees)
    return out + struct.pack("<Q", 1) + counted("best") + counted("3")


def universal(*pairs: tuple[str, bytes]) -> bytes:
    return b"{" + b"".join(key(name) + value for name, value in pairs) + b"}"


def key(name: str) -> bytes:
    return b"L" + struct.pack(">q", len(name)) + name.encode()


def words(value: str) -> bytes:
    return b"S" + key(value)


LEARNER = universal(
    ("attributes", b"{}"),
    ("feature_names", b"[#" + b"L" + struct.pack(">q", 2) + words("a") + words("b")),
    ("weights", b"[$d#L" + struct.pack(">q", 3) + bytes(12)),
    ("flags", b"[TFi\x05U\x06I\0\1l\0\0\0\1D" + bytes(8) + b"Z]"),
)
UNIVERSAL = universal(("learner", LEARNER), ("version", b"[#L" + struct.pack(">q", 3) + b"i\x03i\x02i\x00"))
LIGHT = (
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=4\nfeature_names=a ü\n"
    "tree_sizes=10\n\nTree=0\nnum_leaves=3\nend of trees\n\nparameters:\n[data: /home/u/train.csv]\n"
    "end of parameters\npandas_categorical:null\n"
).encode()


def catboost(version: str = "FlabuffersModel_v1", part: str = "", rest: bytes = b"") -> bytes:
    label = struct.pack("<I", len(version)) + version.encode() + b"\0" * (4 - len(version) % 4)
    name = struct.pack("<I", len(part)) + part.encode() + b"\0" * (4 - len(part) % 4)
    vtable = struct.pack("<6H", 12, 16, 4, 0, 0, 8)
    begin = 4 + len(vtable)
    ids = struct.pack("<I", 1 if part else 0) + (struct.pack("<I", 4) if part else b"")
    table = struct.pack("<iIII", len(vtable), 12, 8 + len(label), 0)
    core = struct.pack("<I", begin) + vtable + table + label + ids + (name if part else b"")
    return b"CBM1" + struct.pack("<I", len(core)) + core + rest


@pytest.mark.parametrize("booster", ["gbtree", "dart", "gblinear"])
@pytest.mark.parametrize("mark", [b"", b"binf"])
def test_the_binary_format_is_walked_to_the_last_byte(rated: Rate, booster: str, mark: bytes) -> None:
    found = rated("model.bin", mark + xgboost(booster=booster))
    assert (found.format, found.rating, found.reasons) == ("xgboost", Rating.SAFE, ())


@pytest.mark.parametrize(
    "content",
    [
        b"binf" + xgboost(booster="gbforest"),
        b"binf" + xgboost()[:400],
        b"binf" + xgboost() + b"more",
        b"binf"
        + xgboost(trees=5, nodes=0).replace(struct.pack("<i", 5) + bytes(156), struct.pack("<i", 1 << 30) + bytes(156)),
        b"binf" + xgboost(nodes=3)[:330] + b"\xff\xff\xff\x7f" + bytes(400),
        b"binf",
    ],
)
def test_a_binary_model_that_does_not_fit_is_malformed(rated: Rate, content: bytes) -> None:
    assert rated("model.bin", content).rating is Rating.MALFORMED


def test_an_objective_of_nobodys_is_unknown(rated: Rate) -> None:
    assert rated("model.bin", b"binf" + xgboost(objective="os.system")).rating is Rating.UNKNOWN


@pytest.mark.parametrize("content", [b"", bytes(300), b"x" * 300, b"\x80\x04" + bytes(200), xgboost()[:150]])
def test_other_files_are_not_claimed(content: bytes) -> None:
    assert not is_old_xgboost(Part(content, name="model.bin"))


def test_universal_json_is_walked(rated: Rate) -> None:
    found = rated("model.ubj", UNIVERSAL)
    assert (found.format, found.rating, found.reasons) == ("xgboost", Rating.SAFE, ())


@pytest.mark.parametrize(
    ("content", "rating"),
    [
        (universal(("learner", LEARNER), ("learner", LEARNER)), Rating.MALFORMED),
        (universal(("learner", LEARNER), ("code", words("x"))), Rating.UNKNOWN),
        (universal(("other", LEARNER)), Rating.UNKNOWN),
        (universal(("learner", b"[$d#L" + struct.pack(">q", 1 << 40))), Rating.MALFORMED),
        (universal(("learner", b"[$d" + bytes(8))), Rating.MALFORMED),
        (universal(("learner", b"?")), Rating.MALFORMED),
        (universal(("learner", b"SL" + struct.pack(">q", -1))), Rating.MALFORMED),
        (universal(("learner", b"[" * 1000)), Rating.MALFORMED),
        (UNIVERSAL[:-1], Rating.MALFORMED),
        (UNIVERSAL + PICKLE, Rating.DANGEROUS),
    ],
)
def test_universal_json_that_lies_or_says_more_is_not_safe(rated: Rate, content: bytes, rating: Rating) -> None:
    assert rated("model.ubj", content).rating is rating


def test_lightgbms_text_is_text_to_the_end(rated: Rate) -> None:
    found = rated("model.txt", LIGHT)
    assert (found.format, found.rating, found.reasons) == ("lightgbm", Rating.SAFE, ())


@pytest.mark.parametrize(
    "content",
    [
        LIGHT.replace(b"end of trees", b"no end"),
        LIGHT.replace(b"num_class", b"num_clas5"),
        LIGHT + b"\0",
        LIGHT + b"\xff\xfe",
        LIGHT + b"\xc3",
        LIGHT + b"x" * (1 << 22) + b"\xff" + b"x" * 100,
    ],
)
def test_lightgbms_text_with_other_bytes_is_malformed(rated: Rate, content: bytes) -> None:
    assert rated("model.txt", content).rating is Rating.MALFORMED


def test_a_letter_between_two_windows_is_still_a_letter(rated: Rate) -> None:
    begin, end = LIGHT.split(b"pandas_categorical")
    filled = begin + b"x" * ((1 << 22) - len(begin) - 1) + "ü and on\npandas_categorical".encode() + end
    assert rated("model.txt", filled).rating is Rating.SAFE


@pytest.mark.parametrize(
    ("content", "rating"),
    [
        (catboost(), Rating.SAFE),
        (catboost(part="static_provider_v1", rest=bytes(50)), Rating.SAFE),
        (catboost(part="python_code_v1", rest=bytes(50)), Rating.UNKNOWN),
        (catboost(version="FlatModel"), Rating.MALFORMED),
        (catboost(rest=bytes(50)), Rating.MALFORMED),
        (catboost()[:30], Rating.MALFORMED),
        (b"CBM1\xff\xff\xff\xff" + bytes(40), Rating.MALFORMED),
    ],
)
def test_catboosts_frame_is_held_against_the_file(rated: Rate, content: bytes, rating: Rating) -> None:
    found = rated("model.cbm", content)
    assert (found.format, found.rating) == ("catboost", rating)


def test_json_of_trees_is_told_and_read() -> None:
    assert is_json({"learner": {}, "version": [3, 2, 0]})
    assert is_json({"features_info": {}, "oblivious_trees": []})
    assert not is_json({"learner": {}})
    assert not is_json([1])
    look = Look(_nothing)
    assert list(read_json(Part(b'{"learner":{},"version":[3]}', name="m.json"), look)) == []
    with pytest.raises(BrokenError):
        list(read_json(Part(b'{"learner":{},"learner":[3]}', name="m.json"), look))


@given(
    st.sampled_from(
        [b"binf" + xgboost(), b"binf" + xgboost(booster="dart"), UNIVERSAL, LIGHT, catboost(part="static_provider_v1")]
    ),
    st.lists(st.tuples(st.integers(4, 2000), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(4, 2000),
)
def test_no_change_of_bytes_breaks_the_reader(
    within: Within, whole: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(whole)
    for at, value in changes:
        data[4 + at % (len(data) - 4)] = value
    with within(100):
        for changed in (bytes(data), whole[:cut]):
            rate_open(io.BytesIO(changed), "model.bin")
