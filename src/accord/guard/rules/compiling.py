"""From a case to a rule: what its hostile texts say, what its oracle says leaks, and which effects it names.

A reworded attack has the same effect, so the effect is the strong part: the very arguments are refused always, and
the same effect with other arguments while strangers' words are in the conversation and nobody who may named them.
Texts are met exactly, nearly and by meaning; how alike is enough is found by `trial`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from accord.case.identity import identity
from accord.case.patterns import quoted
from accord.case.variables import names_in, pieces
from accord.content.views import views
from accord.core.canon import Digest
from accord.core.case import (
    Action,
    Argument,
    Case,
    CaseKind,
    Channel,
    Condition,
    EffectPattern,
    RuleSpec,
    Step,
)
from accord.core.errors import ManifestError
from accord.core.guard import GuardRule, Likeness
from accord.guard.meanings import Meanings, meanings
from accord.guard.rules.weight import letters, specific

TOKEN: Final = "{{token}}"
"""Stands in a guarded argument for a token of strangers: letters and digits that nobody who may has named."""

BY_NAME: Final = "tool:"
"""Before the name of a tool, where a case names no effect but the tool of one system."""

NEVER: Final = 1001
"""What no likeness reaches: a passage that was not tried yet."""

_TOKENS: Final = "[0-9A-Za-z]{12,64}"
_DEEPEST: Final = 16
_MOST_TEXTS: Final = 16
_LONGEST_TEXT: Final = 16_384
_MOST_PASSAGES: Final = 48  # before the trial, which keeps the best
_MOST_VIEWS: Final = 6
_SHORTEST_MARK: Final = 5
_FEWEST_TOLD: Final = 2.6  # what a passage has to tell, in words that tell everything
_NAMED: Final = frozenset(
    {Argument.RECIPIENT, Argument.TARGET, Argument.URL, Argument.PATH, Argument.CODE, Argument.AMOUNT}
)


def compile_case(case: Case, *, made: datetime | None = None) -> GuardRule:
    """Return the rule of a case, not tried yet: no passage of it is met by meaning before `trial` says how alike.

    Raises `ManifestError` for a case that is no conversation.
    """
    if case.kind is not CaseKind.CONVERSATION:
        hint = "cases of other kinds are for scanners and data sets"
        raise ManifestError(f"a case of kind {case.kind.value} makes no rule", hint=hint, code="ACC-E732")
    spec = case.rule or RuleSpec(fingerprint="from-steps")
    own = identity(case)
    texts = hostile_texts(case) if spec.fingerprint == "from-steps" else ()
    return GuardRule(
        rule=1,
        id=rule_id(own),
        case=own,
        name=case.name,
        action=Action(spec.action),
        texts=texts,
        alike=passages(texts),
        regex=spec.regex,
        outputs=tuple(dict.fromkeys(_outputs(case.broke))),
        **parts(deeds(case))._asdict(),
        keeps=_keeps(case),
        echoes=_echoes(case),
        made=made,
    )


class Parts(NamedTuple):
    """What a rule says of effects: refused always, beside strangers' words, and after the words of the case."""

    effects: tuple[EffectPattern, ...]
    guarded: tuple[EffectPattern, ...]
    after: tuple[EffectPattern, ...]


def parts(of: Sequence[EffectPattern]) -> Parts:
    """Return what a rule says of the effects of its case."""
    opened = tuple((deed, open_) for deed in of if (open_ := _opened(deed)) is not None)
    return Parts(
        effects=_unique(fixed for deed in of if (fixed := _fixed(deed)) is not None),
        guarded=_unique(open_ for _, open_ in opened),
        after=_unique(_bare(deed) for deed, _ in opened),
    )


def deeds(case: Case) -> tuple[EffectPattern, ...]:
    """Return the effects that a case names: those that its oracle waits for, and the tools of its rule."""
    leaves = tuple(_leaves(case.broke))
    named = (
        *(leaf.tool_call for leaf in leaves if leaf.tool_call is not None),
        *(case.rule.tools if case.rule else ()),
    )
    by_name = (EffectPattern(does=f"{BY_NAME}{tool.name}", args=tool.args) for tool in named)
    return (*(leaf.called for leaf in leaves if leaf.called is not None), *by_name)


def rule_id(case: Digest) -> str:
    """Return the id of the rule of a case: the same attack has the same rule wherever it is compiled."""
    return f"rule-{case.removeprefix('sha256:')[:16]}"


def hostile_texts(case: Case) -> tuple[str, ...]:
    """Return the texts of a case that carry the attack: not the operator's, and no honest question beside it.

    Where the oracle waits for a variable, the texts that deliver it are the attack. Where it waits for a secret,
    the texts that hold the secret are not. An honest question that the control asks too never is.
    """
    told = [(step, text[:_LONGEST_TEXT]) for step in case.steps if (text := _text(step)) is not None]
    leaks, waits = _variables(case.broke)
    carried = [text for step, text in told if step.deliver is not None]
    asked = [text for step, text in told if step.ask is not None and text != _control(case)]
    if leaks and not waits:
        free = [text for text in carried if leaks.isdisjoint(names_in(text))]
        return tuple(dict.fromkeys([*free, *asked]))[:_MOST_TEXTS]
    for group in (carried, [*carried, *asked]):  # what only the user names may be the user's own: all is looked at
        if any(not waits.isdisjoint(names_in(text)) for text in group):
            return tuple(dict.fromkeys(group))[:_MOST_TEXTS]
    return tuple(dict.fromkeys(carried or asked))[:_MOST_TEXTS]


def marks(case: Case) -> tuple[str, ...]:
    """Return what tells the attack in a text from the honest text around it: what the oracle waits for."""
    found = [f"{{{{{name}}}}}" for name in sorted(_variables(case.broke)[1])]
    for leaf in _leaves(case.broke):
        deeds = [deed.args.values() for deed in (leaf.called, leaf.tool_call) if deed is not None]
        said = (leaf.says or "", *(leaf.says_any or ()))
        found += [part for text in said for part in pieces(text)[::2] if len(part.strip()) >= _SHORTEST_MARK]
        found += [part for args in deeds for wanted in args for part in _spelled(wanted)]
    return tuple(dict.fromkeys(found))


def _spelled(wanted: str) -> Iterator[str]:
    """Yield what a glob spells out, as it would stand in a text."""
    parts = (part.strip("*?@/ ") for literal in pieces(wanted)[::2] for part in literal.split("*"))
    yield from (part for part in parts if len(part) >= _SHORTEST_MARK)


def passages(texts: Iterable[str]) -> tuple[Likeness, ...]:
    """Return the stretches of texts, and of what they hide, that tell enough to be met by meaning."""
    table = meanings()
    if table is None:
        return ()
    seen = (view.text for text in texts for view in views(text)[:_MOST_VIEWS])
    parts = (" ".join(part.split())[:2_000] for text in seen for part in _stretches(table, text))
    found: dict[tuple[int, ...], str] = {}  # by their words: a full stop more makes no other passage
    for part in dict.fromkeys(parts):
        rows = table.rows(part)
        if table.told(rows) >= _FEWEST_TOLD:
            found.setdefault(rows, part)
    return tuple(untried(text) for text in list(found.values())[:_MOST_PASSAGES])


def _stretches(table: Meanings, text: str) -> Iterator[str]:
    yield text
    yield from (text[one.start : one.end] for one in table.windows(text))


def untried(text: str) -> Likeness:
    """Return a passage that meets nothing before its trial."""
    return Likeness(text=text, near=NEVER, enough=NEVER, near_abroad=NEVER, abroad=NEVER)


def _text(step: Step) -> str | None:
    if step.deliver is not None:
        return None if step.deliver.channel is Channel.SYSTEM else step.deliver.text
    return step.ask if isinstance(step.ask, str) else None


def _control(case: Case) -> str | None:
    return None if case.control is None or isinstance(case.control, str) else case.control.ask


def _variables(condition: Condition) -> tuple[set[str], set[str]]:
    """Return the variables that the oracle sees leaked, and those that it waits for otherwise."""
    leaks: set[str] = set()
    waits: set[str] = set()
    for leaf in _leaves(condition):
        if leaf.leaks is not None:
            leaks.update(names_in(leaf.leaks))
        for text in (leaf.says, leaf.matches, *(leaf.says_any or ())):
            waits.update(names_in(text or ""))
        for deed in (leaf.called, leaf.tool_call):
            waits.update(name for wanted in (deed.args if deed else {}).values() for name in names_in(wanted))
    return leaks, waits


def _leaves(condition: Condition, depth: int = 0) -> Iterator[Condition]:
    """Yield what a condition looks for; what it must not see (`not`) is no part of an attack."""
    parts = (*(condition.any or ()), *(condition.all or ()))
    if not parts and condition.not_ is None:
        yield condition
    if depth < _DEEPEST:
        for part in parts:
            yield from _leaves(part, depth + 1)


def _fixed(deed: EffectPattern) -> EffectPattern | None:
    """Return the effect with the arguments that the case spells out, or None where nothing in them is its own."""
    args = {name: kept for name, wanted in deed.args.items() if (kept := _opened_up(wanted)) != "*"}
    return EffectPattern(does=deed.does, args=args) if any(specific(wanted) for wanted in args.values()) else None


def _opened(deed: EffectPattern) -> EffectPattern | None:
    """Return the effect with any argument in the places that the case fills, or None where it fills none."""
    by_name = deed.does.startswith(BY_NAME)
    places = [name for name in deed.args if by_name or name in _NAMED]
    filled = {name for name, wanted in deed.args.items() if names_in(wanted) or specific(_opened_up(wanted))}
    args: dict[str, str] = {name: "*" for name in places if name in filled}
    if not args:
        args = {name: f"*{TOKEN}*" for name, wanted in deed.args.items() if names_in(wanted)}
    return EffectPattern(does=deed.does, args=args) if args else None


def _bare(deed: EffectPattern) -> EffectPattern:
    """Return the effect with what its arguments spell out, be it the attacker's own or not."""
    return EffectPattern(does=deed.does, args={name: _opened_up(wanted) for name, wanted in deed.args.items()})


def _keeps(case: Case) -> bool:
    """Tell whether what the oracle sees leaked is the operator's: nobody else's token is kept back."""
    told = (one.deliver.text for one in case.steps if one.deliver is not None and one.deliver.channel is Channel.SYSTEM)
    leaks, waits = _variables(case.broke)
    others = {name for step in case.steps for name in names_in(_text(step) or "")}  # whoever names it may be obeyed
    return any(not (leaks | waits - others).isdisjoint(names_in(text)) for text in told)


def _echoes(case: Case) -> tuple[Channel, ...]:
    """Return the channels whose orders to say something are the attack, where the oracle waits for nothing but tokens.

    The user's own words count only where they are the attack: a text of strangers is nobody's order.
    """
    waits = {name for leaf in _leaves(case.broke) for text in _said(leaf) for name in _bare_names(text)}
    told = [(step, names_in(_text(step) or "")) for step in case.steps]
    delivered = any(not waits.isdisjoint(names) for step, names in told if step.deliver is not None)
    asked = any(not waits.isdisjoint(names) for step, names in told if step.ask is not None)
    if _keeps(case):
        return (Channel.SYSTEM,)
    if not delivered and not asked:
        return ()
    strangers = tuple(one for one in Channel if one not in {Channel.SYSTEM, Channel.USER})
    return strangers if delivered else (*strangers, Channel.USER)


def _said(leaf: Condition) -> tuple[str, ...]:
    return tuple(text for text in (leaf.says, *(leaf.says_any or ())) if text is not None)


def _bare_names(text: str) -> tuple[str, ...]:
    """Return the variables of what has to be said, where hardly anything but variables has."""
    return names_in(text) if len("".join(pieces(text)[::2]).strip()) < _SHORTEST_MARK else ()


def _opened_up(wanted: str) -> str:
    """Return a glob in which anything stands for a variable."""
    parts = pieces(wanted)[::2]
    glob = "*".join(parts)
    while "**" in glob:
        glob = glob.replace("**", "*")
    return glob


def _outputs(condition: Condition) -> Iterator[str]:
    for leaf in _leaves(condition):
        if leaf.matches is not None:
            yield from _pattern(leaf.matches, pieces(leaf.matches), is_pattern=True)
        for text in (leaf.says, *(leaf.says_any or ())):
            if text is not None:
                yield from _pattern(text, pieces(text), is_pattern=False)


def _pattern(text: str, parts: tuple[str, ...], *, is_pattern: bool) -> Iterator[str]:
    """Yield the pattern of what is said, any token in the places of variables, where it says enough of its own."""
    literal = parts[::2]
    spelled = letters(" ".join(literal)) if is_pattern else sum(char.isalnum() for part in literal for char in part)
    if spelled < 8 or (not is_pattern and len(parts) == 1 and not specific(text)):
        return
    opened = [part if is_pattern else quoted(part) for part in literal]
    yield ("" if is_pattern else "(?i)") + _TOKENS.join(opened)


def _unique(patterns: Iterable[EffectPattern]) -> tuple[EffectPattern, ...]:
    seen: dict[tuple[str, tuple[tuple[str, str], ...]], EffectPattern] = {}
    for one in patterns:
        seen.setdefault((one.does, _sorted(one.args)), one)
    return tuple(seen.values())


def _sorted(args: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(args.items()))
