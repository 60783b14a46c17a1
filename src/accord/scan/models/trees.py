"""Boosted trees as XGBoost, LightGBM and CatBoost save them: numbers and names, if every byte fits."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.models.flatbuffer import root
from accord.scan.models.ubjson import first_keys
from accord.scan.part import BrokenError, Part
from accord.scan.pickles.carving import carve
from accord.scan.rating import Sight

_OBJECTIVE: Final = re.compile(r"(?:reg|binary|multi|rank|count|survival|gpu):[a-z0-9_]{2,40}")
_BOOSTERS: Final = frozenset({"gbtree", "dart", "gblinear"})
_LEARNER = 136
_FOREST = 160
_TREE = 148
_NODE = 20 + 16
_LINEAR = 136
_MOST_TREES = 10_000_000
_LONGEST = 1 << 24
_WINDOW = 1 << 22
_LIGHT: Final = re.compile(rb"tree\nversion=v\d+\nnum_class=\d+\nnum_tree_per_iteration=\d+\n")
_PARTS: Final = re.compile(r"(?:static_provider|text_process|embed_process)_v?\d{1,3}\0?")
_WHOLE_JSON = 8 << 20


def is_old_xgboost(part: Part) -> bool:
    """Tell XGBoost's binary format without a mark: an objective and a booster by name, right behind its parameters."""
    if part.size < _LEARNER + 24:
        return False
    found = re.match(rb"(.)\0{7}([a-z]+:[a-z0-9_]+)(.)\0{7}(gbtree|dart|gblinear)", part.read(_LEARNER, 200), re.DOTALL)
    return found is not None and found[1][0] == len(found[2]) and found[3][0] == len(found[4])


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Read a model of trees by the mark it begins with."""
    head = part.head
    if head.startswith(b"CBM1"):
        yield from _catboost(part, look)
    elif head.startswith(b"tree\n"):
        yield from _lightgbm(part, look)
    elif head.startswith(b"{L"):
        yield from _universal(part, look)
    else:
        yield from _Binary(part, look, 4 if head.startswith(b"binf") else 0).read()


def read_json(part: Part, look: Look) -> Iterator[Sight]:
    """Read XGBoost's or CatBoost's JSON: plain values, that only must not contradict themselves."""
    if part.size <= _WHOLE_JSON:
        json.loads(part.whole(_WHOLE_JSON).decode("utf-8"), object_pairs_hook=_unique)
    yield from ()


def is_json(document: object) -> bool:
    """Tell whether a parsed JSON document is a model of XGBoost or of CatBoost."""
    if not isinstance(document, dict):
        return False
    return {"learner", "version"} <= document.keys() or {"features_info", "oblivious_trees"} <= document.keys()


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BrokenError("a key stands twice in one object")
    return found


def _universal(part: Part, look: Look) -> Iterator[Sight]:
    keys, end = first_keys(part, look)
    strange = keys.keys() - {"learner", "version", "Config"}
    if "learner" not in keys and "Config" not in keys:
        yield part.sees("unknown-format", "it is binary JSON, and no model of XGBoost")
    for key in sorted(strange):
        yield part.sees(
            "field-unknown", f"the key {one_line(key, 80)} is none of XGBoost's", name=key, offset=keys[key]
        )
    yield from _rest(part, look, end)


def _rest(part: Part, look: Look, end: int) -> Iterator[Sight]:
    if part.size > end:
        yield part.sees("trailing", f"{part.size - end} bytes follow the model", offset=end)
        yield from look.inside(part.stretch("after the model", end, part.size - end))


class _Binary:
    """XGBoost's own binary format, in use until version 3.1."""

    def __init__(self, part: Part, look: Look, at: int) -> None:
        self.part, self.look, self.at = part, look, at

    def read(self) -> Iterator[Sight]:
        """Walk learner, booster and attributes to the last byte."""
        _, _, _, attributes, metrics = self._take("<fIiii", _LEARNER)
        objective, booster = self._text(), self._text()
        if booster not in _BOOSTERS:
            raise BrokenError(f"the booster {one_line(booster, 80)} is none of XGBoost's", self.at)
        if not _OBJECTIVE.fullmatch(objective):
            message = f"the objective {one_line(objective, 80)} is none of XGBoost's"
            yield self.part.sees("field-unknown", message, name=objective)
        if booster == "gblinear":
            self._pass(_LINEAR)
            self._pass(4 * self._count())
        else:
            self._trees()
            if booster == "dart":
                self._pass(4 * self._count())
        for _ in range(self._count() if attributes else 0):
            self._text()
            self._text()
        if objective == "count:poisson" and self.part.size - self.at >= 8 and not attributes:
            self._text()
        for _ in range(self._count() if metrics else 0):
            self._text()
        yield from _rest(self.part, self.look, self.at)

    def _trees(self) -> None:
        (trees,) = self._take("<i", _FOREST)
        if not 0 <= trees <= min(_MOST_TREES, (self.part.size - self.at) // _TREE):
            raise BrokenError(f"{trees} trees cannot be there", self.at)
        for index in range(trees):
            if index % 1024 == 0:
                self.look.tick()
            _, nodes, _, _, _, leaves = self._take("<6i", _TREE)
            if nodes < 0:
                raise BrokenError(f"tree {index} has {nodes} nodes", self.at)
            self._pass(nodes * _NODE)
            if leaves > 1:
                self._pass(4 * self._count())
        self._pass(4 * trees)

    def _take(self, layout: str, size: int) -> tuple[int, ...]:
        """Return the first fields of a structure of some size, and go past it."""
        found = self.part.unpack(layout, self.at)
        self._pass(size)
        return found

    def _count(self) -> int:
        (found,) = self._take("<Q", 8)
        return found

    def _pass(self, count: int) -> None:
        if count > self.part.size - self.at:
            raise BrokenError(f"{count} bytes are announced and {self.part.size - self.at} are left", self.at)
        self.at += count

    def _text(self) -> str:
        size = self._count()
        if size > _LONGEST:
            raise BrokenError(f"a text of {size} bytes cannot be there", self.at)
        found = self.part.exactly(self.at, size)
        self.at += size
        return found.decode("utf-8")


def _lightgbm(part: Part, look: Look) -> Iterator[Sight]:
    """Hold that it is text from end to end, and has the lines that every such model has."""
    if not _LIGHT.match(part.head):
        raise BrokenError("the lines at the start are not those of a LightGBM model", 0)
    if part.find(b"end of trees") < 0:
        raise BrokenError("it has no end of trees")
    rest = b""
    for at in range(0, part.size, _WINDOW):
        look.tick()
        piece = rest + part.read(at, _WINDOW)
        if b"\0" in piece:
            raise BrokenError("a zero byte stands in what should be text", at + piece.index(b"\0") - len(rest))
        rest = b"" if piece.isascii() else _undecoded(piece, at)
    if rest:
        raise BrokenError("the text ends within a letter", part.size - len(rest))
    last = part.rfind(b"\npandas_categorical:")
    end = part.find(b"\n", last + 1) if last >= 0 else -1
    if end >= 0 and part.read(end, _WINDOW).strip():
        yield from _rest(part, look, end + 1)


def _undecoded(piece: bytes, at: int) -> bytes:
    """Return the start of a letter that a window cuts off."""
    try:
        piece.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(piece) - 4 or error.reason != "unexpected end of data":
            raise BrokenError("the text is not UTF-8", at + error.start) from None
        return piece[error.start :]
    return b""


def _catboost(part: Part, look: Look) -> Iterator[Sight]:
    """Hold the frame around CatBoost's trees against the file."""
    (size,) = struct.unpack("<I", part.exactly(4, 4))
    if size > part.size - 8:
        raise BrokenError(f"the model announces {size} bytes and {part.size - 8} are there", 4)
    core = root(part.slice(8, size))
    version = core.text(0, 1000) or ""
    if not re.fullmatch(r"FlabuffersModel_v\d", version):
        raise BrokenError(f"the model is of the version {one_line(version, 80)}", 8)
    parts = list(core.texts(3, 1000))
    for name in parts:
        if not _PARTS.fullmatch(name):
            yield part.sees("field-unknown", f"the part {one_line(name, 80)} is none of CatBoost's", name=name)
    rest = part.size - 8 - size
    if rest and not parts:
        yield from _rest(part, look, 8 + size)
    elif rest:
        yield from carve(part.slice(8 + size), look, offset=8 + size)
