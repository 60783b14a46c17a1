"""Variables in a text that is still foreign: kept apart from its braces until the text is safe.

A variable stands between two private characters, so that no `{{…}}` of a source can pass for one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from accord.case.variables import templates

_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([A-Za-z_][A-Za-z0-9_-]{{0,63}}){_CLOSE}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]-]{0,63}")
_LITERAL = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_BRACE = re.compile(r"\{(?=[{%])")
_CONTROL = re.compile(r"\{%-?\s*(?:end)?(?:raw|if|for|set|else|elif|block|macro|filter)\b[^%]{0,200}%\}")


def mark(name: str) -> str:
    """Return the mark of a variable; whatever a name cannot hold becomes `-`."""
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:64]
    return f"{_OPEN}{kept if kept[:1].isalpha() or kept[:1] == '_' else f'v-{kept[:60]}'}{_CLOSE}"


def marked(text: str) -> tuple[str, ...]:
    """Return the names of the variables in a text, each once, in order."""
    return tuple(dict.fromkeys(_MARK.findall(text)))


def lasting(text: str) -> str:
    """Return a text as a case holds it: marks as `{{NAME}}`, and no other template in it."""
    apart = _BRACE.sub("{ ", text) if _OPEN in text or any(templates(text)) else text
    apart = re.sub(f"(?<=[{{}}{_CLOSE}])(?={_OPEN})", " ", apart)  # `{{{name}}}` is no variable
    apart = re.sub(f"(?<={_CLOSE})(?=}})", " ", apart)
    whole = _MARK.sub(lambda found: f"{{{{{found[1]}}}}}", apart)
    return whole.replace(_OPEN, "").replace(_CLOSE, "")


def coded(text: str, names: tuple[str, ...]) -> str:
    """Return a text with its marks as plain letters, for what looks at hosts; `decoded` undoes it."""
    return _MARK.sub(lambda found: f"zqv{names.index(found[1])}vqz", text)


def decoded(text: str, names: tuple[str, ...]) -> str:
    """Return the text of which `coded` made this one."""
    return re.sub(r"zqv(\d{1,4})vqz", lambda found: f"{_OPEN}{names[int(found[1])]}{_CLOSE}", text)


def jinja(text: str, goal: str, *, known: tuple[str, ...], values: Mapping[str, str] | None = None) -> str:
    """Replace the places of a template: those named in `values`, those `known` for a goal, and unknown ones as marks.

    What is written around them to loop or to decide is dropped: a case holds no code.
    """
    pieces, position = [], 0
    plain = _CONTROL.sub("", text)
    while (start := plain.find("{{", position)) >= 0:
        end = plain.find("}}", start + 2)
        if end < 0:
            break
        pieces += [plain[position:start], _place(plain[start + 2 : end], goal, known, values or {})]
        position = end + 2
    return "".join((*pieces, plain[position:]))


def places(text: str, goal: str, *, known: tuple[str, ...]) -> str:
    """Replace what stands for a goal in a wrapper: `[INSERT PROMPT HERE]`, whatever the case of letters."""
    for place in known:
        if place.casefold() in text.casefold():
            text = re.sub(re.escape(place), lambda _: goal, text, flags=re.IGNORECASE)
    return text


def braces(text: str, goal: str, *, known: tuple[str, ...], systems: tuple[str, ...]) -> str:
    """Replace the places of a Python format string, and its doubled braces by single ones."""

    def one(found: re.Match[str]) -> str:
        if found[0] in ("{{", "}}"):
            return found[0][0]
        name = found[1]
        return goal if name.casefold() in known else "the assistant" if name in systems else mark(name)

    return re.sub(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_.]{0,63})\}", one, text)


def _place(inside: str, goal: str, known: tuple[str, ...], values: Mapping[str, str]) -> str:
    expression = inside.strip().strip("-").strip()
    literal = _LITERAL.fullmatch(expression)
    if literal:
        return literal[1] or literal[2] or ""
    name = _NAME.match(expression)
    if name is None:
        return f"{{{{{inside}}}}}"
    if name[0] in values:
        return values[name[0]]
    return goal if name[0].casefold() in known else mark(name[0])
