"""What markup of any kind loads or links to: HTML, Markdown and its kin, styles, and the languages of documents."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.guard.flow.addresses import ADDRESS, is_outside, lists

_TAG: Final = re.compile(
    r"<[\s/\x00]{0,4}(?P<tag>[a-z!?][\w:-]{0,30})"
    r"(?P<attributes>(?:[^<>\"'=]|=\s{0,8}(?:\"[^\"]{0,4000}\"|'[^']{0,4000}')|[\"'=]){0,4000})",
    re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(
    r"(?P<name>[a-z][\w:-]{1,40})[\s\x00]{0,8}=[\s\x00]{0,8}(?:\"(?P<two>[^\"]*)\"|'(?P<one>[^']*)'|(?P<none>[^\s\"'<>][^\s<>]*)|[\"'](?P<open>[^<>]*))",
    re.IGNORECASE,
)
_STYLE: Final = re.compile(r"<style\b[^<>]{0,400}>|(?P<end></style)", re.IGNORECASE)
_ASKS: Final = re.compile(r"url\s*\(|@import|image(?:-set)?\s*\(|src\s*\(", re.IGNORECASE)
_STYLE_ESCAPE: Final = re.compile(r"\\([0-9a-f]{1,6})\s?", re.IGNORECASE)
_CSS: Final = re.compile(r"(?:url\(|@import\s{1,8}(?:url\()?)\s{0,8}[\"']?([^\s\"'()<>;]{1,2000})", re.IGNORECASE)
_TOKENS: Final = re.compile(r"\\[\\!\[\]()]|(?P<open>!?\[)|(?P<close>\])")
_TARGET: Final = re.compile(
    r"\(\s{0,20}(?:<(?P<pointed>[^<>\n]{1,2000})|(?P<plain>(?:[^\s()]|\([^\s()]{0,500}\)){1,2000})(?P<rest>\([^\s)]{0,2000})?)"
)
_REFERRED: Final = re.compile(r"[ ]?\[[^\[\]]{0,300}\]|(?![(:])")
_DEFINED: Final = re.compile(
    r"^[ \t>*+.\d-]{0,24}\[(?!\^)[^\[\]]{1,300}\]:\s{0,8}<?(?P<address>[^\s<>]{1,2000})", re.MULTILINE
)
_OTHERS: Final = (  # what stands in every text with one of these, and how it is found
    (
        "\\include",  # LaTeX
        re.compile(
            r"\\include(?:graphics|svg|media)\*?\s{0,4}(?:\[[^\[\]]{0,200}\]\s{0,4})?\{\s{0,4}([^{}\s]{1,2000})"
        ),
    ),
    ("e:", re.compile(r"(?<!\w)(?:image|include|iframe)::?([^\s\[\]:][^\s\[\]]{0,2000})\[")),  # AsciiDoc
    ("o:", re.compile(r"(?<!\w)(?:video|audio)::?([^\s\[\]:][^\s\[\]]{0,2000})\[")),
    ("::", re.compile(r"\b(?:image|figure|include|csv-table|raw)::[ \t]{1,8}([^\s]{1,2000})")),  # reStructuredText
    (":url:", re.compile(r"^[ \t]{1,40}:url:[ \t]{1,8}([^\s]{1,2000})", re.MULTILINE)),
    ("[img", re.compile(r"\[img(?:=[^\[\]]{0,40})?\]\s{0,8}([^\s\[\]]{1,2000})")),
    ("[img=", re.compile(r"\[img=([^\s\[\]]{1,2000})")),
    ("[[", re.compile(r"\[\[(?:(?:file|image|media):)?([^\s\[\]|]{1,2000})")),  # wikis, Org
    ("!h", re.compile(r"(?<![\w!])!(https?://[^\s!]{1,2000})(?=!)")),  # Textile
    ("!/", re.compile(r"(?<![\w!])!(//[^\s!]{1,2000})(?=!)")),
    ("!include", re.compile(r"!include(?:url|_once|_many)?\s{1,8}([^\s]{1,2000})")),
    ("<img:", re.compile(r"<img:([^\s<>]{1,2000})")),
)
_DEEP = 64


class Loaded(NamedTuple):
    """Something that markup names: where its address stands, and whether it is fetched without anybody's click."""

    start: int
    end: int
    fetched: bool


def named(text: str, *, referred: bool = False) -> Iterator[Loaded]:
    """Yield what the markup of a text loads from elsewhere, and the targets of its links.

    `referred` tells that an image by reference has been seen before, so that definitions count as fetched.
    """
    if "<" in text:
        yield from _html(text)
    if "](" in text or "]:" in text:
        yield from _markdown(text, referred=referred)
    small = text.lower() if text.isascii() else "".join(char.lower() if char.isascii() else char for char in text)
    for sign, pattern in _OTHERS:
        for match in pattern.finditer(small) if sign in small else ():
            if is_outside(match[1]):
                yield Loaded(*match.span(1), fetched=True)
    if "url(" in small or "@import" in small:
        yield from (Loaded(*found.span(1), fetched=True) for found in _CSS.finditer(text) if is_outside(found[1]))


def refers(text: str) -> bool:
    """Tell whether a text draws an image whose address is defined elsewhere."""
    return any(image and _REFERRED.match(text, at + 1) is not None for at, image in _closed(text))


def _html(text: str) -> Iterator[Loaded]:
    for tag in _TAG.finditer(text):
        for one in _ATTRIBUTE.finditer(text, tag.start("attributes"), tag.end()):
            kind = one.lastgroup or "none"
            yield from _attribute(text, one["name"].lower(), one.span(kind), tag["tag"].lower())
    yield from _styles(text)


def _styles(text: str) -> Iterator[Loaded]:
    """Yield the styles that ask for something in another way than the usual ones."""
    start = -1
    for mark in _STYLE.finditer(text):
        if mark["end"] is None:
            start = mark.end() if start < 0 else start
            continue
        if start >= 0:
            yield from _style(text, start, mark.start())
        start = -1
    if start >= 0:
        yield from _style(text, start, len(text))


def _style(text: str, start: int, end: int) -> Iterator[Loaded]:
    if _CSS.search(text, start, end) is None and _styled(text[start:end]):
        yield Loaded(start, end, fetched=True)


def _attribute(text: str, name: str, span: tuple[int, int], tag: str) -> Iterator[Loaded]:
    start, end = span
    value = text[start:end]
    lists_ = lists()
    if name not in lists_["attribute"] and not name.startswith("on"):
        return
    if name.startswith("on") or name == "style" or (name == "content" and tag == "meta"):
        said = html.unescape(value)
        if (name == "style" and _styled(said)) or (name != "style" and _speaks_of_address(said)):
            yield Loaded(start, end, fetched=True)
    elif name == "srcdoc":
        inner = html.unescape(value)
        if any(one.fetched for one in _html(inner)):
            yield Loaded(start, end, fetched=True)
    elif name.endswith("srcset"):
        if any(is_outside(part) for part in html.unescape(value).replace(",", " ").split()):
            yield Loaded(start, end, fetched=True)
    elif is_outside(value):
        yield Loaded(start, end, fetched=not (name == "href" and tag in lists_["read"]))


def _styled(said: str) -> bool:
    """Tell whether a style asks for something from elsewhere; its letters may be written as numbers."""
    plain = _STYLE_ESCAPE.sub(_letter, said)
    plain = re.sub(r"/\*.{0,400}?\*/", "", plain, flags=re.DOTALL)
    return _ASKS.search(plain) is not None and _speaks_of_address(plain)


def _letter(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if 0 < code < 0x110000 else ""


def _speaks_of_address(said: str) -> bool:
    return "//" in said.replace("\\", "/") or ADDRESS.search(said) is not None


def _markdown(text: str, *, referred: bool) -> Iterator[Loaded]:
    images = False
    for at, image in _closed(text):
        target = _TARGET.match(text, at + 1)
        if target is not None:
            start, end = target.span("pointed" if target["pointed"] is not None else "plain")
            end = target.end("rest") if target["rest"] else end
            if is_outside(text[start:end]):
                yield Loaded(start, end, fetched=image)
        elif image and _REFERRED.match(text, at + 1) is not None:
            images = True
    for found in _DEFINED.finditer(text):
        if is_outside(found["address"]):
            yield Loaded(*found.span("address"), fetched=images or referred)


def _closed(text: str) -> Iterator[tuple[int, bool]]:
    """Yield where a bracket closes, and whether it is that of an image."""
    open_: list[bool] = []
    image = False
    for match in _TOKENS.finditer(text):
        if match["open"]:
            open_ = [*open_[-_DEEP:], match["open"][0] == "!"]
        elif match["close"]:
            image = open_.pop() if open_ else image
            yield match.start(), image
