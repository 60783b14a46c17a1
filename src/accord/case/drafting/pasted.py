"""Pasted conversations and outsiders' reports: what was said, planted and done, told by the words before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from accord.case.drafting.blocks import Block, blocks
from accord.case.drafting.calls import calls_in, without
from accord.case.drafting.labels import Label, heading, is_aside, label, speaks, unmarked
from accord.case.drafting.logs import log_reading, parsed
from accord.case.drafting.tables import either, phrases, words
from accord.case.drafting.talk import Reading, kept
from accord.core.finding import Severity
from accord.core.trial import Message, ToolCall

_QUOTED = re.compile(r"\"([^\"\n]{4,4000})\"|“([^”\n]{4,4000})”|`([^`\n]{4,4000})`|«([^»\n]{4,4000})»")
_ASK_TO = re.compile(
    r"\b(?:ask|asked|tell|told|prompt|instruct)(?:ed)?\s+(?:the|our|your|its|an?)?\s*[\w ]{1,40}?"
    r"\s+to\s+([^.\n]{6,400})",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"^(?:subject|title)\s*:\s*(.{3,200})$", re.IGNORECASE | re.MULTILINE)
_SEVERITY = re.compile(r"\bseverity\b[^\n]{0,20}?\b(low|medium|moderate|high|critical)\b", re.IGNORECASE)
_SCORE = re.compile(r"\bcvss(?:[\s:]*v?[234](?:\.\d)?(?!\d))?[^\n\d]{0,40}?(10\.0|\d\.\d)(?![\d/.]\d?)", re.IGNORECASE)
_NEAR = 28
_ANSWERED = (
    "message",
    "query",
    "prompt",
    "question",
    "request",
    "input",
    "task",
    "payload",
)  # what answers are given to
_LONGEST_PROSE = 16_000
_MOST_PROSE = 64 << 10
_ORDER: Final = (
    "tool-description",
    "call",
    "assistant",
    "memory",
    "file",
    "retrieval",
    "tool-output",
    "system",
    "user",
)
_PLANTED: Final = ("tool-output", "retrieval", "file", "memory", "tool-description")


@dataclass(slots=True)
class _Teller:
    """Takes blocks one by one and tells the messages in them."""

    messages: list[Message] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    tools: dict[str, str] = field(default_factory=dict)
    style: str = ""
    open: Label | None = None
    said: list[str] = field(default_factory=list)
    lead: str = ""
    aside: bool = False

    def take(self, block: Block) -> None:
        """Take the next block."""
        match block.kind:
            case "heading":
                self._heading(block.text)
            case "fence" | "quote":
                self._inset(block.text, quoted=block.kind == "quote")
            case _:
                self._lines(block)

    def close(self) -> None:
        """End the message that is open."""
        if self.open is not None:
            text = "\n".join(self.said).strip()
            self.messages.extend(message_of(self.open.part, text, self.open.name))
        self.open, self.said = None, []

    def _heading(self, text: str) -> None:
        self.close()
        self.lead = text
        found = heading(text)
        self.aside = is_aside(text)
        if found and not self.aside:
            self.open, self.style = found, self.style or "heading"
        else:
            self.prose.append(text)

    def _inset(self, text: str, *, quoted: bool) -> None:
        """Take a fence or a quotation: a log, a transcript, what belongs to the open message, or what was announced."""
        log = log_reading(parsed(text)) if text.lstrip()[:1] in ("{", "[") and self.open is None else None
        found = tuple(one for line in text.split("\n") if (one := label(line)))
        if log and any(message.role == "assistant" for message in log.messages) and len(log.messages) > 1:
            self.messages.extend(log.messages)
            self.tools |= log.tools
        elif speaks(found) and (self.open is None or not self.said):
            self.close()
            inner = told(text, inside=quoted)
            self.messages.extend(inner.messages)
        elif self.open is not None:
            self.said.append(text)
        elif not self.aside:
            self._announced(text)
        self.lead = ""

    def _announced(self, text: str) -> None:
        """Take a text that stands alone, by the words before it."""
        part = part_of_lead(self.lead)
        written = calls_in(text)
        if part in ("", "call", "assistant") and written:
            part = "call"
        if not part and either("hostile").search(text):
            part = "user"
        if part:
            self.messages.extend(message_of(part, text, None))
        else:
            self.prose.append(text)

    def _lines(self, block: Block) -> None:
        """Take a paragraph or an item: lines with labels begin messages, others go on or are prose."""
        plain: list[str] = []
        passing = False  # a line such as `Severity: high` is about the report for its paragraph only
        for line in block.text.split("\n"):
            found = label(line)
            if found and self.style and found.style != self.style and found.style not in ("heading", "bold"):
                found = None
            if is_aside(line) and ":" in line:
                self._prose(plain)
                self.close()
                passing = not self.aside
                self.aside, plain = True, [line]
            elif found and not (found.part == "system" and self._talking() and self.open):
                self._prose(plain)
                self.close()
                plain = []
                self.open, self.aside = found, False
                self.style = self.style or found.style
                self.said = [found.rest] if found.rest else []
            elif self.open is not None:
                self.said.append(line)
            elif line.strip():
                plain.append(line)
            else:
                self._prose(plain)
                plain, self.aside, passing = [], self.aside and not passing, False
        self._prose(plain)
        self.aside = self.aside and not passing
        if self.open is not None:
            self.said.append("")

    def _talking(self) -> bool:
        return bool(self.messages) or (self.open is not None and self.open.part != "system")

    def _prose(self, lines: list[str]) -> None:
        """Take what a reporter tells: quotations and calls in it, and the words that announce the next block."""
        text = " ".join(line.strip() for line in lines).strip()
        if not text:
            return
        self.prose.append(text[:_LONGEST_PROSE])
        self.lead = text
        if not self.aside:
            self.messages.extend(_in_prose(text[:_LONGEST_PROSE]))


def told(text: str, *, inside: bool = False) -> Reading:
    """Return the conversation in a text: pasted as it is, or inside a report."""
    plain = unmarked(text.replace("\r\n", "\n").replace("\r", "\n"))
    teller = _Teller()
    if inside or not _marked(plain):
        teller.take(Block("text", plain))
    else:
        for block in blocks(plain):
            teller.take(block)
    teller.close()
    first = next((block.text for block in blocks(plain[:4_000]) if block.kind == "heading"), "")
    subject = _SUBJECT.search(plain[:4_000])
    title = subject[1] if subject else "" if heading(first) else first
    messages = tuple(kept(teller.messages))
    return Reading(
        messages=messages,
        title=title,
        prose="\n".join(teller.prose)[:_MOST_PROSE],
        severity=_severity(plain),
        tools=teller.tools,
    )


def _marked(text: str) -> bool:
    """Tell whether a text is written with blocks: fences, headings or quotations; else each line stands for itself."""
    return bool(re.search(r"^\s{0,3}(?:```|~~~|#{1,6}\s|>\s|\d{1,3}[.)]\s)", text, re.MULTILINE))


def message_of(part: str, text: str, name: str | None) -> Iterator[Message]:
    """Yield the message that a part with this text is; calls that the system writes into its text are calls."""
    if part in ("assistant", "call"):
        written = calls_in(text) if part == "call" else calls_in(text, strict=True)
        calls = tuple(one.call for one in written)
        if part == "call" and not calls:
            calls = tuple(_loose(text, name))
        rest = "" if part == "call" and calls else without(text, written)
        yield Message(role="assistant", content=rest, tool_calls=calls)
    elif part in ("user", "system"):
        yield Message(role=part, content=text)
    else:
        yield Message(role="tool", content=text, name=name, channel=None if part == "tool-output" else part)


def _loose(text: str, name: str | None) -> Iterator[ToolCall]:
    """Yield the call of a line such as `send_email to=a@b body=…`."""
    match = re.match(r"\s*[`*]*([A-Za-z_][\w.-]{1,80})[`*]*[\s:,(-]*(.*)", text, re.DOTALL)
    if match is None:
        return
    tool, rest = (name, text) if name else (match[1], match[2])
    pairs = re.findall(
        r"[\"`]?(\w{1,40})[\"`]?\s*[=:]\s*(\"[^\"]{0,4000}\"|'[^']{0,4000}'|[^,;\n]{1,2000})", rest[:20_000]
    )
    if pairs or name or re.fullmatch(r"\s*[`*]*[A-Za-z_][\w.-]{1,80}\(\s*\)[`*]*\s*", text):
        yield ToolCall(name=str(tool), args={key: value.strip().strip("\"'`") for key, value in pairs[:50]})


def part_of_lead(text: str) -> str:
    """Return what the words before a block or a quotation announce, or nothing."""
    found = [(match.end(), _leads()[match[0].casefold()], match[0]) for match in _any_lead().finditer(text[-600:])]
    if not found:
        return ""
    end, part, word = found[-1]
    answered = word.casefold() in _ANSWERED and any(one == "assistant" for _, one, _ in found[-3:])
    if len(text[-600:]) - end <= _NEAR and not answered:
        return part
    return min((one for _, one, _ in found), key=_ORDER.index)


def _in_prose(text: str) -> Iterator[Message]:
    written = calls_in(text, strict=True)
    spans = [(one.start, one.end) for one in written]
    for match in _QUOTED.finditer(text):
        if any(start <= match.start() < end for start, end in spans):
            continue
        said = next(group for group in match.groups() if group)
        before = re.split(r"[.!?]\s", text[max(0, match.start() - 200) : match.start()])[-1]
        part = part_of_lead(before)
        if part and part != "call" and (" " in said or part == "assistant"):
            yield from message_of(part, said, None)
    if written:
        yield Message(role="assistant", tool_calls=tuple(one.call for one in written))
    elif not _QUOTED.search(text) and (asked := _ASK_TO.search(text)):
        yield Message(role="user", content=asked[1].strip())


def _severity(text: str) -> Severity | None:
    if match := _SEVERITY.search(text[:100_000]):
        told_as = match[1].casefold()
        return Severity.MEDIUM if told_as == "moderate" else Severity(told_as)
    if match := _SCORE.search(text[:100_000]):
        score = float(match[1])
        return (
            Severity.CRITICAL
            if score >= 9
            else Severity.HIGH
            if score >= 7
            else Severity.MEDIUM
            if score >= 4
            else Severity.LOW
        )
    return None


@cache
def _leads() -> dict[str, str]:
    return {phrase: part for part in reversed(_ORDER) for phrase in words().leads.get(part, ())}


@cache
def _any_lead() -> re.Pattern[str]:
    return phrases(tuple(_leads()))
