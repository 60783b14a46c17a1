"""The policy at work: one tool call, everything said before it, and a ruling with the way from source to sink."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from accord.core.errors import RecordError
from accord.core.guard import GuardPolicy, GuardTool, Outcome, Ruling, Switch
from accord.core.system import Approval
from accord.core.trial import Message, ToolCall
from accord.guard.flow.asking import asked
from accord.guard.flow.carrying import LONGEST, copied, differs, kept_in, private, smuggled
from accord.guard.flow.demands import Sitting, judged
from accord.guard.flow.disguised import disguised
from accord.guard.flow.grants import Grant, grant_subject
from accord.guard.flow.hearsay import hearsay, unasked
from accord.guard.flow.labels import labelled, retrieved, uncleared
from accord.guard.flow.lexicon import Slot
from accord.guard.flow.origins import link_origin
from accord.guard.flow.own_words import from_user
from accord.guard.flow.pinning import quarantined
from accord.guard.flow.reading import unreadable
from accord.guard.flow.repeating import done
from accord.guard.flow.scene import Scene
from accord.guard.flow.speaking import speaks
from accord.guard.flow.spending import UNSPENT, Spent
from accord.guard.flow.tools import Facts, Tool, beside, facts_of
from accord.guard.flow.unheard import unheard
from accord.guard.flow.values import MOST_VALUES, Value, leaves
from accord.guard.flow.wish import read_wish

_VALUED: Final = frozenset({"update", "edit", "modify", "change", "adjust", "patch"})  # and not `mark` or `toggle`
ALLOW: Final = Ruling(outcome=Outcome.ALLOW)
"""The ruling that objects to nothing."""


class World(NamedTuple):
    """What comes with a call besides the conversation: the time, what is used up, grants, and texts under suspicion."""

    now: datetime
    spent: Spent = UNSPENT
    grants: Sequence[Grant] = ()
    distrusted: frozenset[str] = frozenset()
    session: str = ""


class Flow:
    """A policy and a set of tools, compiled once; `authorise` is a pure function of its arguments."""

    def __init__(self, policy: GuardPolicy, tools: Iterable[Tool]) -> None:
        listed = {tool.name: tool for tool in policy.tools}
        self.policy = policy
        self.tools: Mapping[str, Tool] = {tool.name: tool for tool in _declared(listed, tools)}
        self.listed: Mapping[str, GuardTool] = listed
        known = {name: facts_of(tool, listed.get(name)) for name, tool in self.tools.items()}
        self.facts = beside({name: labelled(facts, policy.sources) for name, facts in known.items() if facts})
        self.quarantined = tuple(quarantined(self.tools.values(), listed))
        self._retrieved = partial(retrieved, sources=policy.sources) if policy.sources else None
        self._barred = {ruling.path[0]: ruling for ruling in self.quarantined}

    def authorise(
        self,
        conversation: Sequence[Message],
        call: ToolCall,
        *,
        now: datetime,
        spent: Spent | None = None,
        grants: Sequence[Grant] = (),
        distrusted: frozenset[str] = frozenset(),
        session: str = "",
        heard: bool = True,
    ) -> Ruling:
        """Rule on one call before it runs: allow, ask a person, or block, with the reason and the way it came.

        Not `heard` is a conversation through a door that carries no user's words.
        """
        world = World(now, spent or UNSPENT, grants, distrusted, session)
        barred = self._barring(call, world)
        if barred is not None:
            return barred
        facts = self.facts[call.name]
        if facts.reads and not facts.outside and not (facts.listed and facts.listed.demands):
            return self._granted(ALLOW, call, facts, world)
        try:
            ruling = self._weighed(conversation, call, facts, distrusted, heard=heard)
        except RecursionError:
            ruling = Ruling(outcome=Outcome.BLOCK, code="ACC-E722", message="the arguments are nested too deep")
        return self._granted(ruling, call, facts, world)

    def _barring(self, call: ToolCall, world: World) -> Ruling | None:
        """Return what forbids a call whatever its arguments are."""
        name = call.name
        if self.policy.kill is Switch.ON:
            return _refused(name, "ACC-E713", "the kill switch is on")
        if name in self._barred:
            return self._barred[name]
        if name not in self.tools:
            said = f"the tool {name[:80]!r} is not declared"
            return _refused(name[:80], "ACC-E710", said)
        facts = self.facts.get(name)
        if facts is None:
            said = f"nothing tells what the tool {name[:80]!r} does"
            return _refused(name, "ACC-E711", said)
        if facts.listed is None and not facts.reads:
            said = f"{name[:80]!r} has an effect and guard.yaml does not list it"
            return _refused(name, "ACC-E711", said)
        odd = unreadable(call.args) or _no_number(call.args, facts) or _no_object(call.args, facts)
        odd = odd or _no_text(call.args, facts)
        if odd:
            said = f"{name} is called with {odd}"
            return _refused(name, "ACC-E722", said)
        if facts.closed and not call.args.keys() <= facts.sinks.keys():
            unknown = min(call.args.keys() - facts.sinks.keys())
            said = f"{name} declares no argument {unknown[:60]!r}"
            return _refused(name, "ACC-E722", said)
        for sink in facts.needed:
            if _absent(call.args.get(sink.name), sink.slot):
                said = f"{name} is called without {sink.name[:60]!r}, which it needs"
                return _refused(name, "ACC-E722", said)
        if facts.verb in _VALUED and _changes_nothing(call.args, facts):
            said = f"{name} is called with nothing to change"
            return _refused(name, "ACC-E722", said)
        if facts.listed is None or not facts.listed.limits:
            return None
        used = world.spent.beyond(name, facts.listed.limits, world.now)
        return _refused(name, "ACC-E714", f"{name}: {used}") if used else None

    def _weighed(
        self,
        conversation: Sequence[Message],
        call: ToolCall,
        facts: Facts,
        distrusted: frozenset[str],
        *,
        heard: bool,
    ) -> Ruling:
        """Return what the flow of information says of a call."""
        values = list(leaves(call.args, facts.sinks))
        if len(values) > MOST_VALUES or any(len(value.text) > LONGEST for value in values):
            said = f"{facts.name} is called with more than the policy reads"
            return Ruling(outcome=Outcome.BLOCK, code="ACC-E722", message=said, path=(facts.name,))
        scene = Scene(conversation, self.facts, distrusted, self._retrieved)
        if not heard:
            return unheard(scene, values, facts, self.policy.sources) or ALLOW
        delegation = self.policy.delegation is Switch.ON
        if facts.reads:
            sitting = Sitting(scene, facts, by_user=False, delegation=delegation)
            return (
                _reading(scene, values, facts) or judged(sitting, values) or _sent_along(scene, values, facts) or ALLOW
            )
        by = asked(scene, facts)
        if not by:
            ruling = unasked(scene, values, facts, f"the user asked for nothing that {facts.name} does")
            carried = _carried(scene, values, facts) if ruling.outcome is Outcome.ASK else None
            return carried if carried is not None and carried.outcome is Outcome.BLOCK else ruling
        again = done(scene, values, facts)
        if again:
            return Ruling(outcome=Outcome.ASK, code="ACC-E714", message=again, path=("user", facts.name))
        sitting = Sitting(scene, facts, by_user=by == "user", delegation=delegation)
        return judged(sitting, values) or _carried(scene, values, facts) or ALLOW

    def _granted(self, ruling: Ruling, call: ToolCall, facts: Facts, world: World) -> Ruling:
        """Return the ruling after approvals: what a person must allow, and what a person has allowed."""
        listed = facts.listed
        needs = listed is not None and listed.approval in {Approval.USER, Approval.HUMAN}
        if ruling.outcome is Outcome.ALLOW and needs:
            said = f"{facts.name} needs the word of a person for exactly these arguments"
            ruling = Ruling(outcome=Outcome.ASK, code="ACC-E720", message=said, path=("policy", facts.name))
        if ruling.outcome is not Outcome.ASK or not world.grants:
            return ruling
        try:
            subject = grant_subject(call, world.session)
        except RecordError as error:
            return Ruling(outcome=Outcome.ASK, code="ACC-E721", message=str(error), path=ruling.path)
        refusals = [grant.covers(subject, world.now, world.spent.used) for grant in world.grants]
        held = next((grant for grant, why in zip(world.grants, refusals, strict=True) if not why), None)
        if held is not None:
            return Ruling(
                outcome=Outcome.ALLOW, message=f"allowed by {held.by}", path=(f"grant:{held.nonce}", facts.name)
            )
        return Ruling(
            outcome=ruling.outcome, code="ACC-E721", message=f"{ruling.message}; {refusals[0]}", path=ruling.path
        )


def compile_flow(policy: GuardPolicy, tools: Iterable[Tool] = ()) -> Flow:
    """Return the policy for a set of tools; do it once a set. No decision waits for tables and patterns after it."""
    speaks("")
    read_wish("Mail the file to Ann:\n")
    return Flow(policy, tools)


def authorise(
    policy: GuardPolicy, conversation: Sequence[Message], call: ToolCall, *, world: World, tools: Iterable[Tool] = ()
) -> Ruling:
    """Rule on one call, compiling the policy for it; where there are many calls, compile once instead."""
    return Flow(policy, tools).authorise(
        conversation,
        call,
        now=world.now,
        spent=world.spent,
        grants=world.grants,
        distrusted=world.distrusted,
        session=world.session,
    )


def _declared(listed: Mapping[str, GuardTool], tools: Iterable[Tool]) -> Iterable[Tool]:
    """Yield the tools that may be spoken of: those the request declares, and those guard.yaml lists."""
    given = tuple(tools)
    known = {tool.name for tool in given}
    yield from given
    yield from (
        Tool(name=name, description=tool.description or "") for name, tool in listed.items() if name not in known
    )


def _refused(name: str, code: str, said: str) -> Ruling:
    return Ruling(outcome=Outcome.BLOCK, code=code, message=said, path=(name,))


def _absent(value: object, slot: Slot) -> bool:
    """Tell whether an argument says nothing where a value has to be: blanks alone are no text."""
    if isinstance(value, str):
        return value.isspace()
    return value is None or (slot is Slot.AMOUNT and value in ([], {}, ()))


def _changes_nothing(args: Mapping[str, object], facts: Facts) -> bool:
    """Tell whether a change names what is to be changed and no more, where the tool takes more."""
    given = (facts.sinks[name].slot is Slot.TARGET for name in args if name in facts.sinks)
    return all(given) and any(sink.slot is not Slot.TARGET for sink in facts.sinks.values())


def _no_number(args: Mapping[str, object], facts: Facts) -> str:
    """Return what no number is where a tool declares one: a truth value, words; empty where all fits."""
    if facts.numbers.isdisjoint(args):
        return ""
    for name, value in args.items():
        if name not in facts.numbers:
            continue
        given = value if isinstance(value, list | tuple) else (value,)
        if any(map(_says_no_number, given)):
            return f"no number in {name[:60]!r}"
    return ""


def _says_no_number(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(map(_says_no_number, value.values()))
    return isinstance(value, bool) or (isinstance(value, str) and not any(map(str.isdigit, value)))


def _no_text(args: Mapping[str, object], facts: Facts) -> str:
    """Return what is a list or an object where a tool declares a text: nobody can tell what it would make of it."""
    for name, value in args.items():
        if type(value) is not str and name in facts.texts and isinstance(value, Mapping | list | tuple):
            return f"no text in {name[:60]!r}"
    return ""


def _no_object(args: Mapping[str, object], facts: Facts) -> str:
    """Return what is plain where a tool declares objects: nobody can tell what its members would be."""
    for name, value in args.items() if not facts.objects.isdisjoint(args) else ():
        plain = value if isinstance(value, list | tuple) else (value,)
        if name in facts.objects and any(one is not None and not isinstance(one, Mapping) for one in plain):
            return f"a plain value for the object {name[:60]!r}"
    return ""


def _reading(scene: Scene, values: Sequence[Value], facts: Facts) -> Ruling | None:
    """Rule on a read: an address that leaves the house needs the user's word, or that of a source the user named."""
    for value in values:
        if value.sink.slot is not Slot.URL or from_user(scene, value, facts) or link_origin(scene, value).ok:
            continue
        sink = f"{facts.name}.{value.sink.name}"
        source = hearsay(scene, value.text, Slot.URL)
        said = f"{sink} is {value.text[:80]!r}, an address that neither the user nor a source the user named says"
        outcome = Outcome.BLOCK if source else Outcome.ASK
        return Ruling(outcome=outcome, code="ACC-E716", message=said, path=(source or "model", sink))
    return None


def _sent_along(scene: Scene, values: Sequence[Value], facts: Facts) -> Ruling | None:
    """Rule on what a read sends to where it reads, beside the address."""
    beside = facts.outside and any(value.sink.slot is not Slot.URL for value in values)
    return _carried(scene, values, facts) if beside else None


def _carried(scene: Scene, values: Sequence[Value], facts: Facts) -> Ruling | None:
    """Return what stands against the texts of a call."""
    other = differs(scene, values, facts)
    if other is not None:
        said = f"{facts.name}.{other.sink.name} is not the text that the user dictated"
        return Ruling(
            outcome=Outcome.ASK, code="ACC-E723", message=said, path=("model", f"{facts.name}.{other.sink.name}")
        )
    return kept_in(
        facts,
        (smuggled(scene, values), "ACC-E719", "an address that nobody vouches for"),
        (uncleared(scene, values, facts), "ACC-E718", "more confidential than it is cleared for"),
        (private(scene, values), "ACC-E718", "what was read where the user pointed at nothing"),
        (disguised(scene, values), "ACC-E718", "what was read where the user pointed at nothing, in disguise"),
        (copied(scene, values), "ACC-E716", "words that stand only in what speaks to the model"),
    )
