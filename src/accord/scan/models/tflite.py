"""TensorFlow Lite: operators by number or name, buffers within the file, and what stands behind the model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from accord.content.tables import table_of
from accord.core.shipped import lines_of
from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.models.flatbuffer import Table, Vector, root
from accord.scan.models.onnx_operators import tells
from accord.scan.models.operators import tensorflow
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_CUSTOM = 32
_SLACK = 64
_LONGEST_OPTIONS = 1 << 20
_TICK = 1 << 10
_METADATA: Final = "TFLITE_METADATA"
_WORD: Final = re.compile(rb"[A-Z_][A-Za-z0-9_]{2,80}")
_REACHES: Final = frozenset({"code", "file", "network"})
_PLAIN: Final = frozenset({"plain", "stateful"})
_OUTSIDE: Final = re.compile(r"^[/\\~]|^[A-Za-z][\w+.-]*:|(?:^|[/\\])\.\.(?:[/\\]|$)|\x00")


class _Reviewed(NamedTuple):
    builtin: dict[int, str]
    unknown: frozenset[str]
    harmless: frozenset[str]
    files: tuple[str, ...]


class _Model:
    """One model, and how far into the file it reaches."""

    def __init__(self, part: Part, look: Look) -> None:
        self.part, self.look, self.reach = part, look, 0
        self.table = self._to(root(part))
        self.steps = 0
        self.walked: set[tuple[int, int]] = set()

    def _to(self, table: Table) -> Table:
        self.reach = max(self.reach, table.at + table.size)
        return table

    def tables(self, table: Table, slot: int) -> Iterator[Table]:
        """Yield the tables of a field, and note how far they reach; those that two fields share come once."""
        place = slot, self.vector(table, slot, 4).at
        if place in self.walked:
            return
        self.walked.add(place)
        for one in table.tables(slot):
            self.steps += 1
            if self.steps % _TICK == 0:
                self.look.tick()
            yield self._to(one)

    def vector(self, table: Table, slot: int, width: int) -> Vector:
        """Return the items of a field, and note how far they reach."""
        found = table.vector(slot, width)
        self.reach = max(self.reach, found.at + found.size)
        return found

    def text(self, table: Table, slot: int) -> str:
        """Return a text, and note how far it reaches."""
        self.vector(table, slot, 1)
        return table.text(slot) or ""


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Walk the model, judge its operators even if it breaks, and account for what follows it."""
    model = _Model(part, look)
    codes = [_code(model, one) for one in model.tables(model.table, 1)]
    options: dict[int, list[Vector]] = {}
    broken = None
    try:
        _graphs(model, codes, options)
        _buffers(model)
    except BrokenError as error:
        broken = error
    for index, (number, name) in enumerate(codes):
        yield from _judged(part, number, name, options.get(index, []))
    if broken:
        raise broken
    yield from _groups(model)
    names = [model.text(one, 0) for one in model.tables(model.table, 6)]
    _signatures(model)
    model.text(model.table, 3)
    model.vector(model.table, 5, 4)
    yield from _rest(model, packed=_METADATA in names)


def _graphs(model: _Model, codes: list[tuple[int, str]], options: dict[int, list[Vector]]) -> None:
    seen = set[int]()
    for graph in model.tables(model.table, 2):
        if graph.at not in seen:
            seen.add(graph.at)
            _tensors(model, graph)
            _operators(model, graph, codes, options)


def _code(model: _Model, code: Table) -> tuple[int, str]:
    """Return the number of an operator, which stands in two places for history's sake, and its name if it has one."""
    return max(code.number(0, "<b"), code.number(3, "<i")), model.text(code, 1)


def _tensors(model: _Model, graph: Table) -> None:
    model.text(graph, 4)
    for tensor in model.tables(graph, 0):
        model.text(tensor, 3)
        model.vector(tensor, 0, 4)
        model.vector(tensor, 7, 4)
        scales = tensor.table(4)
        for slot, width in ((0, 4), (1, 4), (2, 4), (3, 8)):
            if scales:
                model.vector(scales, slot, width)


def _operators(model: _Model, graph: Table, codes: list[tuple[int, str]], options: dict[int, list[Vector]]) -> None:
    """Note the options of custom operators.

    Raises `BrokenError` for an operator that the model does not list.
    """
    for operator in model.tables(graph, 3):
        index = operator.number(0, "<I")
        if index >= len(codes):
            raise BrokenError(f"an operator has the index {index} of {len(codes)}", operator.at)
        for slot in (1, 2, 8):
            model.vector(operator, slot, 4)
        for slot in (4, 12):
            inner = operator.table(slot)
            model.reach = max(model.reach, inner.at + inner.size if inner else 0)
        given = model.vector(operator, 5, 1)
        begin, size = operator.number(9, "<Q"), operator.number(10, "<Q")
        if begin > 1 and size:
            if begin + size > model.part.size:
                raise BrokenError(f"options of {size} bytes lie at {begin}, beyond the end", operator.at)
            model.reach = max(model.reach, begin + size)
            given = Vector(model.part, begin, size, 1)
        if codes[index][0] == _CUSTOM:
            options.setdefault(index, []).append(given)


def _judged(part: Part, number: int, name: str, options: list[Vector]) -> Iterator[Sight]:
    """Judge an operator of the model's list."""
    reviewed = _reviewed()
    shown = one_line(name, 120)
    if number != _CUSTOM:
        builtin = reviewed.builtin.get(number)
        if builtin is None or builtin in reviewed.unknown:
            message = f"the operator {builtin or number} is none that computes on tensors alone"
            yield part.sees("operator-unknown", message, name=builtin or str(number))
    elif not (name.isascii() and name.isprintable()):
        yield part.sees(
            "operator-disguised", f"the operator {name!a:.120} has letters that no operator's name has", name=shown
        )
    elif name.startswith("Flex"):
        yield from _flex(part, name.removeprefix("Flex"), options)
    elif tells(name):
        yield part.sees("operator-dangerous", f"the custom operator {shown} says what it does", name=shown)
    elif name not in reviewed.harmless:
        yield part.sees("operator-unknown", f"the custom operator {shown} comes from a library of its own", name=shown)


def _flex(part: Part, name: str, options: list[Vector]) -> Iterator[Sight]:
    """Judge an operator of TensorFlow, by the name it is listed under and by those in its options, which count."""
    names = {name: "is listed"}
    for given in options:
        data = given.raw(_LONGEST_OPTIONS)
        words = {word.decode("ascii") for word in _WORD.findall(data)}
        names |= {word: "stands in the options" for word in words if tensorflow(word) in _REACHES}
        if data and name.encode() not in data:
            message = f"the options of Flex{one_line(name, 100)} are those of another operator"
            yield part.sees("operator-disguised", message, name=name, offset=given.at)
    for one, where in names.items():
        group, shown = tensorflow(one), one_line(f"Flex{one}", 120)
        if group in _REACHES or (group is None and tells(one)):
            message = f"the operator {shown} {where}: it reaches {group or 'what its name says'}"
            yield part.sees("operator-dangerous", message, name=shown)
        elif group not in _PLAIN:
            yield part.sees(
                "operator-unknown", f"the operator {shown} is none that computes on tensors alone", name=shown
            )


def _buffers(model: _Model) -> None:
    """Hold the places of buffers against the end of the file."""
    for buffer in model.tables(model.table, 4):
        model.vector(buffer, 0, 1)
        begin, size = buffer.number(1, "<Q"), buffer.number(2, "<Q")
        if begin > 1 and size:
            if begin + size > model.part.size:
                raise BrokenError(f"a buffer of {size} bytes lies at {begin}, beyond the end", buffer.at)
            model.reach = max(model.reach, begin + size)


def _groups(model: _Model) -> Iterator[Sight]:
    """Judge the names of files that hold buffers of the model."""
    for group in model.tables(model.table, 8):
        name = model.text(group, 0)
        shown = one_line(name, 120)
        if _OUTSIDE.search(name):
            yield model.part.sees("outside-path", f"buffers lie at {shown}", name=shown, offset=group.at)
        elif model.part.member is None and model.look.beside(name) is None:
            yield model.part.sees("beside-missing", f"buffers lie in {shown}, which is not beside it", name=shown)
    for _ in model.tables(model.table, 9):
        continue


def _signatures(model: _Model) -> None:
    for signature in model.tables(model.table, 7):
        for slot in (0, 1):
            for one in model.tables(signature, slot):
                model.text(one, 0)
        model.text(signature, 2)


def _rest(model: _Model, *, packed: bool) -> Iterator[Sight]:
    """Account for the bytes behind the model: those that its metadata pack are read as a ZIP by the engine."""
    part, begin = model.part, model.reach
    end = part.size
    first = _packed_from(part) if packed else None
    if first is not None:
        end = first
    elif part.rfind(b"PK\x05\x06", max(part.size - 70_000, 0)) >= 0:
        yield part.sees("polyglot", "a ZIP file stands at its end that the model says nothing of", offset=begin)
    if end - begin > _SLACK:
        yield part.sees("trailing", f"{end - begin} bytes follow the model", offset=begin)
        yield from model.look.inside(part.stretch("after the model", begin, end - begin))


def _packed_from(part: Part) -> int | None:
    """Return where the files begin that are packed behind the model, None when none are, or any is no plain data."""
    from accord.scan.containers.zipfields import directory, ends

    found = ends(part)
    if len(found) != 1:
        return None
    end = found[0]
    records = directory(part, end.floor - end.size, end.floor, 1000).records
    names = [record.name.decode("utf-8", "replace").lower() for record in records]
    return min(record.offset for record in records) if all(name.endswith(_reviewed().files) for name in names) else None


@cache
def _reviewed() -> _Reviewed:
    rows = [line.partition("\t") for line in lines_of("scan/tflite_operators.tsv")]
    said = table_of("scan/tflite_reviewed.yaml")
    builtin = {int(number): name for number, _, name in rows}
    return _Reviewed(builtin, frozenset(said["unknown"]), frozenset(said["harmless"]), tuple(said["files"]))
