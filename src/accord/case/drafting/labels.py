"""Lines that say who speaks, or where a text came from: `User:`, `### Assistant`, `**Tool output (search):**`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from accord.case.drafting.tables import labels, words

_TIME = r"(?:\[[^\]\n]{1,40}\]\s*|\(?\d{1,4}[-:/.]\d{1,2}[^\s]{0,24}\)?\s+)?"
_LABEL = re.compile(
    rf"^\s{{0,8}}(?:[-*+•]\s+|\d{{1,3}}[.)]\s+)?{_TIME}(?P<mark>[*_]{{1,3}}|`|\[|<\|?|#{{1,6}}\s+)?(?P<time>{_TIME})"
    r"(?P<label>[A-Za-z][\w .'/-]{0,48}?)\s*(?P<paren>(?:[\[(]\s*[^()\[\]\n]{1,80}[)\]])?)\s*"
    r"(?P<end>[*_]{0,3}\s*(?:said|says|wrote|replied|asked)?\s*(?:[:：]|\]:?|\|?>|→|=>)\s*[*_`]{0,3})\s*(?P<rest>.*)$"
)
_BARE: Final = frozenset(
    ("you", "user", "chatgpt", "assistant", "human", "claude", "gemini", "copilot", "bot", "agent", "ai")
)
_NO_LABEL: Final = frozenset(
    ("to", "for", "from", "of", "the", "about", "with", "and", "on", "in", "note", "this", "as", "is", "by", "dear")
)
_TOOLS: Final = frozenset(("tool", "function", "observation", "result", "output"))
_TOOL = re.compile(r"(?:tool|function)\s+([A-Za-z][\w.-]*[_.-][\w.-]+)", re.IGNORECASE)
_REACT = re.compile(
    r"^[ \t]*Action[ \t]*:[ \t]*([\w.-]{1,80})[ \t]*\n[ \t]*Action Input[ \t]*:[ \t]*", re.IGNORECASE | re.MULTILINE
)
_CHAT_ML = re.compile(r"<\|(?:im_start|start_header_id)\|>\s*(\w+)[^\n]{0,40}")
_CHAT_END = re.compile(
    r"<\|(?:im_end|end_header_id|eot_id|endoftext)\|>|^</(?:user|assistant|system|tool)>\s*$", re.MULTILINE
)


class Label(NamedTuple):
    """A label: what part it names, the name beside it, the text after it, and how it is written."""

    part: str
    name: str | None
    rest: str
    style: str


def unmarked(text: str) -> str:
    """Return a text with the marks of chat templates as labels."""
    text = _REACT.sub(r"Tool call: \1 ", text)
    return _CHAT_END.sub("", _CHAT_ML.sub(lambda match: f"\n{match[1].capitalize()}:", text)) if "<" in text else text


def label(line: str) -> Label | None:
    """Return the label that a line begins with, or nothing."""
    if len(line) > 20_000:
        return None
    match = _LABEL.match(line)
    if match is None:
        return _bare(line)
    told = " ".join(match["label"].casefold().replace("_", " ").split())
    tool = _TOOL.fullmatch(match["label"].strip())
    part, name = ("tool-output", tool[1]) if tool and told not in labels() else _part(told)
    if not part:
        return None
    name = _name(match["paren"]) or name
    style = (
        "bold"
        if (match["mark"] or "")[:1] in ("*", "_")
        else "heading"
        if (match["mark"] or "")[:1] == "#"
        else "plain"
    )
    return Label(part, name, match["rest"].strip(), style)


def heading(text: str) -> Label | None:
    """Return the label that a heading is, or nothing."""
    found = label(text.strip().rstrip(":") + ":")
    return found._replace(style="heading") if found and not found.rest else None


def is_aside(line: str) -> bool:
    """Tell whether a heading, or the label of a line, is about the report and not of the conversation."""
    told = re.split(r"[:：]", line.strip().strip("#*_ "), maxsplit=1)[0].strip("*_ ").casefold()
    return told in words().aside


def speaks(found: Sequence[Label]) -> bool:
    """Tell whether labels make a transcript: somebody is heard, and the system answers or acts."""
    parts = {one.part for one in found}
    return bool(parts & {"assistant", "call"}) and bool(parts - {"assistant", "call"})


def _bare(line: str) -> Label | None:
    told = line.strip().casefold()
    return Label(labels()[told], None, "", "bare") if told in _BARE and told in labels() else None


def _part(told: str) -> tuple[str, str | None]:
    """Return the part that a label names, and the tool where it names one."""
    known = labels()
    stem = re.sub(r"\s*#?\d{1,3}$", "", told)
    stem = re.sub(r"^(?:step|turn|message)\s+\d{1,3}\s*[-.:]?\s*", "", stem)
    stem = stem.removeprefix("the ").removesuffix(" said").removesuffix(" says").strip()
    for one in (told, stem):
        if one in known:
            return known[one], None
    parts = stem.split()
    if len(parts) < 2 or len(parts) > 4 or set(parts) & _NO_LABEL:
        return "", None
    first, last = parts[0], parts[-1]
    if first in _TOOLS and len(parts) == 2:
        return "tool-output", last
    if part := _of_tool(parts):
        return part, None
    for size in (3, 2, 1):
        tail = " ".join(parts[-size:])
        if tail in known and (known[tail] in ("assistant", "user", "tool-output", "call") or size > 1):
            return known[tail], (first if known[tail] in ("tool-output", "call") else None)
    return "", None


def _of_tool(parts: list[str]) -> str:
    """Return what a label of several words says of a tool: that it is called, or what it gave."""
    if not any(part.rstrip("s") in ("tool", "function", "plugin", "api") for part in parts):
        return ""
    if any(
        part.startswith(("call", "use", "using", "invo", "run", "ran", "exec", "request", "input", "action"))
        for part in parts
    ):
        return "call"
    gave = ("output", "result", "respon", "return", "answer", "observ", "repl", "said", "says", "message", "data")
    return "tool-output" if any(part.startswith(gave) for part in parts) else ""


def _name(paren: str) -> str | None:
    """Return the name of a tool in brackets beside a label."""
    found = re.search(r"[A-Za-z_][\w.-]{1,80}", paren.rpartition(":")[2] or paren)
    return found[0] if found else None
