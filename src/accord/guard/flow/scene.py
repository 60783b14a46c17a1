"""What has been said and done so far, and which of it the user pointed at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from accord.core.system import Effect
from accord.core.trial import Message, ToolCall
from accord.guard.flow.lexicon import Slot, lexicon, slot_named
from accord.guard.flow.naming import common, files_in, named_without_ending, names_in, other_ending, path_form
from accord.guard.flow.outputs import Output, field_forms, read_output
from accord.guard.flow.pasting import TURN
from accord.guard.flow.reckoning import names_month
from accord.guard.flow.requesting import quotations
from accord.guard.flow.selecting import Chosen, bearing, chosen_in, named_in
from accord.guard.flow.shapes import (
    clean_url,
    days,
    form_of,
    ibans,
    one_account,
    one_url,
    run_form,
    urls,
    without_accents,
)
from accord.guard.flow.speaking import marked
from accord.guard.flow.stems import compounded, content_words, roots
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import POINTING, Value, leaves
from accord.guard.flow.wholes import spans
from accord.guard.flow.wish import Wish, following, made, read_wish

PASTED: Final = Facts(name="user:pasted", effect=Effect.READ, opaque=True)
"""What the user pasted into their own words: a source they handed over, and no order of theirs."""

_TURN: Final = TURN.strip("\n")
_EDGES: Final = frozenset("@.+-_/")
_SHORT: Final = 2
_GOAL: Final = re.compile(r"(?<!ed )\b(?:to|an|à|aan|para|für)\s+(?:the\s+)?[\"'`“]?$")
_HASHED: Final = re.compile(r"(?<!\w)#([^\W\d][\w-]*)")
_NEAR: Final = 20  # characters before a name


class Seen(NamedTuple):
    """A tool call that ran, what is known of the tool, and what it handed out."""

    name: str
    args: Mapping[str, object]
    facts: Facts | None
    output: str

    @property
    def source(self) -> str:
        """Return the name of the source as rulings say it."""
        return self.name if self.name.startswith((PASTED.name, "retrieval:")) else f"tool:{self.name}"


class Letter(NamedTuple):
    """The text that the user told us to follow, and the output it stands in; nowhere where there is none."""

    place: int = -1
    text: str = ""


class Scene:
    """A conversation as the policy sees it: the user's wish, the operator's words, and every output by its source."""

    __slots__ = (
        "_chosen", "_pointed", "_reached", "_values",
        "distrusted", "letter", "numbers", "operator", "seen", "strange", "wish",
    )  # fmt: skip

    def __init__(
        self,
        conversation: Sequence[Message],
        facts: Mapping[str, Facts],
        distrusted: frozenset[str],
        retrieved: Callable[[str], Facts | None] | None = None,
    ) -> None:
        said = [m.content for m in conversation if m.role == "user" and m.channel in {None, "user"}]
        self.wish: Wish = read_wish(TURN.join(text.replace(_TURN, " ") for text in said))
        self.operator = "\n".join(
            m.content for m in conversation if m.role == "system" and m.channel in {None, "system"}
        )
        self.strange = tuple(m.content for m in conversation if m.role in {"user", "system"} and not _own(m))
        pasted = [Seen(PASTED.name, {}, PASTED, text) for text in self.wish.pasted]
        self.seen = (*pasted, *_outputs(conversation, facts, retrieved))
        self.distrusted = distrusted
        self.letter = Letter()
        self.numbers: tuple[str, ...] = ()  # and days of the call: what part of the wish it carries out
        self._values: dict[int, tuple[Value, ...]] = {}
        self._pointed: dict[int, bool] = {}
        self._reached: dict[int, bool] = {}
        self._chosen: dict[tuple[int, bool], Chosen] = {}

    def wrote(self, value: Value | str, slot: Slot) -> bool:
        """Tell whether the user, or the operator, wrote this value as a whole."""
        text = value.text if isinstance(value, Value) else value
        form = form_of(text, slot)
        if not form:
            return False
        if slot is Slot.URL:
            return clean_url(text) and (form in self.wish.urls or bool(self.operator and form in urls(self.operator)))
        if slot is Slot.PATH:
            form = path_form(form)
            if not form or other_ending(form, self.wish.named):
                return False
        said = self.wish.named if slot in POINTING else self.wish.folded
        if slot is Slot.RECIPIENT and _numbered(form):
            said = self.wish.unnumbered
        folded = form.casefold()
        if stands_in(folded, said, slot) or stands_in(folded, self.operator.casefold(), slot):
            return True
        return slot is Slot.RECIPIENT and self._wrote_otherwise(form, said)

    def _wrote_otherwise(self, form: str, said: str) -> bool:
        """Tell whether the user wrote the same receiver in another form: with blanks, or without accents."""
        if form in self.wish.accounts:
            return True
        run = run_form(form)
        if run:
            return run in self.wish.runs
        if "@" in form or any(letter.isdigit() for letter in form):
            return False
        plain = without_accents(form.casefold())
        if not plain.isascii() or not stands_in(plain, without_accents(said), Slot.RECIPIENT):
            return False
        return plain == form.casefold() or self.lists(form)

    def lists(self, name: str) -> bool:
        """Tell whether a name in lower case is one that an own system lists."""
        places = (place for place in range(len(self.seen)) if not self.opaque(place))
        fields = (f for at in places for record in self.output(at).records for f in record)
        return any(f.value.strip().casefold() == name for f in fields if not f.free)

    def follow(self, letter: Letter, told: Wish, files: frozenset[str]) -> None:
        """Let the words of a source that we were told to follow choose among records too; they vouch for no value."""
        self.wish, self.letter = following(self.wish, told, files), letter
        self._pointed, self._reached, self._chosen = {}, {}, {}

    def pointed(self, place: int) -> bool:
        """Tell whether the user's words led to an output: what was asked of the tool is what the user named."""
        known = self._pointed.get(place)
        if known is None:
            self._pointed[place] = False
            known = self._pointed[place] = self._led_to(place)
        return known

    def directed(self) -> Iterator[tuple[int, Seen]]:
        """Yield the outputs the user pointed at, the newest first."""
        for place in range(len(self.seen) - 1, -1, -1):
            if self.pointed(place):
                yield place, self.seen[place]

    def holding(self, text: str) -> Iterator[tuple[int, Seen]]:
        """Yield the outputs the user pointed at in which a text stands, the newest first."""
        account = one_account(text)
        for place in range(len(self.seen) - 1, -1, -1):
            output = self.seen[place].output
            if (text in output or (account and account in ibans(output))) and self.pointed(place):
                yield place, self.seen[place]

    def same(self, place: int) -> tuple[int, ...]:
        """Return the places of all readings of one source, which is one tool asked for one thing."""
        seen = self.seen[place]
        if not seen.args:
            return (place,)
        asked = _asked(seen)
        return tuple(at for at, one in enumerate(self.seen) if one.name == seen.name and _asked(one) == asked)

    def texts(self, place: int) -> Iterator[str]:
        """Yield the running texts of an output: all of it, or the free fields of the records the user chose."""
        output = self.output(place)
        if not output.records:
            yield output.text
            return
        for at in sorted(self.chosen(place, strict=True).places):
            yield from (field.value for field in output.records[at] if field.free or " " in field.value)

    def reached(self, place: int) -> bool:
        """Tell whether an output follows from what the user pointed at, step by step, through own systems only."""
        known = self._reached.get(place)
        if known is None:
            self._reached[place] = False
            known = self._reached[place] = self.pointed(place) or self._follows(place)
        return known

    def _follows(self, place: int) -> bool:
        seen = self.seen[place]
        if seen.facts is None or not seen.facts.reads or seen.facts.outside:
            return False
        asked = [value.text for value in self.values(place) if value.text.strip() and not value.number]
        handed = [e for e in range(place) if self.reached(e) and not self.opaque(e)]
        return bool(asked) and all(any(text in self.seen[e].output for e in handed) for text in asked)

    def output(self, place: int) -> Output:
        """Return the records of an output; the text of strangers has none."""
        seen = self.seen[place]
        if seen.facts is None or seen.facts.opaque:
            return Output((), seen.output)
        return read_output(seen.output)

    def chosen(self, place: int, *, strict: bool = False, said: Wish | None = None) -> Chosen:
        """Return the records of an output that the user means; by what they `said` of one deed, where that is given."""
        if said is not None:
            return chosen_in(self.seen[place].output, said, strict=strict, led=self._led(place))
        known = self._chosen.get((place, strict))
        if known is None:
            records, led = self.output(place).records, self._led(place)
            text = self.seen[place].output if records else ""
            known = self._chosen[place, strict] = chosen_in(text, self.wish, strict=strict, led=led)
        return known

    def named(self, place: int, said: Wish | None = None) -> Chosen:
        """Return the records of an output that the user calls by a name, in all of their words or what they `said`."""
        text = self.seen[place].output if self.output(place).records else ""
        return named_in(text, said or self.wish, led=self._led(place))

    def _led(self, place: int) -> bool:
        """Tell whether something was looked for in a source, instead of all it holds being listed."""
        return any(not value.number and value.text.strip() for value in self.values(place))

    def values(self, place: int) -> tuple[Value, ...]:
        """Return the plain values that a tool was called with."""
        known = self._values.get(place)
        if known is None:
            seen = self.seen[place]
            known = self._values[place] = tuple(leaves(seen.args, seen.facts.sinks if seen.facts else {}))
        return known

    def found(self, text: str) -> str:
        """Return the source in which a value is found that nobody vouched for; empty where it is nowhere."""
        for seen in reversed(self.seen):
            if text in seen.output:
                return seen.source
        return "stranger" if any(text in said for said in self.strange) else ""

    def _led_to(self, place: int) -> bool:
        seen = self.seen[place]
        if seen.facts is None or not seen.facts.reads:
            return False
        asked = [value for value in self.values(place) if not value.number and value.text.strip()]
        if not asked:
            placed = any(sink.required and sink.slot in {Slot.PATH, Slot.URL} for sink in seen.facts.sinks.values())
            return not placed and (not seen.facts.things or self._spoken_of(seen.facts) or self._quoted(place))
        return all(self._named(value, place) for value in asked)

    def _spoken_of(self, facts: Facts) -> bool:
        """Tell whether the user speaks of what a list holds, and not only of what is to be made."""
        endings = {name.rpartition(".")[2] for name in self.wish.files}
        said = self.wish.words - made(self.wish) - endings
        secret = [one for one in facts.nouns if slot_named(one) is Slot.SECRET]  # who speaks of a tree means no token
        spoken = facts.things & said or compounded(roots(said), roots(facts.nouns))
        return bool(spoken) and not (secret and said.isdisjoint(secret))

    def _quoted(self, place: int) -> bool:
        """Tell whether an own list has what the user calls by a name that they quote, or a file that they name."""
        dictated = {one.text.strip().casefold() for one in self.wish.literals}
        hashed = map(str.casefold, _HASHED.findall(self.wish.own))
        quoted = self.wish.files.union(quotations(self.wish.own) - dictated, hashed, names_in(self.wish.own))
        return not self.opaque(place) and bool(bearing(self.seen[place].output, quoted))

    def _named(self, value: Value, place: int) -> bool:
        if value.sink.slot is Slot.PATH:
            return self._named_file(value, place)
        words = content_words(value.text)
        if value.sink.slot not in POINTING and not words:
            return False  # `the`, `I`: whatever holds them was not asked for
        if self.wrote(value, value.sink.slot):
            return True
        if value.sink.slot is Slot.URL:
            return self._linked(value, place)
        if named := days(value.text):
            return any(one.same(other) for one in named for other in (*self.wish.days, *days(self.operator)))
        if names_month(value.text, self.wish.words):
            return True
        if (
            words
            and sum(word in self.wish.stems for word in words) * 2 > len(words)
            and value.sink.slot not in POINTING
        ):
            return True
        return self._handed_out(value, place)

    def _named_file(self, value: Value, place: int) -> bool:
        """Tell whether a path is a file that the user named, or one that a source they pointed at lists."""
        form = path_form(value.text)
        if not form or other_ending(form, self.wish.named):
            return False
        if self.wrote(value, Slot.PATH) and not common(form):
            return True
        known = (found for at, seen in enumerate(self.seen) for found in (*files_in(seen.output), *self._files(at)))
        return named_without_ending(form, self.wish.named, known) or self._handed_out(value, place)

    def _files(self, place: int) -> Iterator[str]:
        return (value.text for value in self.values(place) if value.sink.slot is Slot.PATH)

    def _handed_out(self, value: Value, place: int) -> bool:
        """Tell whether an earlier output that the user pointed at holds the value as a field."""
        form = form_of(value.text, value.sink.slot)
        for earlier in range(place):
            if value.text not in self.seen[earlier].output or not self.pointed(earlier):
                continue
            told = (
                self.wish.instructs
                and len(form) > _SHORT
                and stands_in(form, self.seen[earlier].output.casefold(), Slot.OTHER)
            )
            if told and not self.opaque(earlier):
                return True
            if not self.opaque(earlier) and form in field_forms(self.seen[earlier].output, value.sink.slot):
                return True
        return False

    def _linked(self, value: Value, place: int) -> bool:
        form = one_url(value.text)
        return any(self.pointed(earlier) and self.links_to(earlier, form) for earlier in range(place))

    def links_to(self, place: int, form: str) -> bool:
        """Tell whether a link is the only one in the records that the user means, in an own system."""
        if self.opaque(place) or form not in self.seen[place].output or not self.wish.words & lexicon().small["linked"]:
            return False
        asked = [value for value in self.values(place) if value.text.strip() and not value.number]
        if any(not self.wrote(one, one.sink.slot) or _only_goal(one.text.strip(), self.wish) for one in asked):
            return False  # of what the user did not name nobody knows which link they mean
        output = self.output(place)
        meant = range(len(output.records)) if self.wish.every else self.chosen(place, strict=True).places
        fields = (field for at in meant for field in output.records[at])
        texts = [f.value for f in fields if f.key and (f.free or " " in f.value or slot_named(f.key) is Slot.URL)]
        candidates = {found for text in texts for found in urls(text)}
        if form not in candidates or any(marked(text, self.distrusted) for text in texts if form in text):
            return False
        return len(candidates) == 1 or self.wish.every

    def opaque(self, place: int) -> bool:
        """Tell whether an output is the text of strangers as a whole."""
        facts = self.seen[place].facts
        return facts is None or facts.opaque


def _only_goal(form: str, wish: Wish) -> bool:
    """Tell whether a name stands in the user's words only as whom something is to go to: `send it to Alice`."""
    said = [start for start, _ in spans(form, wish.own)]
    begins = [max(wish.own.rfind(mark, 0, at) for mark in ".!?\n") for at in said]
    asked = (any(begin < one.start < at for one in wish.requests) for begin, at in zip(begins, said, strict=True))
    return all(asked) and bool(said) and all(_GOAL.search(wish.own, max(0, at - _NEAR), at) for at in said)


def _numbered(form: str) -> bool:
    """Tell whether a receiver is made of digits for the most part: a part of an account is no account."""
    return "@" not in form and sum(map(str.isdigit, form)) * 2 >= len(form) > 1


def stands_in(form: str, text: str, slot: Slot) -> bool:
    """Tell whether a value stands in a text by itself, and is no part of a longer word, address or number."""
    at = text.find(form)
    sticky = "@" in form or slot in POINTING
    while at >= 0:
        before = text[at - 1] if at else " "
        after = text[at + len(form)] if at + len(form) < len(text) else " "
        beyond = text[at + len(form) + 1] if at + len(form) + 1 < len(text) else " "
        joined = sticky and (before in _EDGES or (after in _EDGES and beyond.isalnum()))
        if not (before.isalnum() or after.isalnum() or before == "_" or after == "_" or joined):
            return True
        at = text.find(form, at + 1)
    return False


def _own(message: Message) -> bool:
    return message.channel in {None, "user", "system"}


def _asked(seen: Seen) -> tuple[tuple[str, str], ...]:
    """Return what a tool was asked for, in one form."""
    return tuple(sorted((name, path_form(str(value)[:500])) for name, value in seen.args.items()))


def _outputs(
    conversation: Sequence[Message],
    facts: Mapping[str, Facts],
    retrieved: Callable[[str], Facts | None] | None,
) -> Iterator[Seen]:
    waiting: list[ToolCall] = []
    for message in conversation:
        if message.channel == "retrieval" and message.role != "assistant" and retrieved is not None:
            known = retrieved(message.name or "")
            if known is not None:
                yield Seen(known.name, {}, known, message.content)
                continue
        if message.tool_calls:
            waiting = list(message.tool_calls)
        if message.role == "tool":
            call = next((one for one in waiting if not message.name or message.name == one.name), None)
            if call is not None:
                waiting.remove(call)
            name = call.name if call else message.name or ""
            yield Seen(name, call.args if call else {}, facts.get(name), message.content)
