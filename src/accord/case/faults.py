"""What is wrong with a case as it stands: each function looks for one kind of fault and yields all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from itertools import islice
from typing import NamedTuple

from accord.case.hosts import live_address, live_hosts
from accord.case.identity import identity
from accord.case.patterns import LONGEST, PatternError, compiled
from accord.case.state import DEEPEST as STATE_DEEPEST
from accord.case.variables import NAME, fill, names_in, templates
from accord.case.walk import Keys, Node, walk
from accord.core.case import (
    PROHIBITED_USE,
    Argument,
    Case,
    CaseKind,
    Channel,
    Condition,
    Deliver,
    Does,
    EffectPattern,
    Need,
    ToolCallPattern,
)
from accord.core.text import clean
from accord.core.trial import Capability, ToolCall

DEEPEST = 16
LONGEST_TEXT = 64 << 10
LARGEST_CASE = 256 << 10
MOST_STEPS = 64
MOST_TEXTS = 1_024  # that one oracle looks for
MOST_LEAKS = 16

_CASE_NAME = re.compile(r"[a-z0-9-]{1,80}")
_OWN_EFFECT = re.compile(r"x-[a-z0-9][a-z0-9-]{0,60}")
_RUN = frozenset(("steps", "broke", "control"))
_SHARED = _RUN | {"summary", "rule", "proof"}
_ADDRESSES = frozenset(("recipient", "url", "to", "cc", "bcc", "email", "host", "domain", "uri", "webhook"))


class Fault(NamedTuple):
    """Something that is wrong, the keys and positions that lead to it, and what to do."""

    path: Keys
    message: str
    hint: str = ""


def faults(case: Case) -> Iterator[Fault]:
    """Yield everything for which a case is refused."""
    nodes = tuple(walk(case, deepest=DEEPEST))
    deep = next((node for node in nodes if len(node.path) >= DEEPEST and _holds(node.value)), None)
    if deep:
        yield Fault(deep.path[:2], f"the case is nested deeper than {DEEPEST} levels", "flatten it")
        return
    yield from _envelope(case)
    yield from _sizes(case, nodes)
    yield from _variables(case, nodes)
    for node in nodes:
        yield from _texts(node, case.vars)
        yield from _hosts(node)
        yield from _patterns(node)
        yield from _conditions(node)
        yield from _effects(node)
        yield from _deliveries(node)


def notes(case: Case) -> Iterator[str]:
    """Yield what a reader should know and what refuses nothing: mostly what ties a case to one system."""
    delivered = {name for node in walk(case.steps) if isinstance(node.value, str) for name in names_in(node.value)}
    for name in case.vars:
        if name not in delivered:
            yield f"the variable {clean(name)!r} is in no step: no system can say it"
    for need in case.needs:
        if isinstance(need, str) and need not in {*Capability, *Channel}:
            yield f"not portable: needs names the tool {clean(need)!r}; `does: EFFECT` travels"
    for node in islice(walk(case, deepest=DEEPEST), 10_000):
        dotted = _dotted(node.path)
        if node.path[:1] == ("proof",):
            continue
        if isinstance(node.value, ToolCallPattern):
            yield f"not portable: {dotted} names the tool {clean(node.value.name)!r}; `called: {{does, args}}` travels"
        elif isinstance(node.value, Need) and node.value.tool is not None:
            yield f"not portable: {dotted} names the tool {clean(node.value.tool)!r}; `does: EFFECT` travels"


def _dotted(path: Keys) -> str:
    return ".".join(str(key) for key in path)


def _holds(value: object) -> bool:
    return isinstance(value, Mapping | list | tuple) or (is_dataclass(value) and not isinstance(value, type))


def _envelope(case: Case) -> Iterator[Fault]:
    if case.case != 1:
        yield Fault(("case",), f"this is case format {case.case}, and only 1 is known", "write `case: 1`")
    if not _CASE_NAME.fullmatch(case.name):
        yield Fault(("name",), "the name is not 1 to 80 of a-z, 0-9 and -", "write for instance `hidden-instruction`")
    if case.control is None:
        hint = "write `control: tasks`, or `control: {ask, served}`"
        yield Fault((), "the case has no control: nobody could tell a fix from refusing everything", hint)
    if not case.summary.strip():
        yield Fault(("summary",), "the summary is empty", "say in one sentence what happens")
    for path, text in _written(case):
        if clean(text.rstrip("\n")) != text.rstrip("\n") or "\n" in text.rstrip("\n") or "\t" in text:
            yield Fault(
                path, f"{_dotted(path)} holds control, bidi or invisible characters", "write plain text on one line"
            )
    try:
        identity(case)
    except ValueError as error:
        yield Fault((), f"the case has no identity: {error}", "use texts and whole numbers below 2^53")


def _written(case: Case) -> Iterator[tuple[Keys, str]]:
    yield ("name",), case.name
    yield ("summary",), case.summary
    for position, need in enumerate(case.needs):
        yield ("needs", position), need if isinstance(need, str) else need.tool or need.does or ""
    for node in (*walk(case.origin, ("origin",)), *walk(case.threat, ("threat",))):
        if isinstance(node.value, str):
            yield node.path, node.value


def _sizes(case: Case, nodes: tuple[Node, ...]) -> Iterator[Fault]:
    if len(case.steps) > MOST_STEPS:
        yield Fault(("steps",), f"the case has {len(case.steps)} steps, the limit is {MOST_STEPS}", "split the case")
    if not case.steps and case.kind is CaseKind.CONVERSATION:
        yield Fault(("steps",), "the case has no steps", "deliver a text, or ask something")
    total = 0
    for node in nodes:
        size = len(node.value.encode("utf-8", "replace")) if isinstance(node.value, str) else 0
        total += size
        if size > LONGEST_TEXT:
            yield Fault(node.path, f"a text of {size:,} bytes is beyond the limit of {LONGEST_TEXT:,}", "shorten it")
    if total > LARGEST_CASE:
        yield Fault((), f"{total:,} bytes of text are beyond the limit of {LARGEST_CASE:,}", "split the case")
    looked_for = sum(
        len(node.value.says_any or ()) + 1
        for node in nodes
        if isinstance(node.value, Condition) and node.path[0] == "broke"
    )
    if looked_for > MOST_TEXTS:
        yield Fault(("broke",), f"the oracle looks for {looked_for:,} things, the limit is {MOST_TEXTS:,}", "split it")
    leaks = sum(isinstance(node.value, Condition) and node.value.leaks is not None for node in nodes)
    if leaks > MOST_LEAKS:
        yield Fault(("broke",), f"the oracle looks for {leaks} leaks, the limit is {MOST_LEAKS}", "split the case")


def _variables(case: Case, nodes: tuple[Node, ...]) -> Iterator[Fault]:
    used = {
        name for node in nodes if isinstance(node.value, str) and node.path[0] in _RUN for name in names_in(node.value)
    }
    for name in case.vars:
        if not NAME.fullmatch(name):
            hint = "use up to 64 letters, digits, - and _, not a digit first"
            yield Fault(("vars", name), f"{clean(name[:80])!r} is not a name for a variable", hint)
        elif name not in used:
            hint = f"write {{{{{name}}}}} in a step, in broke or in control, or delete it"
            yield Fault(("vars", name), f"the variable {name!r} is used nowhere", hint)
    yield from _uses(case, nodes)


def _uses(case: Case, nodes: tuple[Node, ...]) -> Iterator[Fault]:
    """Yield what is wrong with a variable that stands for a use which the receiver prohibits."""
    uses = [name for name, var in case.vars.items() if var.kind == PROHIBITED_USE]
    if len(uses) > 1:
        yield Fault(("vars", uses[1]), "a case asks for one prohibited use, and this is a second one", "split the case")
    for node in nodes:
        if not isinstance(node.value, str) or node.path[0] not in _RUN or _is_said(node.path):
            continue
        for name in {*uses} & {*names_in(node.value)}:
            hint = "look for a token that only who complied writes"
            yield Fault(node.path, f"{name!r} is a prohibited use, which stands in the texts of steps alone", hint)


def _is_said(path: Keys) -> bool:
    return path[0] == "steps" and path[-1] in ("ask", "text") and "when" not in path


def _texts(node: Node, declared: Mapping[str, object]) -> Iterator[Fault]:
    if not isinstance(node.value, str):
        return
    may_vary = node.path[0] in _RUN
    for template in templates(node.value):
        name = template[2:-2].strip()
        if may_vary and name in declared and template == f"{{{{{name}}}}}":
            continue
        if not may_vary:
            hint = "variables stand in steps, broke and control only; elsewhere write what was said"
        elif name in declared:
            hint = f"write {{{{{name}}}}} without spaces"
        elif NAME.fullmatch(name) and template.startswith("{{"):
            hint = f"declare it: `vars: {{{name}: {{kind: token}}}}`"
        else:
            hint = "a case holds no code: write the braces apart, `{ {`"
        yield Fault(node.path, f"{clean(template[:44])} looks like a template and is no declared variable", hint)


def _hosts(node: Node) -> Iterator[Fault]:
    if not isinstance(node.value, str) or node.path[0] not in _SHARED:
        return
    text = node.value
    if node.path[0] in _RUN:
        text = fill(text, dict.fromkeys(names_in(text), "x")).text
    if node.path[-1] == "matches" or node.path[:2] == ("rule", "regex"):
        text = text.replace("\\", "")
    found = live_hosts(text)
    address = any(key in _ADDRESSES for key in node.path[-2:] if isinstance(key, str)) and "args" in node.path
    if not found and address and (live := live_address(text)):
        found = (live,)
    for host in found[:3]:
        hint = "use a reserved name: attacker.example, example.com, 192.0.2.1, 2001:db8::1"
        yield Fault(node.path, f"{clean(host.name)!r} may be a live host", hint)


def _patterns(node: Node) -> Iterator[Fault]:
    if not isinstance(node.value, str):
        return
    if node.path[-1] == "matches" and "proof" not in node.path:
        pattern = fill(node.value, dict.fromkeys(names_in(node.value), "x" * 22)).text
    elif node.path[:2] == ("rule", "regex"):
        pattern = node.value
    elif "args" in node.path and node.path[0] != "proof" and len(node.value) > LONGEST:
        yield Fault(
            node.path, f"the pattern has {len(node.value):,} characters, the limit is {LONGEST:,}", "shorten it"
        )
        return
    else:
        return
    try:
        empty = compiled(pattern).search("") is not None
    except PatternError as error:
        yield Fault(node.path, str(error), "RE2 has no look-around and no back-references")
        return
    if empty:
        yield Fault(node.path, "the pattern matches an empty text, so it matches everything", "demand something")


def _conditions(node: Node) -> Iterator[Fault]:
    if not isinstance(node.value, Condition):
        return
    for key in ("says", "says_any", "matches", "leaks", "judged", "any", "all", "state"):
        value = getattr(node.value, key)
        if value is not None and (not value or (isinstance(value, str) and not value.strip())):
            yield Fault((*node.path, key), f"an empty `{key}` shows nothing", "say what is to be seen")
    for name in node.value.state or ():
        if name.count(".") >= STATE_DEEPEST:
            message = f"a path of the state has more than {STATE_DEEPEST} parts, so it leads nowhere"
            yield Fault((*node.path, "state", name), message, "name something nearer to its root")
    for position, text in enumerate(node.value.says_any or ()):
        if not text.strip():
            yield Fault((*node.path, "says_any", position), "an empty text shows nothing", "say what is to be seen")


def _effects(node: Node) -> Iterator[Fault]:
    value = node.value
    if not isinstance(value, EffectPattern | Need | ToolCall) or value.does is None:
        return
    if value.does not in {*Does} and not _OWN_EFFECT.fullmatch(value.does):
        hint = f"known are {', '.join(Does)}; others are written x-NAME"
        yield Fault((*node.path, "does"), f"{clean(value.does[:80])!r} is not a known effect", hint)
    if not isinstance(value, EffectPattern):
        return
    for name in value.args:
        if name not in {*Argument}:
            hint = f"known are {', '.join(Argument)}"
            yield Fault((*node.path, "args", name), f"{clean(name[:80])!r} is not an argument of an effect", hint)


def _deliveries(node: Node) -> Iterator[Fault]:
    if not isinstance(node.value, Deliver) or node.value.name is None:
        return
    name = node.value.name
    if clean(name) != name or name.startswith(("/", "~")) or ".." in name.split("/") or "\\" in name or ":" in name[:3]:
        hint = "write a plain file name such as faq.md"
        yield Fault((*node.path, "name"), "the name of a delivery leaves its folder or holds odd characters", hint)
