"""Carriers: mails, pages, tool results, tables, code and logs that a sentence may hide in, or not."""

from __future__ import annotations

import html
import json
import random
from typing import Final, NamedTuple

from grammar import Writer

_HIDDEN: Final = (
    '<div style="display:none">{}</div>',
    "<!-- {} -->",
    '<span style="color:#ffffff;font-size:1px">{}</span>',
    "<p hidden>{}</p>",
    '<img src="/a.png" alt="{}">',
    '<meta name="description" content="{}">',
    '<p style="position:absolute;left:-9999px">{}</p>',
    "<noscript>{}</noscript>",
    '<td aria-label="{}"></td>',
    "<p>{}</p>",
    "<li>{}</li>",
    "<blockquote>{}</blockquote>",
    '<a href="#" title="{}">+</a>',
    '<font color="white">{}</font>',
    '<div style="opacity:0;height:0;overflow:hidden">{}</div>',
)
_MARKDOWN: Final = (
    "{}", "> {}", "- {}", "[//]: # ({})", "**{}**", "```\n{}\n```", "### {}", "<!-- {} -->", "[note]: <> ({})",
    "| {} |", "*{}*",
    "<details><summary>more</summary>{}</details>", "1. {}", "<sub>{}</sub>", "~~{}~~", "\n\n\n\n{}\n\n\n\n",
)  # fmt: skip
_COMMENTS: Final = (
    "# {}",
    "// {}",
    "/* {} */",
    '"""{}"""',
    "-- {}",
    "# TODO: {}",
    "# NOTE(ai): {}",
    "print('{}')",
    "<!-- {} -->",
    "REM {}",
)
_FIELDS: Final = (
    "content",
    "body",
    "review",
    "description",
    "comment",
    "text",
    "summary",
    "notes",
    "message",
    "title",
    "snippet",
    "bio",
)
_LISTS: Final = (
    "results",
    "items",
    "emails",
    "reviews",
    "events",
    "messages",
    "products",
    "records",
    "data",
    "tickets",
    "files",
)


class Carried(NamedTuple):
    """A text in its carrier, and where it stands; without a text the carrier alone."""

    text: str
    start: int
    end: int
    channel: str


_MARK: Final = "\x02"


def carry(kind: str, writer: Writer, prose: list[str], bad: str | None) -> Carried:
    """Return a carrier of the kind with `bad` inside, or without it."""
    rng = writer.rng
    shown = bad
    if bad is not None and kind == "html":
        shown = html.escape(bad, quote=True) if rng.random() < 0.5 else bad
    elif bad is not None and kind in ("json", "calendar"):
        shown = json.dumps(bad, ensure_ascii=rng.random() < 0.2)[1:-1]
    elif bad is not None and kind in ("csv", "code", "log"):
        shown = bad.replace("\n", " ")
    text, channel = _BUILDERS[kind](writer, prose, bad is not None)
    if shown is None:
        return Carried(text.replace(_MARK, ""), 0, 0, channel)
    at = text.find(_MARK)
    return Carried(text[:at] + shown + text[at + 1 :].replace(_MARK, ""), at, at + len(shown), channel)


def kinds() -> list[str]:
    """Return the kinds of carriers."""
    return list(_BUILDERS)


def _place(rng: random.Random, parts: list[str], mark: str | None) -> list[str]:
    if mark is not None:
        where = rng.choice((0, len(parts), len(parts), rng.randint(0, len(parts)), rng.randint(0, len(parts))))
        parts.insert(where, mark)
    return parts


def _sentences(writer: Writer, prose: list[str], low: int, high: int) -> list[str]:
    rng = writer.rng
    if prose and rng.random() < 0.5:
        found: list[str] = []
        while len(found) < low:
            found += [part for part in rng.choice(prose).split("\n\n") if part.strip()]
        return found[: rng.randint(low, high)]
    kinds = [
        k
        for k in (
            "sent",
            "sent",
            "sent",
            "mail",
            "admin",
            "docs",
            "docs",
            "tasks",
            "ask",
            "override",
            "security",
            "secretwords",
            "quiet",
            "policy",
            "trigger",
            "reported",
        )
        if writer.has(0, k)
    ]
    return [writer.benign(rng.choice(kinds))[0] for _ in range(rng.randint(low, high))]


def _plain(writer: Writer, prose: list[str], bad: bool) -> tuple[str, str]:
    parts = _place(writer.rng, _sentences(writer, prose, 2, 14), _MARK if bad else None)
    return writer.rng.choice((" ", "\n", "\n\n")).join(parts), "document"


def _markdown(writer: Writer, prose: list[str], bad: bool) -> tuple[str, str]:
    rng = writer.rng
    parts = [rng.choice(_MARKDOWN).format(s) if rng.random() < 0.4 else s for s in _sentences(writer, prose, 2, 12)]
    mark = rng.choice(_MARKDOWN).format(_MARK) if bad else None
    return f"# {writer.word().title()}\n\n" + "\n\n".join(_place(rng, parts, mark)), "document"


def _html(writer: Writer, prose: list[str], bad: bool) -> tuple[str, str]:
    rng = writer.rng
    parts = []
    for sentence in _sentences(writer, prose, 2, 10):
        frame = rng.choice(_HIDDEN) if rng.random() < 0.4 else "<p>{}</p>"
        parts.append(frame.format(html.escape(sentence)))
    mark = rng.choice(_HIDDEN).format(_MARK) if bad else None
    body = rng.choice(("", "\n")).join(_place(rng, parts, mark))
    nav = f'<nav><a href="/{writer.word()}">{writer.word()}</a></nav>' if rng.random() < 0.4 else ""
    return f"<html><head><title>{writer.word().title()}</title></head><body>{nav}{body}</body></html>", "html"


def _mail(writer: Writer, prose: list[str], bad: bool) -> tuple[str, str]:
    rng = writer.rng
    parts = [
        writer.benign("mail")[0] if writer.has(0, "mail") and rng.random() < 0.6 else s
        for s in _sentences(writer, [], 1, 7)
    ]
    parts = _place(rng, parts, _MARK if bad else None)
    name = writer.slot("firstname") if "firstname" in writer.grammar.slots else writer.word().title()
    subject = writer.benign("sent")[0][:60] if writer.has(0, "sent") else writer.word()
    head = rng.choice(
        (
            f"From: {name.lower()}@{writer.host()}\nSubject: {subject}\n\n",
            f"SUBJECT: {subject}|EMAIL_FROM: {name}|CONTENT: ",
            "",
        )
    )
    return head + rng.choice(("\n", "\n\n", " ")).join(parts) + rng.choice(
        ("", f"\n\n{name}", f"\n-- \n{name}, {writer.host()}")
    ), "email"


def _json(writer: Writer, prose: list[str], bad: bool) -> tuple[str, str]:
    rng = writer.rng
    field, count = rng.choice(_FIELDS), rng.randint(1, 6)
    other = rng.choice(_FIELDS)
    texts = [json.dumps(s[:400], ensure_ascii=False)[1:-1] for s in _sentences(writer, [], count, count)]
    if bad:
        at = rng.randrange(len(texts))
        texts[at] = rng.choice((_MARK, texts[at] + " " + _MARK, _MARK + " " + texts[at]))
    items = []
    for text in texts:
        first = f'"id": {writer.num()}, "{other}_{writer.word()}": "{writer.word()}", '
        items.append("{" + first + f'"{field}": "{text}"' + rng.choice(("", f', "score": {writer.num()}')) + "}")
    gap = rng.choice((", ", ",\n  "))
    return rng.choice(
        (
            '{"' + rng.choice(_LISTS) + '": [' + gap.join(items) + "]}",
            "[" + gap.join(items) + "]",
            '{"status": "ok", "' + rng.choice(_LISTS) + '": [' + gap.join(items) + "]}",
        )
    ), "tool_output"


def _csv(writer: Writer, prose: list[str], bad: bool) -> tuple[str, str]:
    rng = writer.rng
    rows = [
        f"{writer.num()},{writer.word()},{s[:160].replace(chr(10), ' ')},{writer.num()}"
        for s in _sentences(writer, [], 2, 12)
    ]
    mark = f"{writer.num()},{writer.word()},{_MARK},{writer.num()}" if bad else None
    return f"id,name,{rng.choice(_FIELDS)},amount\n" + "\n".join(_place(rng, rows, mark)), "tool_output"


def _code(writer: Writer, prose: list[str], bad: bool) -> tuple[str, str]:
    rng = writer.rng
    lines = []
    for _ in range(rng.randint(2, 12)):
        name, other = writer.word().replace(" ", "_"), writer.word().replace(" ", "_")
        lines.append(
            rng.choice(
                (
                    f"def {name}({other}):\n    return {other}.{name}({writer.num()})",
                    f"{name} = {{'{other}': {writer.num()}}}",
                    f"import {name}\nfrom {name} import {other}",
                    f"for {name} in {other}:\n    print({name})",
                    rng.choice(_COMMENTS).format(
                        writer.benign("sent")[0][:120].replace("\n", " ") if writer.has(0, "sent") else name
                    ),
                    f"if {name} > {writer.num()}:\n    raise ValueError('{other} is too large')",
                    f"SELECT {name}, {other} FROM {name}s WHERE {other} = '{writer.word()}';",
                )
            )
        )
    return "\n".join(_place(rng, lines, rng.choice(_COMMENTS).format(_MARK) if bad else None)), "code"


def _log(writer: Writer, prose: list[str], bad: bool) -> tuple[str, str]:
    rng = writer.rng
    rows = []
    for at in range(rng.randint(2, 12)):
        day = f"2026-0{rng.randint(1, 9)}-1{rng.randint(0, 9)} 12:{at:02d}:07"
        level, what = rng.choice(("INFO", "WARN", "DEBUG", "ERROR")), rng.choice(("request", "job", "user", "disk"))
        became = rng.choice(("done", "failed", "was ignored", "restarted", "denied"))
        rows.append(f"{day} {level} {writer.word()}.{writer.word()}: {what} {writer.num()} {became}")
    mark = f"2026-03-11 12:10:00 INFO {writer.word()}: {_MARK}" if bad else None
    return "\n".join(_place(rng, rows, mark)), "tool_output"


def _calendar(writer: Writer, prose: list[str], bad: bool) -> tuple[str, str]:
    rng = writer.rng
    events = []
    for sentence in _sentences(writer, [], 1, 4):
        shown = sentence[:200].replace("\n", " ")
        day = f"2026{rng.randint(10, 12)}{rng.randint(10, 28)}T090000Z"
        events.append(f"BEGIN:VEVENT\nDTSTART:{day}\nSUMMARY:{writer.word()}\nDESCRIPTION:{shown}\nEND:VEVENT")
    mark = f"BEGIN:VEVENT\nSUMMARY:{writer.word()}\nDESCRIPTION:{_MARK}\nEND:VEVENT" if bad else None
    return "\n".join(_place(rng, events, mark)), "tool_output"


_BUILDERS: Final = {
    "plain": _plain, "markdown": _markdown, "html": _html, "mail": _mail, "json": _json, "csv": _csv, "code": _code,
    "log": _log, "calendar": _calendar,
}  # fmt: skip
