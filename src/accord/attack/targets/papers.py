"""Small PDF and Word documents, made with the standard library only, and the text that careless readers find there."""

from __future__ import annotations

import io
import re
import textwrap
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Final
from xml.sax.saxutils import escape

LARGEST = 1 << 24
"""Bytes of a document, or of one of its parts, that are looked at."""

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES: Final[Mapping[str, str]] = {
    "visible": "11 Tf 0 g 0 Tr",
    "white": "11 Tf 1 g 0 Tr",
    "tiny": "0.1 Tf 0 g 0 Tr",
    "invisible": "11 Tf 0 g 3 Tr",
    "off-page": "11 Tf 0 g 0 Tr",
}
_RUNS: Final[Mapping[str, str]] = {
    "visible": "",
    "white": '<w:rPr><w:color w:val="FFFFFF"/></w:rPr>',
    "tiny": '<w:rPr><w:sz w:val="1"/></w:rPr>',
    "vanish": "<w:rPr><w:vanish/></w:rPr>",
}
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PAGE_LINES = 48


def pdf(cover: str, text: str, way: str) -> bytes:
    """Return a PDF that shows `cover` and holds `text` in a way: on the page, or in its metadata or a comment."""
    on_page = way in _STYLES
    lines = _lines(text) if on_page else []
    codes = {char: number for number, char in enumerate(sorted(set("".join(lines))), 1)}
    parts = [lines[start : start + _PAGE_LINES] for start in range(0, len(lines), _PAGE_LINES)] or [[]]
    objects = ["", "", _font(), _wide_font(), _inner_font(), _described(), _stream(_meanings(codes)), _info(text, way)]
    pages = []
    for number, part in enumerate(parts):
        shown = _lines(cover) if number == 0 else []
        objects.append(_stream(_content(shown, part, codes, way if on_page else "visible")))
        objects.append(_page(len(objects), _comment(text) if way == "comment" and number == 0 else ""))
        pages.append(len(objects))
    kids = " ".join(f"{number} 0 R" for number in pages)
    objects[0] = "<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"
    return _assembled(objects, info=8)


def docx(cover: str, text: str, way: str) -> bytes:
    """Return a Word document that shows `cover` and holds `text` in a way: in the body, its metadata or a comment."""
    body = [_paragraph(cover, "visible")]
    if way in _RUNS:
        body += [_paragraph(line, way) for line in text.split("\n")]
    mark = '<w:commentReference w:id="0"/>' if way == "comment" else ""
    body.append(f"<w:p><w:r>{mark}</w:r></w:p>" if mark else "")
    note = _paragraph(text, "visible") if way == "comment" else ""
    members = {
        "[Content_Types].xml": _types(),
        "_rels/.rels": _relations(("officeDocument", "word/document.xml"), ("metadata/core-properties", _CORE)),
        "word/_rels/document.xml.rels": _relations(("comments", "comments.xml")),
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{"".join(body)}</w:body></w:document>',
        "word/comments.xml": f'<w:comments xmlns:w="{_WORD}"><w:comment w:id="0" w:author="a">{note}</w:comment>'
        "</w:comments>",
        _CORE: _core(text if way == "metadata" else ""),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), _HEAD + content)
    return made.getvalue()


def pdf_text(data: bytes) -> str:
    """Return the texts of a PDF: its pages, comments and metadata, seen or not; nothing of what cannot be read."""
    streams = [*_streams(data)]
    meanings = {code: text for content in streams if b"beginbfchar" in content for code, text in _known(content)}
    found = [_shown(content, meanings) for content in streams if b"BT" in content]
    found += [_utf16(text) for text in re.findall(rb"/(?:Subject|Contents)\s*<([0-9A-Fa-f]*)>", data)]
    return "\n".join(part for part in found if part)


def docx_text(data: bytes) -> str:
    """Return the texts of a Word document: body, comments and metadata, seen or not; nothing of what is broken."""
    found: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in sorted({"word/document.xml", "word/comments.xml", _CORE} & set(archive.namelist())):
                found += _texts(_member(archive, name))
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        return "\n".join(found)
    return "\n".join(found)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        return member.read(LARGEST)


_CORE = "docProps/core.xml"


def _lines(text: str) -> list[str]:
    """Wrap at spaces only: a word is never cut."""
    wrapped = (
        textwrap.wrap(line, 95, break_long_words=False, break_on_hyphens=False) or [""]
        for line in _UNFIT.sub("\ufffd", text).expandtabs(4).split("\n")
    )
    return [line.strip("\r") for lines in wrapped for line in lines]


def _content(cover: Sequence[str], lines: Sequence[str], codes: Mapping[str, int], way: str) -> str:
    start = "-4000 -4000" if way == "off-page" else "0 -24"
    body = [f"BT /F1 11 Tf 14 TL 56 780 Td {' '.join(f'{_narrow(line)} Tj T*' for line in cover)}"]
    if lines:
        body.append(f"{start} Td")
        body.append(f"/F1 {_STYLES[way]}")
    for line in lines:
        if _fits(line):
            body.append(f"/F1 {_STYLES[way]} {_narrow(line)} Tj T*")
        else:
            coded = "".join(f"{codes[char]:04X}" for char in line)
            body.append(f"/F2 {_STYLES[way]} <{coded}> Tj T*")
    return "\n".join([*body, "ET"])


def _fits(line: str) -> bool:
    try:
        line.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _narrow(line: str) -> str:
    return f"<{line.encode('cp1252', 'replace').hex().upper()}>"


def _font() -> str:
    return "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def _wide_font() -> str:
    return (
        "<< /Type /Font /Subtype /Type0 /BaseFont /Helvetica /Encoding /Identity-H "
        "/DescendantFonts [5 0 R] /ToUnicode 7 0 R >>"
    )


def _inner_font() -> str:
    system = "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
    return (
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Helvetica /CIDSystemInfo {system} "
        "/DW 600 /CIDToGIDMap /Identity /FontDescriptor 6 0 R >>"
    )


def _described() -> str:
    return (
        "<< /Type /FontDescriptor /FontName /Helvetica /Flags 32 /FontBBox [-170 -230 1000 940] "
        "/ItalicAngle 0 /Ascent 720 /Descent -210 /CapHeight 720 /StemV 80 >>"
    )


def _meanings(codes: Mapping[str, int]) -> str:
    """Return the table that says which character a code of the wide font means (PDF 32000-1 §9.10.3)."""
    pairs = [f"<{code:04X}> <{char.encode('utf-16-be').hex().upper()}>" for char, code in codes.items()]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    tables = "\n".join(f"{len(block)} beginbfchar\n{chr(10).join(block)}\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Adobe-Identity-UCS def\n"
        "/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{tables}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    )


def _page(content: int, comment: str) -> str:
    return (
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
        f"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {content} 0 R{comment} >>"
    )


def _comment(text: str) -> str:
    return f" /Annots [<< /Type /Annot /Subtype /Text /Rect [0 0 1 1] /F 2 /Contents {_wide(text)} >>]"


def _info(text: str, way: str) -> str:
    subject = f" /Subject {_wide(text)}" if way == "metadata" else ""
    return f"<< /Producer (accord){subject} >>"


def _wide(text: str) -> str:
    return f"<FEFF{text.encode('utf-16-be', 'replace').hex().upper()}>"


def _stream(content: str) -> str:
    data = content.encode("latin-1")
    return f"<< /Length {len(data)} >>\nstream\n{content}\nendstream"


def _assembled(objects: Sequence[str], *, info: int) -> bytes:
    made, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    start = len(made)
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    made += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    made += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {info} 0 R >>\nstartxref\n{start}\n".encode()
    return bytes(made + b"%%EOF\n")


def _paragraph(text: str, way: str) -> str:
    content = escape(_UNFIT.sub("\ufffd", text))
    return f'<w:p><w:r>{_RUNS[way]}<w:t xml:space="preserve">{content}</w:t></w:r></w:p>'


def _types() -> str:
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    parts = (
        ("/word/document.xml", f"{kind}.document.main+xml"),
        ("/word/comments.xml", f"{kind}.comments+xml"),
        (f"/{_CORE}", "application/vnd.openxmlformats-package.core-properties+xml"),
    )
    listed = "".join(f'<Override PartName="{name}" ContentType="{what}"/>' for name, what in parts)
    plain = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    return f'<Types xmlns="{_PACKAGE}/content-types">{plain}{listed}</Types>'


def _relations(*parts: tuple[str, str]) -> str:
    made = []
    for number, (kind, target) in enumerate(parts, 1):
        space = f"{_PACKAGE}/relationships" if "/" in kind else _RELATIONS
        made.append(f'<Relationship Id="rId{number}" Type="{space}/{kind}" Target="{target}"/>')
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(made)}</Relationships>'


def _core(text: str) -> str:
    space = f'xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    content = escape(_UNFIT.sub("\ufffd", text))
    return f"<cp:coreProperties {space}><dc:description>{content}</dc:description></cp:coreProperties>"


def _streams(data: bytes) -> Iterator[bytes]:
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data[:LARGEST], re.DOTALL):
        content = found[1]
        if b"FlateDecode" in data[max(0, found.start() - 300) : found.start()]:
            try:
                content = zlib.decompressobj().decompress(content, LARGEST)
            except zlib.error:
                continue
        yield content


def _known(content: bytes) -> Iterator[tuple[str, str]]:
    for code, means in re.findall(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>", content):
        yield code.decode().upper(), _hex(means).decode("utf-16-be", "replace")


def _shown(content: bytes, meanings: Mapping[str, str]) -> str:
    lines, wide = [], False
    for token in re.finditer(rb"/(\w+)\s+[\d.]+\s+Tf|<([0-9A-Fa-f]*)>\s*Tj|\(((?:[^()\\]|\\.)*)\)\s*Tj", content):
        if token[1] is not None:
            wide = token[1] == b"F2"
        elif token[2] is not None and not wide:
            lines.append(_hex(token[2]).decode("cp1252", "replace"))
        elif token[2] is not None:
            codes = token[2].decode().upper()
            lines.append("".join(meanings.get(codes[at : at + 4], "\ufffd") for at in range(0, len(codes), 4)))
        else:
            lines.append(re.sub(rb"\\(.)", rb"\1", token[3], flags=re.DOTALL).decode("cp1252", "replace"))
    return "\n".join(lines)


def _hex(digits: bytes) -> bytes:
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _utf16(digits: bytes) -> str:
    return _hex(digits).decode("utf-16-be", "replace").removeprefix("\ufeff")


def _texts(data: bytes) -> Iterator[str]:
    """Yield the text of each paragraph, by its marks alone: entities that a document declares itself mean nothing."""
    for paragraph in data.decode("utf-8", "replace").split("</w:p>"):
        parts = re.findall(r"<(w:t|dc:description)(?: [^>]*)?>([^<]*)</", paragraph)
        text = "".join(unescape(content) for _, content in parts)
        if text.strip():
            yield text.strip()
