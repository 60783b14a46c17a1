"""Telling a pickle from text and noise: its first opcodes are followed, never loaded."""

from __future__ import annotations

import re
from typing import Final

from accord.scan.look import OverError
from accord.scan.part import HEAD, Part
from accord.scan.pickles.lists import is_listed
from accord.scan.pickles.machine import Story, run
from accord.scan.pickles.values import Call

TORCH_LEGACY: Final = re.compile(
    rb"\x80[\x02-\x05](?:\x95.{8})?\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\.", re.DOTALL
)
_FIRST: Final = frozenset(b"\x80(NIJKMLGFSTUVXBC]})c\x8c\x8d\x8e\x8f\x8a\x8b\x88\x89\x95\x96PQ\x82\x83\x84")
_NAME: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")
_TEXT: Final = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]*\Z")
_FEW: Final = 3
_LONG: Final = 64
_MOST_STREAMS: Final = 16
_END: Final = re.compile(rb"(?:q\x00|r\0\0\0\0|p0\n|\x94)?\.")
_BYTES: Final = re.compile(
    rb"c(?:_codecs\nencode|__builtin__\nbytearray)\n(?:q\x00)?\((?:c_codecs\nencode\n(?:q.)?\()?X", re.DOTALL
)
_TELLTALE: Final = re.compile(rb"[\]}]q\x00|\((?:dp|lp|p)[0-9]+\n")


def is_torch_legacy(part: Part) -> bool:
    """Tell whether a file starts as PyTorch wrote them before its ZIP format."""
    return TORCH_LEGACY.match(part.read(0, 32)) is not None


def is_pickle(part: Part) -> bool:
    """Tell whether a part starts as a pickle of any protocol: its opcodes fit together, and do what pickles do."""
    return is_start(part.head, whole=part.size <= HEAD) or _is_one_value(part)


def _is_one_value(part: Part) -> bool:
    """Tell whether a part longer than its head is one long text, or bytes in the way of old protocols, and no more."""
    size = int.from_bytes(part.read(1, 4), "little")
    if part.read(0, 1) == b"V":
        stop = part.find(b"\n", 1)
        return stop >= HEAD and _END.fullmatch(part.read(stop + 1, 32)) is not None
    if part.read(0, 1) in {b"X", b"T", b"B"}:
        return HEAD < 5 + size < part.size and _END.fullmatch(part.read(5 + size, 32)) is not None
    start = _BYTES.match(part.read(0, 64))
    if start is None:
        return False
    at = start.end()
    size = int.from_bytes(part.read(at, 4), "little")
    return HEAD < at + 4 + size < part.size and part.find(b".", part.size - 1) >= 0


def is_start(head: bytes, *, whole: bool) -> bool:
    """Tell whether `head` is the start of a pickle (all of it when `whole`)."""
    if head[:1] not in {bytes([one]) for one in _FIRST}:
        return False
    try:
        story = run(Part(head, name=""), 0, None, size=None if whole else len(head))
    except OverError:
        return False
    if head[0] == 0x80 and head[1:2] <= b"\x05":
        return story.stopped or story.steps >= _FEW or (story.steps > 0 and head[2] in _FIRST)
    if story.imports:
        known = _is_looked_up(story, head, whole=whole)
        return known or (story.stopped and _goes_on(head[story.end :], whole=whole))
    if story.stopped:
        alone = whole and (story.end == len(head) or (story.steps >= _FEW and head[story.end] == 0x80))
        return alone or _goes_on(head[story.end :], whole=whole)
    if not story.cut or whole:
        return False
    return _TELLTALE.match(head) is not None or (story.end >= _LONG and _is_mixed(head))


def _goes_on(rest: bytes, *, whole: bool) -> bool:
    """Tell whether a pickle that looks names up stands behind plain ones: whoever loads one may load them all."""
    for _ in range(_MOST_STREAMS):
        if rest[:1] not in {bytes([one]) for one in _FIRST}:
            return False
        try:
            story = run(Part(rest, name=""), 0, None, size=None if whole else len(rest))
        except OverError:
            return False
        if story.imports and _is_looked_up(story, rest, whole=whole):
            return True
        if not story.stopped:
            return False
        rest = rest[story.end :]
    return True


def _is_looked_up(story: Story, head: bytes, *, whole: bool) -> bool:
    """Tell names that are looked up and used from lines of text that begin with a c."""
    if not all(_NAME.match(one.module) and _NAME.match(one.name) for one in story.imports):
        return False
    if any(isinstance(deed, Call) for deed in story.deeds):
        return True
    if story.stopped:
        return story.end == len(head) or story.steps >= _FEW or is_listed(story.imports[0].named.package)
    if story.cut and not whole:
        return story.end >= _LONG or _TELLTALE.match(head) is not None
    known = any(is_listed(one.named.package) for one in story.imports)
    return known and story.steps >= _FEW and _TEXT.match(head) is None


def _is_mixed(head: bytes) -> bool:
    """Tell opcodes from a text of few letters that happen to be opcodes: bytes that are no text, or memo lines."""
    return _TEXT.match(head) is None or re.search(rb"[pg][0-9]+\n", head) is not None
