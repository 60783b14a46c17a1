"""Documents as checks read them: found by name or heading, and split into parts; a part that says TODO says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from accord.checks.shipped import shipped
from accord.core import Context, Place

_MOST = 1000  # documents whose headings are looked through
_FOUND_BY_NAME: Final = ("**/*.md", "**/*.rst", "**/*.txt", "**/README", "**/CHANGELOG", "**/CHANGES")
_HEADED: Final = re.compile(r"\.(?:md|rst)$|(?:^|/)readme$", re.IGNORECASE)

_ATX: Final = re.compile(r"(#{1,6})[ \t]+(\S.{0,199}?)[ \t]*#*")
_UNDERLINE: Final = re.compile(r"(=+|-{3,}|~{3,}|\^{3,}|\"{3,})[ \t]*")
_FENCE: Final = re.compile(r"[ \t]{0,3}(?:```|~~~)")
_BOLD: Final = re.compile(r"(?:\*\*|__)([^*_\n|]{1,60})(?::(?:\*\*|__)|(?:\*\*|__)[ \t]?:)")
_LABEL: Final = re.compile(r"[ \t]{0,8}(?:[-*+][ \t]+)?([A-Z][\w /'-]{1,40}):(?:[ \t]|$)")
_ITEM: Final = re.compile(r"[ \t]{0,8}(?:[-*+]|\d{1,3}[.)])[ \t]")
_RULE: Final = frozenset(" \t\r:|-")
_KEY: Final = re.compile(r"([A-Za-z][\w-]{0,60}):[ \t]*(.*)")
_OPEN: Final = re.compile(r"\b(?:TODO|TBD|TBA|FIXME|XXX+|WIP)\b|^\W{0,20}(?i:todo|tbd|tba|fixme|wip)\b")
_LATER: Final = re.compile(
    r"\bto be (?:written|done|decided|determined|defined|added|completed|confirmed)\b|\bcoming soon\b|"
    r"\bmore information needed\b|\bwork in progress\b|\bfill (?:this |me )?in\b",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W\d_]{2}|\d")


class Part(NamedTuple):
    """A part of a document: what a heading, a label, a table's column or row, or a key of front matter says."""

    name: str
    line: int
    text: str


class Document(NamedTuple):
    """A document, or the section of another one that stands for it, and its parts."""

    path: str
    line: int
    text: str
    parts: tuple[Part, ...]

    @property
    def place(self) -> Place:
        """Return where the document begins."""
        return Place(path=self.path, line=self.line)

    def part(self, names: Iterable[str]) -> Part | None:
        """Return the first part that has one of the names (regular expressions) and says something."""
        known = tuple(names)
        return next((one for one in self.parts if _is_named(one.name, known) and is_said(one.text)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of document: its file names, the headings it hides under, and the parts that it needs."""

    names: tuple[str, ...]
    headings: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """Everything `documents.yaml` says."""

    documents: Mapping[str, Kind]


def kind_of(name: str) -> Kind:
    """Return a shipped kind of document."""
    return shipped("documents.yaml", Kinds).documents[name]


def find(ctx: Context, kind: str) -> Document | None:
    """Return the first document of a kind that says something: a file of its name, else a section elsewhere."""
    return next(every(ctx, kind), None)


def every(ctx: Context, kind: str) -> Iterator[Document]:
    """Yield the documents of a kind that say something: files by name first, then sections of other documents."""
    known = kind_of(kind)
    paths = _documents(ctx)
    named = [path for path in paths if any(re.search(name, path.lower()) for name in known.names)]
    for path in named:
        text = ctx.text(path)
        if text is not None and is_said(text):
            yield read_document(path, text)
    others = [path for path in paths if _HEADED.search(path) and path not in set(named)]
    for path in others[:_MOST]:
        yield from _sections(path, ctx.text(path) or "", known.headings)
    if len(others) > _MOST:
        ctx.skip(".", f"the headings of {len(others) - _MOST} documents were not looked through")


def missing_parts(document: Document, kind: str) -> tuple[str, ...]:
    """Return the parts that a kind of document needs and this one does not speak of."""
    return tuple(name for name, names in kind_of(kind).parts.items() if document.part(names) is None)


def is_said(text: str) -> bool:
    """Tell whether a text says anything: headings, comments and placeholders such as TODO do not count."""
    plain = re.sub(r"<!--.*?(?:-->|\Z)", "", text, flags=re.DOTALL)
    blocks = (block for block in re.split(r"\n\s*\n", plain) if "lorem ipsum" not in block.lower())
    return any(_WORD.search(sentence) for block in blocks for sentence in _sentences(_body(block)))


def read_document(path: str, text: str) -> Document:
    """Return a document and its parts; any text is one."""
    lines = text.split("\n")
    headings = tuple(_headings(lines))
    parts = (*_front_matter(lines), *_headed(lines, headings), *_labelled(lines), *_tabled(lines))
    return Document(path, 1, text, parts)


def _documents(ctx: Context) -> list[str]:
    """Return the paths that may be documents, the topmost first: no tests, prompts, datasets or pages to retrieve."""
    from accord.scan.places import is_test

    kinds = {"prompt", "dataset", "retrieval"}
    held = {one.path for one in ctx.assets if one.kind in kinds and one.path}
    inside = tuple(f"{path}/" for path in held if path != ".")
    paths = [path for path in ctx.files(*_FOUND_BY_NAME) if path not in held and not path.startswith(inside)]
    return sorted((path for path in paths if not is_test(path)), key=lambda path: (path.count("/"), path))


def _sections(path: str, text: str, names: tuple[str, ...]) -> Iterator[Document]:
    document = read_document(path, text)
    for part in document.parts:
        if _is_named(part.name, names) and is_said(part.text):
            inner = read_document(path, part.text)
            yield Document(path, part.line, part.text, (part, *inner.parts))


def _is_named(heading: str, names: tuple[str, ...]) -> bool:
    return _any_of(names).fullmatch(_plain(heading)) is not None


@lru_cache(maxsize=64)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{name})" for name in names))


@lru_cache(maxsize=4096)
def _plain(heading: str) -> str:
    """Return a heading in lower case, without marks, number and article."""
    plain = re.sub(r"[^\w\s/.'-]", " ", heading[:300].lower().replace("_", " ")).strip()
    plain = re.sub(r"^(?:(?:\d+\.?)+|[a-z]\))\s+", "", plain)
    return re.sub(r"^(?:the|our|an?)\s+", "", " ".join(plain.split())).rstrip(" .")


def _sentences(text: str) -> Iterator[str]:
    """Yield the sentences that are no promise to write one."""
    for line in text.split("\n"):
        opened = _OPEN.search(line)
        said = line[: opened.start()] if opened else line
        yield from (one for one in re.split(r"(?<=[.!?])\s", said) if not _LATER.search(one))


def _body(block: str) -> str:
    lines = block.split("\n")
    titles = {heading.line for heading in _headings(lines)}
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in titles)


class _Heading(NamedTuple):
    line: int
    level: int
    name: str
    body: int


def _headings(lines: list[str]) -> Iterator[_Heading]:
    fenced = False
    for number, line in enumerate(lines, 1):
        if _FENCE.match(line):
            fenced = not fenced
        atx = None if fenced else _ATX.fullmatch(line)
        if atx:
            yield _Heading(number, len(atx[1]), atx[2], number)
        elif not fenced and number < len(lines) and _is_title(line) and _UNDERLINE.fullmatch(lines[number]):
            yield _Heading(number, {"=": 1, "-": 2}.get(lines[number][:1], 3), line.strip(), number + 1)


def _is_title(line: str) -> bool:
    return bool(line.strip()) and len(line) <= 120 and "|" not in line and not _ITEM.match(line) and ":" not in line


def _headed(lines: list[str], headings: tuple[_Heading, ...]) -> Iterator[Part]:
    for index, one in enumerate(headings):
        later = (headings[n] for n in range(index + 1, len(headings)))
        end = next((other.line for other in later if other.level <= one.level), len(lines) + 1)
        yield Part(one.name, one.line, "\n".join(lines[one.body : end - 1]))


def _labelled(lines: list[str]) -> Iterator[Part]:
    """Yield what stands behind `**Label**:` and `Label:`, up to the next label or the end of the paragraph or item."""
    for number, line in enumerate(lines, 1):
        marks = [(match[1], match.end(), match.start()) for match in _BOLD.finditer(line)]
        plain = _LABEL.match(line)
        if plain and not marks:
            marks = [(plain[1], plain.end(), plain.start())]
        for index, (name, start, _) in enumerate(marks):
            last = index + 1 == len(marks)
            text = line[start:] if last else line[start : marks[index + 1][2]]
            yield Part(name, number, text + ("\n" + "\n".join(_rest(lines, number)) if last else ""))


def _rest(lines: list[str], number: int) -> Iterator[str]:
    """Yield the lines that go on with the paragraph or item of a line."""
    for line in lines[number : number + 40]:
        if not line.strip() or _ITEM.match(line) or _ATX.fullmatch(line) or _BOLD.match(line) or _LABEL.match(line):
            return
        yield line


def _tabled(lines: list[str]) -> Iterator[Part]:
    """Yield the columns of each table by their head, and its rows by their first cell."""
    at = 0
    while at + 1 < len(lines):
        rule = lines[at + 1]
        if "|" not in lines[at] or not {"|", "-"} <= set(rule) <= _RULE:
            at += 1
            continue
        end = next((n for n in range(at + 2, len(lines)) if "|" not in lines[n]), len(lines))
        head, rows = _cells(lines[at]), [_cells(line) for line in lines[at + 2 : end]]
        for column, name in enumerate(head[:50]):
            yield Part(name, at + 1, "\n".join(row[column] for row in rows if column < len(row)))
        for offset, row in enumerate(rows, at + 3):
            yield Part(row[0], offset, "\n".join(row[1:]))
        at = end


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _front_matter(lines: list[str]) -> Iterator[Part]:
    if not lines or lines[0].strip() != "---":
        return
    end = next((n for n, line in enumerate(lines[1:200], 1) if line.strip() == "---"), 0)
    keys = [(n, match) for n, line in enumerate(lines[:end]) if (match := _KEY.fullmatch(line))]
    for (start, match), (stop, _) in zip(keys, [*keys[1:], (end, None)], strict=True):
        yield Part(match[1], start + 1, "\n".join([match[2], *lines[start + 1 : stop]]))
