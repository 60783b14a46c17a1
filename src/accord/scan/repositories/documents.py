"""Configuration text as plain values: JSON as its loaders read it, and YAML without building what its tags name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from accord.scan.look import Look
from accord.scan.part import BrokenError

_MOST_NODES = 3_000_000
_DEEPEST = 200
_MOST_COMMENTED = 512 << 10
_MARK: Final = re.compile(r'["/,]')
_STRING: Final = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"')
_NEXT: Final = re.compile(r"\s*")


class Tagged(NamedTuple):
    """A YAML tag that is none of the plain ones: what it says, the scalar behind it, and its line."""

    tag: str
    text: str
    line: int


class Document(NamedTuple):
    """A document as values; `hidden` are those that an equal key later on replaced, `tags` the YAML tags of note."""

    value: object
    hidden: tuple[object, ...] = ()
    tags: tuple[Tagged, ...] = ()


def read_json(text: str) -> Document | None:
    """Return a JSON text as values, with comments and trailing commas allowed; None when it is no JSON.

    Raises `BrokenError` when it nests too deeply.
    """
    hidden: list[object] = []

    def paired(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            hidden.extend({key: value} for key, value in pairs if found[key] is not value)
        return found

    for plain in (text, _without_comments) if len(text) < _MOST_COMMENTED else (text,):
        written = plain if isinstance(plain, str) else plain(text)
        try:
            return Document(json.loads(written, object_pairs_hook=paired), tuple(hidden))
        except RecursionError:
            raise BrokenError("the JSON nests deeper than a parser follows") from None
        except ValueError:
            hidden.clear()
    return None


def _without_comments(text: str) -> str:
    """Return a text without comments and trailing commas, as editors read their settings; in one pass."""
    kept: list[str] = []
    at, begin = 0, 0
    while found := _MARK.search(text, at):
        place = found.start()
        if found[0] == '"':
            string = _STRING.match(text, place)
            if not string:
                break
            at = string.end()
            continue
        end = _comment_end(text, place) if found[0] == "/" else place + 1
        if end <= place or (found[0] == "," and not _is_last(text, end)):
            at = place + 1
            continue
        kept.append(text[begin:place])
        at = begin = end
    return "".join((*kept, text[begin:]))


def _comment_end(text: str, at: int) -> int:
    """Return where the comment that starts here ends; 0 when none does."""
    if text.startswith("//", at):
        end = text.find("\n", at)
    elif text.startswith("/*", at):
        end = text.find("*/", at + 2) + 2 if text.find("*/", at + 2) >= 0 else -1
    else:
        return 0
    return end if end >= 0 else len(text)


def _is_last(text: str, at: int) -> bool:
    """Tell whether nothing but blanks and comments stands between a comma and a closing bracket."""
    while True:
        blank = _NEXT.match(text, at)
        at = blank.end() if blank else at
        end = _comment_end(text, at)
        if not end:
            return text[at : at + 1] in {"]", "}"}
        at = end


def read_yaml(text: str, look: Look) -> tuple[Document, ...] | None:
    """Return the YAML documents of a text as values, tags told apart; None when it is no YAML.

    Raises `BrokenError` when it nests too deeply.
    """
    import yaml

    builder = _Builder(look)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            builder.take(event)
    except yaml.YAMLError:
        return None if not builder.done and not builder.tags else builder.documents()
    return builder.documents()


class _Builder:
    """Values out of YAML's events, so that no tag is followed and no alias is copied."""

    def __init__(self, look: Look) -> None:
        self.done: list[object] = []
        self.tags: list[Tagged] = []
        self._look = look
        self._open: list[tuple[object, list[object], str | None]] = []
        self._anchors: dict[str, object] = {}
        self._count = 0

    def documents(self) -> tuple[Document, ...]:
        """Return what was read, also where the text broke off."""
        value: object = self.done[0] if len(self.done) == 1 else list(self.done)
        half = tuple(one for _, held, _ in self._open for one in held)
        return (Document(value, half, tuple(self.tags)),)

    def take(self, event: object) -> None:
        """Use one event."""
        import yaml

        self._count += 1
        if self._count % 4096 == 0:
            self._look.tick()
        match event:
            case yaml.ScalarEvent():
                self._note(event.tag, event.value, event.start_mark)
                self._add(event.value, event.anchor)
            case yaml.AliasEvent():
                self._add(self._anchors.get(event.anchor or ""), None)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(self._open) >= _DEEPEST:
                    raise BrokenError(f"the YAML nests more than {_DEEPEST} deep")
                self._note(event.tag, "", event.start_mark)
                holder: object = {} if isinstance(event, yaml.MappingStartEvent) else []
                if event.anchor:
                    self._anchors[event.anchor] = holder
                self._open.append((holder, [], event.anchor))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close()

    def _close(self) -> None:
        holder, held, _ = self._open.pop()
        if isinstance(holder, list):
            holder.extend(held)
        elif isinstance(holder, dict):
            for key, value in zip(held[::2], held[1::2], strict=False):
                name = key if isinstance(key, str) else ""
                if name in holder:
                    self.done.append({name: holder[name]})  # both readings are looked at
                holder[name] = value
        self._add(holder, None)

    def _add(self, value: object, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = value
        if self._open:
            self._open[-1][1].append(value)
        else:
            self.done.append(value)

    def _note(self, tag: str | None, text: str, mark: object) -> None:
        if tag and tag != "!" and tag not in _PLAIN and len(self.tags) < 10_000:
            self.tags.append(Tagged(tag, text, int(getattr(mark, "line", 0)) + 1))


_PLAIN: Final = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in (
        "binary",
        "bool",
        "float",
        "int",
        "map",
        "merge",
        "null",
        "omap",
        "pairs",
        "seq",
        "set",
        "str",
        "timestamp",
        "value",
    )
)


def mappings(value: object, look: Look) -> Iterator[Mapping[str, object]]:
    """Yield every mapping in a value, each once, outermost first.

    Raises `BrokenError` when there are too many values.
    """
    stack, seen, count = [value], set[int](), 0
    while stack:
        one = stack.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, dict):
            yield one
            inner = [held for held in one.values() if isinstance(held, dict | list)]
        else:
            inner = [held for held in one if isinstance(held, dict | list)] if isinstance(one, list) else []
        count += len(inner) + 1
        if count > _MOST_NODES:
            raise BrokenError(f"the document holds more than {_MOST_NODES} values")
        if len(seen) % 4096 == 0:
            look.tick()
        stack.extend(reversed(inner))


def strings(value: object, look: Look) -> Iterator[str]:
    """Yield every text that a value holds; keys are none."""
    stack, seen = [value], set[int]()
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict | list) and id(one) not in seen:
            seen.add(id(one))
            stack.extend(one.values() if isinstance(one, dict) else one)
            if len(seen) % 4096 == 0:
                look.tick()
