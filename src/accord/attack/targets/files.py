"""Files with a text in them that people do not see and extractors do, for the channel `file`.

Whatever is built is deterministic and harmless: a page with a text in it, no script, no link, no macro.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Final

from accord.attack.targets.papers import LARGEST, docx, docx_text, pdf, pdf_text
from accord.core.errors import TargetError

COVER: Final = "Opening hours: Monday to Friday, nine to five. Closed on public holidays."
"""What a reader sees of a file whose text is hidden."""

WAYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "md": ("visible", "comment", "white", "tiny", "metadata", "reference"),
        "html": ("visible", "comment", "white", "tiny", "metadata", "not-displayed", "off-page", "attribute"),
        "pdf": ("visible", "comment", "white", "tiny", "metadata", "invisible", "off-page"),
        "docx": ("visible", "comment", "white", "tiny", "metadata", "vanish"),
    }
)
"""How a text can stand in a file of each format; `visible` is the first."""

_HTML: Final[Mapping[str, str]] = MappingProxyType(
    {
        "visible": "<p>{text}</p>",
        "comment": "<!-- {text} -->",
        "white": '<p style="color:#fff;background:#fff">{text}</p>',
        "tiny": '<p style="font-size:0">{text}</p>',
        "not-displayed": '<p style="display:none">{text}</p>',
        "off-page": '<p style="position:absolute;left:-9999px">{text}</p>',
        "attribute": '<img alt="{text}" src="data:,">',
        "metadata": "",
    }
)


def built(name: str, text: str, way: str = "visible", *, cover: str = COVER) -> bytes:
    """Return a file of the format that `name` ends in, with `text` in it in one of its `WAYS`.

    Raises `TargetError` for a way that the format does not have; a name without a known ending is a text.
    """
    kind = _kind(name)
    if way not in WAYS[kind]:
        raise TargetError(
            f"a {kind} file cannot hold a text in the way {way[:40]!r}",
            hint=f"known are {', '.join(WAYS[kind])}",
            code="ACC-E668",
        )
    text = text.encode("utf-8", "replace").decode()
    if kind == "pdf":
        return pdf(cover, text, way)
    if kind == "docx":
        return docx(cover, text, way)
    return (_html(cover, text, way) if kind == "html" else _markdown(cover, text, way)).encode()


def planted(name: str, text: str, trial: str) -> bytes:
    """Return the file that stands for a case's text: texts as they are written, PDF and Word built around them.

    There the text is hidden, each trial in another of the ways.
    """
    kind = _kind(name)
    if kind in {"md", "html"}:
        return text.encode("utf-8", "replace")
    ways = WAYS[kind][1:]
    return built(name, text, ways[hashlib.sha256(trial.encode()).digest()[0] % len(ways)])


def as_text(data: bytes) -> str:
    """Return what a careless extractor would hand to a model: every text in the file, whether people see it or not."""
    data = data[:LARGEST]
    if data.startswith(b"%PDF"):
        return pdf_text(data)
    if data.startswith(b"PK\x03\x04"):
        return docx_text(data)
    text = data.decode("utf-8", "replace")
    if re.match(r"\s*<(?:!doctype html|html)", text, re.IGNORECASE):
        reader = _Reader()
        reader.feed(text)
        reader.close()
        return "\n".join(reader.found)
    return text


class _Reader(HTMLParser):
    """Every text of a page: what is shown, what is not, comments and the attributes that hold sentences."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._mute = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the attributes that hold sentences."""
        self._mute = tag in {"script", "style"}
        self._keep(*(value for name, value in attrs if value and name in {"alt", "title", "content", "aria-label"}))

    def handle_endtag(self, tag: str) -> None:
        """End what is no text."""
        self._mute = False

    def handle_data(self, data: str) -> None:
        """Take a text."""
        if not self._mute:
            self._keep(data)

    def handle_comment(self, data: str) -> None:
        """Take a comment."""
        self._keep(data)

    def _keep(self, *texts: str) -> None:
        self.found += [text.strip() for text in texts if text.strip()]


def _kind(name: str) -> str:
    ending = name.rpartition(".")[2].lower()
    return {"htm": "html"}.get(ending, ending if ending in WAYS else "md")


def _html(cover: str, text: str, way: str) -> str:
    safe = _commented(text) if way == "comment" else escape(text)
    head = f'<meta name="description" content="{safe}">' if way == "metadata" else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Page</title>{head}</head>\n'
        f"<body><p>{escape(cover)}</p>\n{_HTML[way].format(text=safe)}\n</body></html>\n"
    )


def _markdown(cover: str, text: str, way: str) -> str:
    match way:
        case "visible":
            return f"{cover}\n\n{text}\n"
        case "comment":
            return f"{cover}\n\n<!-- {_commented(text)} -->\n"
        case "metadata":
            indented = text.replace("\n", "\n  ")
            return f"---\ndescription: |\n  {indented}\n---\n\n{cover}\n"
        case "reference":
            line = " ".join(text.split()).replace('"', "'")
            return f'{cover}\n\n[note]: # "{line}"\n'
    style = "color:#fff" if way == "white" else "font-size:0"
    return f'{cover}\n\n<span style="{style}">{escape(text)}</span>\n'


def _commented(text: str) -> str:
    """Return text that cannot end the comment it stands in."""
    return text.replace("--", "- -").removeprefix(">").rstrip("-")
