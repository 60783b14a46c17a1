"""A case without secrets, personal data and live hosts: variables and reserved names stand for them everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from accord.case.delivery import delivered
from accord.case.drafting.tables import names
from accord.case.hosts import live_address, live_hosts, reserved
from accord.case.identity import identity
from accord.case.importers.draft import fresh_token
from accord.case.importers.reserve import harmless
from accord.case.retold import retold, texts
from accord.case.variables import fill, names_in
from accord.case.walk import Keys
from accord.content.personal import personal
from accord.content.secrets import secrets
from accord.core.canon import Digest
from accord.core.case import Case, Var

_MAIL = re.compile(r"(?<![\w.+-])([\w.+-]{1,64})@([\w-]+(?:\.[\w-]+)+)")
_PERSON_MAIL = re.compile(r"[a-z]+[._-][a-z]{2,}[\w.-]*", re.IGNORECASE)
_BEARER = re.compile(r"((?:[^\W\d_][\w.'’-]{0,40} ){0,3}[^\W\d_][\w.'’-]{0,40}) ?<([\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)>")
_INSIDE = re.compile(
    r"(?<![\w.@/-])[\w-]+(?:\.[\w-]+){1,8}\.(?:local|internal|lan|corp|intranet|private)(?![\w-]|\.\w)", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,}")
_PHONES = ("phone", "telephone")
_ADDRESSES = ("recipient", "url", "to", "cc", "bcc", "email", "host", "domain", "uri", "webhook")
_OURS = re.compile(r"\+1 555 01\d\d|0*\d{1,3}|redacted-\d{1,3}")
_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was replaced: its kind, its first characters, what stands for it, and how often."""

    kind: str
    masked: str
    instead: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """A case after redaction, what was replaced, and whether it is another attack now."""

    case: Case
    changes: tuple[Change, ...]
    before: Digest
    after: Digest

    @property
    def is_another(self) -> bool:
        """Tell whether the identity changed: steps or oracle held something that was replaced."""
        return self.before != self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class _Swap:
    """A text and what stands for it: in what runs, in the proof, and elsewhere."""

    kind: str
    old: str
    runs: str
    proof: str
    told: str
    variable: str = ""


def redacted(case: Case, also: Iterable[str] = ()) -> Redaction:
    """Return the case without secrets, names, addresses and live hosts; `also` are texts that must go too.

    Whether it still verifies is for the caller to see.
    """
    swaps = _Found(case, tuple(one for one in also if one.strip())).swaps()
    counts = dict.fromkeys((swap.old for swap in swaps), 0)
    whole = retold(case, lambda path, text: _swapped(path, text, swaps, counts))
    fresh = {swap.variable: Var(kind="token") for swap in swaps if swap.variable}
    whole = replace(whole, vars={**whole.vars, **fresh})
    whole, hosts = _without_hosts(whole)
    changes = tuple(
        Change(kind=swap.kind, masked=f"{swap.old[:2]}…", instead=swap.runs, count=counts[swap.old])
        for swap in swaps
        if counts[swap.old]
    )
    return Redaction(case=whole, changes=(*changes, *hosts), before=identity(case), after=identity(whole))


class _Found:
    """Looks for what must go, and gives each its stand-in; the same text has the same one everywhere."""

    def __init__(self, case: Case, also: tuple[str, ...]) -> None:
        self._case = case
        self._texts = tuple(texts(case))
        self._also = also
        self._steps = "\n".join(text for path, text in self._texts if path[0] == "steps")
        self._known = tuple(_tokens(case))
        self._people = 0

    def swaps(self) -> tuple[_Swap, ...]:
        """Return every text that must go, the longest first, so that no part of another is replaced before it."""
        found: dict[str, _Swap] = {}
        for _, text in self._texts:
            for kind, old in self._in(text):
                if old not in found and len(found) < _MOST and not self._is_ours(old):
                    found[old] = self._swap(kind, old, found)
        for old in self._also:
            found.setdefault(old, self._swap("named", old, found))
        return tuple(sorted(found.values(), key=lambda swap: -len(swap.old)))

    def _in(self, text: str) -> Iterator[tuple[str, str]]:
        for secret in secrets(text):
            yield "secret", text[secret.start : secret.end]
        for match in _MAIL.finditer(text):
            if not reserved(match[2]) or _PERSON_MAIL.fullmatch(match[1]):
                yield "address", match[0]
        for one in personal(text):
            if one.sure and "@" not in text[one.start : one.end]:
                yield one.name, text[one.start : one.end]
        for name in _people(text):
            yield "name", name
        for match in _BEARER.finditer(text):
            if borne := _borne(match[1]):
                yield "name", borne
                yield "address", match[2]
        for match in _INSIDE.finditer(text):
            yield "host", match[0]

    def _is_ours(self, old: str) -> bool:
        return bool(names_in(old) or _OURS.fullmatch(old)) or any(value in old for value in self._known)

    def _swap(self, kind: str, old: str, found: dict[str, _Swap]) -> _Swap:
        number = len(found) + 1
        token = fresh_token(f"{self._case.name}/redacted/{number}")
        if kind in ("secret", "named") and old in self._steps and _TOKEN.fullmatch(old):
            name = f"redacted-{number}"
            return _Swap(kind=kind, old=old, runs=f"{{{{{name}}}}}", proof=token, told="a secret", variable=name)
        instead = self._instead(kind, old, number)
        return _Swap(kind=kind, old=old, runs=instead, proof=instead, told=instead)

    def _instead(self, kind: str, old: str, number: int) -> str:
        if kind == "address":
            host = old.rpartition("@")[2]
            return f"person-{number}@{host if reserved(host) else 'mail.example'}"
        if kind == "host":
            return f"host-{number}.example"
        if kind in ("name", "named") and not any(char.isdigit() for char in old):
            self._people += 1
            return f"Person {_letters(self._people)}"
        if kind in _PHONES:
            return f"+1 555 01{number % 100:02d}"
        digits = sum(char.isdigit() for char in old)
        return f"{number:0{max(digits, 1)}d}"[:40] if digits > len(old) / 2 else f"redacted-{number}"


def _tokens(case: Case) -> Iterator[str]:
    """Yield the values that the variables of a case have in its proof: those are ours."""
    if case.proof:
        yield from delivered(case.steps, case.proof.broke).vars.values()


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _people(text: str) -> Iterator[str]:
    """Yield the names of persons: a title or a given name, and the words with a capital after it."""
    known = names()
    matches = list(_WORD.finditer(text))
    at = 0
    while at < len(matches):
        word = matches[at][0]
        titled = word.casefold() in known.titles and at + 1 < len(matches) and matches[at + 1][0][:1].isupper()
        start = at + 1 if titled else at
        begins = titled or (word[:1].isupper() and word.casefold().removesuffix("'s") in known.given)
        if not begins or _is_address(text, matches[start]):
            at += 1
            continue
        end = start
        while (
            end + 1 < len(matches)
            and end - start < 3
            and _follows(text, matches[end], matches[end + 1], known.not_surnames)
        ):
            end += 1
        yield re.sub(r"['’]s$", "", text[matches[start].start() : matches[end].end()])
        at = end + 1


def _borne(words: str) -> str:
    """Return the name that ends a row of words before an address: those that begin with a capital."""
    found: list[str] = []
    for word in reversed(words.split()):
        if not word[0].isupper():
            break
        found.insert(0, word)
    return " ".join(found)


def _is_address(text: str, match: re.Match[str]) -> bool:
    return text[match.end() : match.end() + 1] == "@" or text[max(0, match.start() - 1) : match.start()] in (
        "@",
        "/",
    )


def _follows(text: str, one: re.Match[str], other: re.Match[str], never: tuple[str, ...]) -> bool:
    between = text[one.end() : other.start()]
    return between == " " and other[0][:1].isupper() and other[0].casefold() not in never


def _swapped(path: Keys, text: str, swaps: tuple[_Swap, ...], counts: dict[str, int]) -> str:
    runs, proof = path[0] in ("steps", "broke", "control"), path[0] == "proof"
    if path == ("name",):
        return text
    for swap in swaps:
        if swap.old not in text:
            continue
        instead = swap.runs if runs else swap.proof if proof else swap.told
        parts = re.split(rf"(?<![A-Za-z0-9]){re.escape(swap.old)}(?![A-Za-z0-9])", text)
        text = instead.join(parts)
        counts[swap.old] += len(parts) - 1
    return text


def _without_hosts(case: Case) -> tuple[Case, tuple[Change, ...]]:
    """Replace every live host, in patterns with escaped dots too; a text without one stays as it is."""
    found = dict.fromkeys(host for path, text in texts(case) for host in _hosts(path, text))
    if not found:
        return case, ()
    *instead, _ = harmless(tuple(found), "")
    names = dict(sorted(zip(found, instead, strict=True), key=lambda pair: -len(pair[0])))
    whole = retold(case, lambda _, text: _renamed(text, names))
    changes = (Change(kind="host", masked=f"{old[:2]}…", instead=new, count=1) for old, new in names.items())
    return whole, tuple(changes)


def _hosts(path: Keys, text: str) -> Iterator[str]:
    plain = fill(text, dict.fromkeys(names_in(text), "x")).text.replace("\\.", ".")
    for host in live_hosts(plain):
        yield host.name.strip("*").strip(".")
    address = live_address(plain) if "args" in path and path[-1] in _ADDRESSES else None
    if address:
        yield address.name.strip("*").strip(".")


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for old, new in names.items():
        for one, other in ((old, new), (old.replace(".", "\\."), new.replace(".", "\\."))):
            text = other.join(re.split(rf"(?<![\w-]){re.escape(one)}(?![\w-])", text, flags=re.IGNORECASE))
    return text
