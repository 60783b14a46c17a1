"""XML: which format it is, and what it would have a parser open, include or expand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from xml.parsers import expat

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_CHUNK = 1 << 18
_HEAD = 1 << 20
_DEEPEST = 500
_MOST_SIGHTS = 50
_ROOT: Final = re.compile(rb"<([A-Za-z_][\w.-]{0,60}:)?([A-Za-z_][\w.-]{0,60})[\s/>]")
_ENTITY: Final = re.compile(rb"<!(?:ENTITY|DOCTYPE|\[)|:include\b|xml-stylesheet", re.IGNORECASE)
_MODELS: Final = {"PMML": "pmml", "net": "openvino", "opencv_storage": "opencv"}
_ASIDE: Final = ((b"<!--", b"-->"), (b"<?", b"?>"), (b"<!", b">"))
_INCLUDE = "http://www.w3.org/2001/XInclude"

Element = Callable[[str, Mapping[str, str]], Iterator[tuple[str, str, str]]]
"""What a format says of an element: kind, message and name of each reason."""


class _StopError(Exception):
    """Enough was seen: the rest of the document would only be expanded."""


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what an XML or HTML text would have its readers open or expand, and what its own format forbids."""
    head = _text(part)
    root = _root(head)
    kind = _MODELS.get(root)
    if kind is None:
        plain = part.source.__class__ is bytes or part.size < 64 << 20
        if plain and _ENTITY.search(head) and not root.lower().startswith("html"):
            yield from _Walk(part, look, strict=False).sights()
        return
    look.name_format(part, kind)
    yield from _Walk(part, look, strict=True, element=_reader(kind, part)).sights()


def _reader(kind: str, part: Part) -> Element:
    if kind == "pmml":
        from accord.scan.models import pmml

        return pmml.element
    if kind == "openvino":
        from accord.scan.models import openvino

        return openvino.Layers(part).element
    return lambda _name, _attributes: iter(())


def _text(part: Part) -> bytes:
    """Return the first mebibyte, of UTF-16 in the narrow form."""
    head = part.read(0, _HEAD)
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"} or head[:4].count(0) >= 2:
        text = head.decode("utf-16-be" if head[:1] in {b"\0", b"\xfe"} else "utf-16-le", "ignore")
        return text.encode()
    return head


def _root(head: bytes) -> str:
    """Return the local name of the first element; comments, instructions and a document type stand before it."""
    at = 0
    while 0 <= (at := head.find(b"<", at)) < len(head):
        end = next((end for start, end in _ASIDE if head.startswith(start, at)), None)
        if end is None:
            found = _ROOT.match(head, at)
            return found[2].decode("ascii", "replace") if found else ""
        if end == b">" and b"[" in head[at : head.find(b">", at) + 1]:
            end = b"]>"
        stop = head.find(end, at + 2)
        if stop < 0:
            break
        at = stop + len(end)
    last = _ROOT.search(head)  # a document type that never ends where it should: what looks like an element decides
    return last[2].decode("ascii", "replace") if last else ""


class _Walk:
    """One pass of expat over a part, with nothing fetched and nothing nested expanded."""

    def __init__(self, part: Part, look: Look, *, strict: bool, element: Element | None = None) -> None:
        self._part = part
        self._look = look
        self._strict = strict
        self._element = element
        self._depth = 0
        self._found: list[Sight] = []
        self._parser = expat.ParserCreate(namespace_separator="\n")
        self._parser.EntityDeclHandler = self._entity
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.ExternalEntityRefHandler = self._external
        self._parser.ProcessingInstructionHandler = self._instruction
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def sights(self) -> Iterator[Sight]:
        """Yield what was seen; a document that is not well formed is broken when its format is strict about it."""
        problem: str | None = None
        at = 0
        try:
            for at in range(0, self._part.size, _CHUNK):
                self._look.tick()
                self._parser.Parse(self._part.read(at, _CHUNK), at + _CHUNK >= self._part.size)
                yield from self._found
                self._found.clear()
        except expat.ExpatError as error:
            problem = f"the XML is not well formed: {expat.ErrorString(error.code)}"
        except _StopError:
            pass
        yield from self._found
        if problem and self._strict:
            raise BrokenError(problem, max(self._parser.ErrorByteIndex, 0))

    def _sees(self, kind: str, message: str, name: str) -> None:
        place = max(self._parser.CurrentByteIndex, 0)
        line = self._parser.CurrentLineNumber
        sight = self._part.sees(kind, message, name=one_line(name, 120), offset=place, line=line)
        self._found.append(sight)
        if len(self._found) >= _MOST_SIGHTS:
            raise _StopError

    def _doctype(self, name: str, system: str | None, public: str | None, internal: int) -> None:
        if self._strict and system is not None:
            self._sees("xml-entity", f"the document type is fetched from {one_line(system, 120)}", name)

    def _entity(  # noqa: PLR0917  # expat gives them by position
        self,
        name: str,
        parameter: int,
        value: str | None,
        base: str | None,
        system: str | None,
        public: str | None,
        notation: str | None,
    ) -> None:
        shown = one_line(name, 60)
        if system is not None or public is not None:
            self._sees("xml-entity", f"the entity {shown} has {one_line(system or '', 120)} opened", name)
            raise _StopError
        nested = value is not None and ("&" in value or "%" in value) and len(value) < 1 << 16
        if nested or parameter or self._strict or (value is not None and len(value) > 10_000):
            self._sees("xml-entity", f"the entity {shown} expands to text of the document's choice", name)
            raise _StopError

    def _external(self, context: str, base: str | None, system: str | None, public: str | None) -> int:
        self._sees("xml-entity", f"an entity has {one_line(system or '', 120)} opened", context or "")
        return 1

    def _instruction(self, target: str, data: str) -> None:
        if self._strict and target in {"xml-stylesheet", "php", "import", "include"}:
            self._sees("xml-code", f"the instruction {one_line(target, 40)} names {one_line(data, 100)}", target)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BrokenError(f"elements nest more than {_DEEPEST} deep", max(self._parser.CurrentByteIndex, 0))
        space, _, local = name.rpartition("\n")
        if space == _INCLUDE:
            self._sees("xml-entity", f"an inclusion opens {one_line(attributes.get('href', ''), 120)}", "include")
        if self._element:
            for kind, message, named in self._element(local, attributes):
                self._sees(kind, message, named)

    def _end(self, name: str) -> None:
        self._depth -= 1
