"""Text: recognised by its bytes, read for what a loader would follow, and safe when there is nothing of the kind."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import HEAD, Part
from accord.scan.rating import Sight

_TAIL = 512
_WHOLE = 16 << 20
_CHUNK = 1 << 20
_CONTROLS: Final = bytes(one for one in range(32) if one not in b"\t\n\v\f\r\x1b") + b"\x7f"
_PLAIN: Final = bytes(one for one in range(256) if one not in _CONTROLS)
_FEW = 64
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MODEL_NAME: Final = re.compile(
    r"\.(?:bin|pt|pth|ckpt|pkl|pickle|joblib|h5|hdf5|keras|onnx|gguf|ggml|safetensors|npy|npz|tflite|pb|llamafile|mar|nemo|"
    r"msgpack|model|weights|params|pdparams|mlmodel|t7|rds|rda|rdata|skops)$",
    re.IGNORECASE,
)
_SCRIPT: Final = re.compile(
    r"#!|@?echo off\b|<\?php|<%@|powershell(?:\.exe)? |(?:var \w+ ?= ?)?new ActiveXObject|Set \w+ ?= ?CreateObject",
    re.IGNORECASE,
)
_PYTHON: Final = re.compile(
    r"(?:#[^\n]*\s*|\"\"\"[^\"]{0,900}\"\"\"\s*)*(?:import |from \w|exec\(|eval\(|__import__\(|def |class |try:|os\.)"
)
_POINTER: Final = re.compile(r"version https://git-lfs\.\S{1,80}/spec/v\d")
_INSTRUCTIONS: Final = re.compile(
    r"(?:^|/)(?:skill|agents?|claude|gemini|copilot-instructions|rules|system_?prompt)\.mdc?$|\.cursorrules$|\.windsurfrules$",
    re.IGNORECASE,
)


class Text(NamedTuple):
    """A text as its readers get it: decoded, and whether that is all of it."""

    part: Part
    name: str
    text: str
    whole: bool
    head: str


def is_text(part: Part) -> bool:
    """Tell whether a part starts and ends as text: Unicode, or an older encoding of mostly Latin letters."""
    head = part.head
    if not head:
        return part.size == 0
    encoding = _encoding(head)
    if encoding is None:
        return False
    if encoding.startswith("utf-8") or encoding == "latin-1":
        ends = part.tail(_TAIL) if part.size > HEAD else b""
        return len(head.translate(None, _PLAIN)) + len(ends.translate(None, _PLAIN)) <= len(head) >> 9
    return True


def _encoding(head: bytes) -> str | None:
    """Return how the head of a text is encoded; None when it is no text."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding if _decodes(head, encoding) else None
    if b"\0" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        wide = (
            "utf-16-le"
            if odd > len(head) // 3 and not even
            else "utf-16-be"
            if even > len(head) // 3 and not odd
            else None
        )
        return wide if wide and _decodes(head, wide) else None
    if _decodes(head, "utf-8"):
        return "utf-8"
    high = sum(one > 127 for one in head)
    worded = len(head) >= 16 and any(one in head for one in b" \n")
    return "latin-1" if worded and high * 5 < len(head) * 2 and not head.translate(None, _PLAIN) else None


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head, final=len(head) < HEAD)
    except UnicodeError:
        return False
    return True


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what a text would have a loader run, build, open or believe."""
    look.name_format(part, "other")
    encoding = _encoding(part.head) or "utf-8"
    if part.size > HEAD and encoding in {"utf-8", "utf-8-sig", "latin-1"}:
        yield from _no_text(part, look)
    whole = part.size <= _WHOLE
    text = part.read(0, part.size if whole else _CHUNK).decode(encoding, "replace")
    told = Text(part, part.name.lower(), text, whole, text.lstrip("\ufeff \t\r\n")[:2000])
    yield from _by_name(told)
    from accord.scan.repositories import configs

    yield from configs.judge(told, look)


def _no_text(part: Part, look: Look) -> Iterator[Sight]:
    """Yield where bytes that are no text stand in a text: a few odd ones are honest, a block of them is not."""
    odd = 0
    for at in range(0, part.size, _CHUNK):
        look.tick()
        chunk = part.read(at, _CHUNK)
        noise = chunk.translate(None, _PLAIN)
        odd += len(noise)
        if b"\0" in noise or odd > _FEW:
            place = at + next(here for here, one in enumerate(chunk) if one in _CONTROLS)
            yield part.sees("text-binary", f"bytes that are no text stand at {place} in a text", offset=place)
            return


def _by_name(text: Text) -> Iterator[Sight]:
    """Judge what a text is in its place: a pointer, a script instead of a model, a file that Python starts with."""
    part, head = text.part, text.head
    model = bool(_MODEL_NAME.search(text.name))
    if model and _POINTER.match(head):
        yield part.sees("pointer", "a Git LFS pointer stands here, and the model itself is elsewhere", name="git-lfs")
    elif model and (script := _script(text)):
        yield part.sees("script-as-model", f"the model is a script: {one_line(script, 80)}", name=one_line(script, 40))
    if text.name.endswith(".pth"):
        yield from _path_file(text)
    if _INSTRUCTIONS.search(text.name) and not text.text.isascii():
        from accord.scan.repositories.tool_text import hidden

        found = hidden(text.text)
        if found:
            yield part.sees("instructions-hidden", f"the instructions hide {found}", name=part.name)


def _script(text: Text) -> str | None:
    """Return what shows that a text is a script: its first line, or what it does as Python."""
    if _SCRIPT.match(text.head):
        return text.head.splitlines()[0]
    if text.name.endswith(".pth") or not _PYTHON.match(text.head):
        return None
    from accord.scan.effects import effects

    return next((one.name for one in effects(text.text[:_CHUNK])[0]), None)


def _path_file(text: Text) -> Iterator[Sight]:
    """Judge the lines of a path file that Python runs whenever it starts."""
    from accord.scan.effects import effects

    for number, line in enumerate(text.text[:100_000].splitlines(), 1):
        if line.startswith(("import ", "import\t")):
            does = next(iter(effects(line)[0]), None)
            kind, told = ("start-up-code", f"and {does.does}") if does else ("start-up-line", "with no effect seen")
            message = f"line {number} runs whenever Python starts, {told}: {one_line(line, 120)}"
            yield text.part.sees(kind, message, name=does.name if does else one_line(line, 60), line=number)
