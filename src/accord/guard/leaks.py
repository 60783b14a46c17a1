"""What must not leave: canaries in any form, secrets, personal data, and what rules say of answers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from accord.content.views import View, views
from accord.core.errors import ManifestError
from accord.core.guard import GuardRule, Hit, Outcome, Treatment
from accord.core.system import Mode
from accord.guard.leaving.ciphers import rarer
from accord.guard.leaving.forms import FEWEST, Form, forms, letters_of
from accord.guard.leaving.letters import Found
from accord.guard.leaving.peeling import may_peel, peeled
from accord.guard.leaving.reading import Reading, compiled, may_be_met, met
from accord.guard.leaving.recognised import hidden, may_be_recognised, may_hide, recognised
from accord.guard.leaving.substrings import Owned
from accord.guard.matching.sets import Named, PatternSet

CANARY: Final = "canary"
"""The rule of a hit on a canary."""

MARK: Final = "[redacted]"
"""What stands in the place of what was taken out."""

_MOST_SPANS = 64
_LONG = 64  # letters of a canary of which all forms are looked for
_MANY = 32  # canaries of which all forms are looked for; of more, those of bytes and as they are
_FEW = 8  # canaries that are looked for with a letter between each two
_SOME = 16  # canaries that are looked for in rarer forms
_LEAST_DATA = 16  # characters in the query of an address that can carry something out
_JOINED: Final = "in one"  # the name of a form that counts only where nothing stands between its letters
_APART: Final = "\nwhat follows is another text.\n"  # begins a line and a sentence
_OPENS: Final = ("<", "](")  # what may reach from one text into the next
_LITERAL: Final = re.compile(r"(?:\(\?i\))?((?:[\w \-]|\\x\{[0-9a-f]{1,6}\}|\\[^\w])+)")
_LINK: Final = re.compile(r"(!?)\[[^\[\]\n]{0,200}\]\(\s{0,8}<?(https?://[^\s()<>]{1,2000})")
_IMAGE: Final = re.compile(r"(?i)<img\b[^<>]{0,500}?\bsrc\s{0,4}=\s{0,4}[\"']?(https?://[^\s\"'<>]{1,2000})")


class Echo(NamedTuple):
    """A text that a rule forbids to say, since somebody ordered it, the rule's place, and whether two tokens make it.

    One token is met in all forms of a canary; two in one only as they are.
    """

    text: str
    rule: int
    joined: bool = False


class Leaks:
    """Everything that must not leave, compiled once and never changed.

    `secrets` and `personal` say what is done about those; `rules` bring patterns of what must not be answered.
    Addresses of other `hosts` that carry data in their query are flagged. A canary is met without regard to case,
    blanks, punctuation, markup and characters without width, in all forms that `forms`, `rarer` and `Asides` know;
    and so is every part of it of eight letters or digits, or more where it is words.
    """

    def __init__(
        self,
        canaries: Iterable[str] = (),
        *,
        secrets: Treatment = Treatment.REDACT,
        personal: Treatment = Treatment.OFF,
        rules: Iterable[GuardRule] = (),
        hosts: Collection[str] = (),
        echoes: Iterable[Echo] = (),
    ) -> None:
        self.secrets, self.personal = secrets, personal
        self._hosts = frozenset(host.lower() for host in hosts)
        self._rules = tuple(rules)
        known = tuple(dict.fromkeys(canaries))
        longest = _LONG if len(known) <= _MANY else 0
        owned = [Owned(form, -1) for canary in known for form in _forms_of(canary, longest, among=len(known))]
        wanted = [Named(at, one) for at, rule in enumerate(self._rules) for one in rule.outputs]
        owned += [Owned(form, one.owner) for one in wanted for form in _literal(one.pattern)]
        told = tuple(echoes)
        owned += [Owned(form, echo.rule) for echo in told for form in _forms_of_echo(echo, among=len(told))]
        self._known = compiled(owned, known)
        self.substrings = self._known.substrings
        self.outputs = PatternSet(wanted)
        self.has_outputs = bool(wanted)

    def is_clear(self, texts: Sequence[str]) -> bool:
        """Tell at one glance that texts hold nothing of what `hits` looks for; where that is not sure they do not.

        They are looked at in one, between them more words than any way of reading reaches over.
        """
        text = _APART.join(texts)
        if not text.isascii() or "://" in text or may_peel(text) or may_hide(text):
            return False
        if len(texts) > 1 and any(map(text.__contains__, _OPENS)):
            return False
        if may_be_recognised(text, secret=self.secrets, personals=self.personal):
            return False
        if self.has_outputs and any(next(self.said(one), None) is not None for one in texts):
            return False
        return not (self.substrings.owned and may_be_met(text, self._known))

    def hits(self, text: str) -> tuple[Hit, ...]:
        """Return what must not leave of a whole text, in order."""
        return () if self.is_clear((text,)) else self.looked_for(text)

    def looked_for(self, text: str) -> tuple[Hit, ...]:
        """Return the same without the glance that most texts need no more than."""
        given = tuple(self._given_away(text))
        found = [*given, *self.said(text), *self._carried(text)]
        found += recognised(text, secret=self.secrets, personals=self.personal)
        decoded = (*(views(text)[1:] if may_hide(text) else ()), *(peeled(text) if may_peel(text) else ()))
        found += hidden(text, decoded, tuple(found), secret=self.secrets, personals=self.personal)
        found += self._nested(decoded) if self.substrings.owned and not given else ()
        return tuple(sorted(found, key=lambda hit: (hit.start, hit.end)))

    def reader(self) -> Reading:
        """Return what reads a text piece by piece for canaries."""
        return Reading(self._known)

    def said(self, text: str) -> Iterator[Hit]:
        """Yield what the rules' patterns of answers match."""
        if not self.has_outputs:
            return
        for one in self.outputs.find(text, most=_MOST_SPANS):
            rule = self._rules[one.owner]
            message = f"says what {rule.name} forbids"
            outcome = _outcome(rule)
            yield Hit(rule=rule.id, outcome=outcome, start=one.start, end=one.end, message=message)

    def hit(self, found: Found) -> Hit:
        """Return a hit on a canary, or on a text that a rule forbids, as it was read."""
        form, owner = found.what
        if owner >= 0:
            rule = self._rules[owner]
            message, outcome = f"says what {rule.name} forbids", _outcome(rule)
            return Hit(rule=rule.id, outcome=outcome, start=found.start, end=found.end, message=message)
        message = f"a canary leaves, {form.how}: {found.end - found.start} characters"
        view = "plain" if form.how == "as it is" else form.how
        return Hit(rule=CANARY, outcome=Outcome.BLOCK, start=found.start, end=found.end, view=view, message=message)

    def _given_away(self, text: str) -> Iterator[Hit]:
        if not self.substrings.owned:
            return
        last: Found | None = None
        found = (one for one in met(text, self._known) if stands(one, text))
        for one in sorted(found, key=lambda one: (one.start, one.end)):
            if last is not None and one.start > last.end:
                yield self.hit(last)
                last = None
            last = one if last is None else Found(last.start, max(last.end, one.end), last.what)
        if last is not None:
            yield self.hit(last)

    def _nested(self, decoded: Iterable[View]) -> Iterator[Hit]:
        """Yield what gives something away in what a text says decoded, where it is hidden once more."""
        for view in decoded:
            for hit in self._given_away(view.text):
                start, end = view.at(hit.start, hit.end)
                yield replace(hit, start=start, end=end, view=f"{view.kind}>{hit.view}")

    def _carried(self, text: str) -> Iterator[Hit]:
        """Yield addresses of pictures and links that carry data away."""
        if "://" not in text:
            return
        for match in (*_LINK.finditer(text), *_IMAGE.finditer(text)):
            address = match[match.lastindex or 0]
            if self._carries(address):
                what = "a link" if match[1] == "" else "a picture"
                message = f"{what} carries data to another host in its address"
                yield Hit(rule="address", outcome=Outcome.FLAG, start=match.start(), end=match.end(), message=message)

    def _carries(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            host = (parts.hostname or "").lower()
        except ValueError:
            return True
        carried = max((len(part.partition("=")[2]) for part in parts.query.split("&")), default=0)
        return host not in self._hosts and max(carried, len(parts.fragment)) >= _LEAST_DATA


def stands(found: Found, text: str) -> bool:
    """Tell whether what was read counts: two tokens in one stand so in the text, with nothing between them."""
    form = found.what.form
    return form.how != _JOINED or form.text in text.lower()


def _forms_of_echo(echo: Echo, *, among: int) -> Iterator[Form]:
    plain = letters_of(echo.text)
    if echo.joined:
        yield Form(plain, len(plain), _JOINED)
    elif len(plain) >= FEWEST:
        yield from forms(echo.text, longest=_LONG)


def _outcome(rule: GuardRule) -> Outcome:
    """Return what a rule does; one that is on trial only flags."""
    return Outcome.FLAG if rule.mode is Mode.SHADOW else Outcome(rule.action.value)


def _forms_of(canary: str, longest: int, *, among: int) -> Iterator[Form]:
    plain = letters_of(canary)
    if len(plain) < FEWEST:
        raise ManifestError(
            f"a canary of {len(plain)} letters and digits cannot be told from other text",
            hint=f"use a random value of {FEWEST} letters and digits at least, better sixteen",
            code="ACC-E700",
        )
    yield from forms(canary, longest=longest)
    if len(plain) <= longest and among <= _SOME:
        yield from rarer(canary, between=among <= _FEW)


def _literal(pattern: str) -> Iterator[Form]:
    """Yield what a pattern looks for, if that is one fixed text: such a text can be held back while it comes in."""
    match = _LITERAL.fullmatch(pattern)
    plain = "" if match is None else letters_of(re.sub(r"\\x\{([0-9a-f]+)\}", _char, match[1]))
    if len(plain) >= 8:
        yield Form(plain, len(plain), "as it is")


def _char(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code < 0x110000 else ""


def redacted(text: str, hits: Sequence[Hit]) -> str:
    """Return a text with a mark in the place of every hit that may not leave."""
    parts: list[str] = []
    done = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if hit.outcome in {Outcome.ALLOW, Outcome.FLAG} or hit.end <= done:
            continue
        parts += [text[done : hit.start], MARK] if hit.start >= done else []
        done = hit.end
    return "".join(parts) + text[done:]
