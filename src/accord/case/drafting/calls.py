"""Tool calls as people and agents write them into text, taken out of it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from accord.case.drafting.talk import arguments, called
from accord.core.trial import ToolCall

_NAME = r"[A-Za-z_][\w.\-]{1,80}"
_PYTHON = re.compile(rf"(?<![\w.]){_NAME}\(")
_WITH_JSON = re.compile(
    rf"(?<![\w`*])[`*]{{0,3}}({_NAME})[`*]{{0,3}}\s{{0,8}}"
    r"(?:with\s+(?:arguments|args|parameters|input)?\s*)?[:=\-> ]{0,8}(?=\{)",
    re.IGNORECASE,
)
_REACT = re.compile(
    rf"^[ \t>]*Action:\s*({_NAME})\s*$\s*^[ \t>]*Action Input:\s*(.+?)"
    r"(?=^[ \t>]*(?:Observation|Thought|Action|Final Answer):|\Z)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_INVOKE = re.compile(rf"<invoke name=\"({_NAME})\">(.{{0,20000}}?)</invoke>", re.DOTALL)
_PARAMETER = re.compile(rf"<parameter name=\"({_NAME})\"[^>]{{0,80}}>(.{{0,10000}}?)</parameter>", re.DOTALL)
_LISTED = re.compile(
    rf"^[ \t>*-]*(?:tool|function|name)[ \t]*[:=][ \t]*[`\"]?({_NAME})[`\"]?[ \t]*\n"
    r"((?:[ \t>*-]*[\w ]{1,40}[ \t]*[:=][ \t]*.*\n?){1,20})",
    re.IGNORECASE | re.MULTILINE,
)
_PAIR = re.compile(r"^[ \t>*-]*[`\"]?([\w ]{1,40}?)[`\"]?[ \t]*[:=][ \t]*(.*)$", re.MULTILINE)
_WITH = re.compile(
    r"\b(?:call|called|calls|invoked?|invokes|executed?|executes|ran|used|uses|tool|function)"
    rf"\s+(?:the\s+)?(?:tool\s+|function\s+)?[`\"*]*({_NAME})[`\"*]*"
    r"(?:\s+tool)?\s+(?:with|using|for|passing)\s+([^\n]{1,600})",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"[`\"]?(\w{1,40})[`\"]?\s*(?:=|:|\bset to\b|\bas\b)\s*(\"[^\"]{0,2000}\"|'[^']{0,2000}'|`[^`]{0,2000}`|[^\s,;]+)"
)
_WORDS = frozenset(
    (
        "if",
        "for",
        "while",
        "print",
        "return",
        "and",
        "or",
        "not",
        "in",
        "e.g",
        "i.e",
        "etc",
        "see",
        "the",
        "json",
        "python",
    )
)
_LONGEST = 20_000
_LONGEST_TEXT = 64 << 10
_MOST = 200


class Written(NamedTuple):
    """A call and where in the text it stands."""

    call: ToolCall
    start: int
    end: int


def calls_in(text: str, *, strict: bool = False) -> tuple[Written, ...]:
    """Return the calls that are written in a text, in order, none overlapping.

    With `strict`, only forms that are nothing else: for prose, where `readers(like this)` is no call.
    """
    found = sorted(_all(text[:_LONGEST_TEXT], strict=strict), key=lambda one: (one.start, -one.end))
    kept: list[Written] = []
    for one in found[:_MOST]:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return tuple(kept)


def without(text: str, written: tuple[Written, ...]) -> str:
    """Return the text less the calls in it."""
    for one in reversed(written):
        text = text[: one.start] + text[one.end :]
    return text.strip()


def _all(text: str, *, strict: bool) -> Iterator[Written]:
    yield from _react(text)
    yield from _invoked(text)
    yield from _objects(text)
    yield from _python(text, strict=strict)
    yield from _with_json(text)
    yield from _with_words(text)
    if not strict:
        yield from _listed(text)


def _react(text: str) -> Iterator[Written]:
    for match in _REACT.finditer(text):
        yield Written(called(match[1], match[2].strip().strip("`")), match.start(), match.end())


def _invoked(text: str) -> Iterator[Written]:
    for match in _INVOKE.finditer(text):
        args = {name: value.strip() for name, value in _PARAMETER.findall(match[2])}
        yield Written(called(match[1], args), match.start(), match.end())


def _objects(text: str) -> Iterator[Written]:
    """Yield JSON objects that name a tool and its arguments."""
    position = text.find("{")
    for _ in range(_MOST):
        if position < 0:
            return
        value, end = _json(text, position)
        call = _of_object(value)
        if call:
            yield Written(call, position, end)
        position = text.find("{", end if call else position + 1)


def _of_object(value: object) -> ToolCall | None:
    if not isinstance(value, Mapping):
        return None
    inner = value.get("function", value.get("tool_call", value.get("function_call")))
    if isinstance(inner, Mapping):
        value = inner
    name = next(
        (value[key] for key in ("name", "tool", "function", "tool_name", "action") if isinstance(value.get(key), str)),
        None,
    )
    for key in ("arguments", "args", "parameters", "input", "tool_input", "action_input", "params"):
        if name and key in value:
            return called(name, value[key])
    return None


def _json(text: str, start: int) -> tuple[object, int]:
    """Return the JSON object at an offset, and where it ends; nothing where there is none."""
    try:
        value, end = json.JSONDecoder().raw_decode(text[start : start + _LONGEST])
    except (ValueError, RecursionError):
        return None, start + 1
    return value, start + end


def _python(text: str, *, strict: bool) -> Iterator[Written]:
    for count, match in enumerate(_PYTHON.finditer(text)):
        if count >= _MOST:
            return
        name = match[0][:-1]
        end = _closing(text, match.end())
        if end < 0 or name.casefold() in _WORDS:
            continue
        args = _python_args(text[match.start() : end])
        quoted = text[match.start() - 1 : match.start()] == "`" and text[end : end + 1] == "`"
        if args is not None and (args or quoted or not strict) and ("_" in name or "." in name or args or quoted):
            yield Written(called(name.rpartition(".")[2] or name, args), match.start(), end)


def _closing(text: str, position: int) -> int:
    """Return the offset after the bracket that closes one, with quotations skipped; -1 without one."""
    depth, quote = 1, ""
    for at in range(position, min(len(text), position + _LONGEST)):
        char = text[at]
        if quote:
            quote = "" if char == quote and text[at - 1] != "\\" else quote
        elif char in "\"'" and (text[at - 1] in "=(,[{: " or char == '"'):
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                return at + 1
    return -1


def _python_args(source: str) -> Mapping[str, object] | None:
    """Return the arguments of a call in the syntax of Python, or of many that look like it; nothing for prose."""
    inside = source[source.index("(") + 1 : -1].strip()
    if not inside:
        return {}
    if inside.startswith("{"):
        return arguments(inside) if _json(inside, 0)[0] is not None else None
    try:
        node = ast.parse("call(" + inside.replace("\n", "\\n") + ")", mode="eval").body
        if isinstance(node, ast.Call):
            return _constants(node)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    pairs = {match[1]: match[2].strip("\"'`") for match in _GIVEN.finditer(inside)}
    return pairs or None


def _constants(node: ast.Call) -> Mapping[str, object] | None:
    found: dict[str, object] = {}
    try:
        for position, value in enumerate(node.args):
            found[f"argument_{position + 1}"] = ast.literal_eval(value)
        for word in node.keywords:
            if word.arg:
                found[word.arg] = ast.literal_eval(word.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return arguments(found)


def _with_json(text: str) -> Iterator[Written]:
    for match in _WITH_JSON.finditer(text):
        value, end = _json(text, match.end())
        if isinstance(value, Mapping) and match[1].casefold() not in _WORDS and _of_object(value) is None:
            yield Written(called(match[1], value), match.start(), end)


def _with_words(text: str) -> Iterator[Written]:
    for match in _WITH.finditer(text):
        pairs = {one[1]: one[2].strip("\"'`.") for one in _GIVEN.finditer(match[2])}
        if pairs and match[1].casefold() not in _WORDS:
            yield Written(called(match[1], pairs), match.start(), match.end())


def _listed(text: str) -> Iterator[Written]:
    for match in _LISTED.finditer(text):
        pairs = {name.strip(): value.strip().strip('"`') for name, value in _PAIR.findall(match[2]) if value.strip()}
        for key in ("arguments", "args", "input", "parameters"):
            if key in pairs and pairs[key].startswith("{"):
                yield Written(called(match[1], pairs[key]), match.start(), match.end())
                break
        else:
            yield Written(called(match[1], pairs), match.start(), match.end())
