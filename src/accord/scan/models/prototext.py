"""Reading protocol buffers in their text form into plain lists, bounded in size and depth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.scan.look import Look
from accord.scan.part import BrokenError

_DEEPEST: Final = 100
_TICK: Final = 4096
_MOST_JOINED: Final = 5_000
_TOKEN: Final = re.compile(
    r"""(?P<space>(?:[ \t\r\n\f\v,;]|\#[^\n]*)+)|(?P<open>[{<])|(?P<close>[}>])|(?P<mark>[:\[\]])"""
    r"""|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[-+\w./%]+)""",
    re.S,
)
_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.S)
_NAMED: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Value(NamedTuple):
    """One field: its name, its text (empty for a message), its fields, and where it stands."""

    name: str
    text: str
    fields: list[Value]
    at: int

    def all(self, name: str) -> Iterator[Value]:
        """Yield the fields of a name."""
        return (one for one in self.fields if one.name == name)

    def first(self, name: str) -> str:
        """Return the text of the last field of a name, as a parser would, else nothing."""
        return next((one.text for one in reversed(self.fields) if one.name == name), "")


def parse(text: str, look: Look) -> Value:
    """Return the fields of a message in text form, under one without a name.

    Raises `BrokenError` at what is no text form.
    """
    parsing = _Parsing()
    for count, token in enumerate(_tokens(text)):
        if count % _TICK == 0:
            look.tick()
        match token.lastgroup:
            case "open":
                parsing.opens(token.start())
            case "close":
                parsing.closes(token.start())
            case "mark":
                parsing.marks(token[0])
            case kind:
                parsing.says(token[0], token.start(), quoted=kind == "text")
    return parsing.ended()


class _Parsing:
    """Where a parser is: the messages that are open, the name that waits for a value, and the lists that are open."""

    def __init__(self) -> None:
        self._stack = [Value("", "", [], 0)]
        self._name = ""
        self._lists: list[tuple[int, str]] = []
        self._joins = False
        self._joined = 0

    def opens(self, at: int) -> None:
        if not self._name or len(self._stack) > _DEEPEST:
            raise BrokenError("a message has no name or nests too deeply", at)
        self._stack[-1].fields.append(Value(self._name, "", [], at))
        self._stack.append(self._stack[-1].fields[-1])
        self._name, self._joins = "", False

    def closes(self, at: int) -> None:
        if len(self._stack) == 1:
            raise BrokenError("a bracket closes that was not opened", at)
        self._stack.pop()
        self._name, self._joins = self._next(), False

    def marks(self, mark: str) -> None:
        if mark == "[" and self._name:  # without a name before it, it is the type of an `Any`
            self._lists.append((len(self._stack), self._name))
        elif mark == "]" and self._next():
            self._lists.pop()
            self._name = ""
        self._joins = False

    def _next(self) -> str:
        """Return the name that a value has without saying it: that of the list that is open here."""
        return self._lists[-1][1] if self._lists and self._lists[-1][0] == len(self._stack) else ""

    def says(self, said: str, at: int, *, quoted: bool) -> None:
        held = self._stack[-1].fields
        if quoted and self._joins and not self._name:
            self._joined += 1
            if self._joined > _MOST_JOINED:
                raise BrokenError("a text is put together of too many pieces", at)
            held[-1] = held[-1]._replace(text=held[-1].text + unescaped(said[1:-1]))
        elif not self._name:
            self._name = said
        else:
            held.append(Value(self._name, unescaped(said[1:-1]) if quoted else said, [], at))
            self._name = self._next()
            self._joins = quoted and not self._name

    def ended(self) -> Value:
        if len(self._stack) > 1:
            raise BrokenError("a message does not end")
        return self._stack[0]


def _tokens(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise BrokenError(f"{text[at : at + 12]!r} is no text form of a message", at)
        at = found.end()
        if found.lastgroup != "space":
            yield found


def unescaped(text: str) -> str:
    """Return a quoted text as it is meant."""
    return _ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(found: re.Match[str]) -> str:
    said = found[1]
    if said[0] in "xuU" and len(said) > 1:
        number = int(said[1:], 16)
        return chr(number) if number < 0x110000 else "�"
    if said[0] in "01234567":
        return chr(int(said, 8) & 255)
    return _NAMED.get(said, said)
