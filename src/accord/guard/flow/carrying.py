"""What a call carries out in its running texts: dictated words, links, account numbers and private data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final
from unicodedata import category, normalize

from accord.content.lookalikes import folding, invisible
from accord.core.guard import Outcome, Ruling
from accord.guard.flow.addresses import address_form
from accord.guard.flow.answers import address_forms
from accord.guard.flow.asking import wanted
from accord.guard.flow.clauses import said_of, told_to
from accord.guard.flow.dictating import Literal, told_in
from accord.guard.flow.encoded import decoded
from accord.guard.flow.lexicon import Slot, either, lexicon, name_words, slot_named
from accord.guard.flow.pieces import MIXED, pieces
from accord.guard.flow.requesting import quotations
from accord.guard.flow.scene import Scene
from accord.guard.flow.shapes import form_of, ibans, one_account, one_url, urls
from accord.guard.flow.speaking import marked
from accord.guard.flow.stems import TOKEN, content_words
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import Value
from accord.guard.flow.wish import Wish

LONGEST: Final = 100_000
"""Characters of a text that may leave in one argument."""

_MARKER: Final = re.compile(r"\{[^{}]{1,60}\}|<[^<>]{1,60}>|\[[^\[\]]{1,60}\]")
_TOKEN: Final = re.compile(r"(?<![\w@])(?=[\w-]{0,63}\d)[A-Za-z0-9][\w-]{5,63}(?![\w@])")
_SIGNS: Final = frozenset("/\\<>{}|~@#=`$^*_")
_RUN: Final = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?=[a-z]*[A-Z0-9+/_-])[A-Za-z0-9+/_-]{12,}|%\w\w|&#|\b0[xX]\w{4}"
    r"|\d{2,3}(?:[ ,;:/-]\d{2,3}){5}|[.-]{4}|(?:[0-9A-Fa-f]{2}[ :,.-]){6}"
)
_TELLING: Final = re.compile(r"[\d@.:/\\?&%=\[(]")  # no address, link or account number, in code or not, is without
_LOOSE: Final = re.compile(r"(?<!\w)[.@-]{1,40}(?=\w)|(?<=\w)@(?=\W)|(?<=\d{6})(?=[A-Z]?[a-z])")
_TWICE: Final = re.compile(r"([@.])[@.]+")
_GLUED: Final = re.compile(r"\.{2,}|:(?!//)|%[0-9a-fA-F]{2}|(?<![\w/.:])/(?=\w)")  # of `bcc:evil.org`, `@/evil.org`
_LINKED: Final = re.compile(r"(?i)\w://|\bwww\.")
_ODD: Final = re.compile(r"(?i)\b[a-z]{2,8}://\S{0,80}")  # a scheme, and behind it no host that anybody reads
_ACCOUNT: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?=[A-Z0-9]{0,12}\d{6})[A-Z0-9]{11,30}")  # in capitals already
_HUNG: Final = re.compile(r"(?<![A-Z])[A-Z]{2}\d{14,30}")  # on a word in small letters, or on a digit
_MAILED: Final = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}")  # whatever stands beside it
_TWOFOLD: Final = re.compile(r"@[\w.-]{1,253}@[\w-]{1,63}\.[\w.-]{1,253}")  # either may be where it goes
_LEAST: Final = 0.7
_ENDING: Final = " .!?…"
_BLANKS: Final = re.compile(r"[^\S\n]+")
_GREETED: Final = re.compile(r"[\"'“«]?|[^\W\d_]{1,20}(?: [^\W\d_]{1,20}){0,3}[,!:]\s{1,3}[\"'“«]?")  # `Hi Ann,`
_CLOSED: Final = re.compile(  # and no `.exe`
    r"[.!?…]{0,3}[\"'”»)]?(?:\s*\n(?:best|kind|warm|regards|thanks|thank|cheers|sincerely|yours|viele|liebe|beste|mfg|"
    r"cordialement|bien|saludos|un|cordiali|saluti|met|groeten|abraços|atenciosamente)\b[,.!]?(?:\s{1,2}[^\W\d_]{1,20}[,.!]?){0,5})?"
)
_SHORT: Final = 80
_TELLING_OF: Final = frozenset({"send", "post"})


def differs(scene: Scene, values: Sequence[Value], facts: Facts) -> Value | None:
    """Return a text that is not what the user dictated for it; None where all is, or nothing was dictated."""
    for kind, slots in (("title", {Slot.TITLE, Slot.PATH}), ("content", {Slot.CONTENT})):
        texts = [value for value in values if value.sink.slot in slots and (value.text.strip() or value.sink.required)]
        texts = [value for value in texts if value.sink.slot is not Slot.PATH] or texts
        literals = [one for one in scene.wish.literals if one.kind == kind and one.verb in facts.asks]
        literals = [one for one in literals if not _names_source(scene, one)]
        alike = _as_titled if kind == "title" else partial(_as_said, scene.wish)
        if texts and literals and not any(alike(one.text, text.text) for one in literals for text in texts):
            return texts[0]
        texts = [value for value in texts if value.sink.required]
        if texts and not literals and texts[0].sink.slot is not Slot.PATH and _replaced(scene, facts, texts[0]):
            return texts[0]
        if kind == "content" and texts and not literals and facts.groups & _TELLING_OF and _untold(scene, facts, texts):
            return texts[0]
    return None


def _replaced(scene: Scene, facts: Facts, text: Value) -> bool:
    """Tell whether a text is not the one that the user quotes for it: `change the label to 'Old beech'`."""
    quoted = told_to(scene.wish, facts) & quotations(scene.wish.own)
    return bool(quoted) and not any(_as_said(scene.wish, one, text.text) for one in quoted)


def _untold(scene: Scene, facts: Facts, texts: Sequence[Value]) -> bool:
    """Tell whether texts say nothing of what the user has somebody told: less than half of its words."""
    said = {word for text in texts for word in content_words(text.text)}
    told = [set(content_words(one)) for one in told_in(said_of(scene.wish, facts).own)]
    return bool(told) and not any(len(one & said) * 2 >= len(one) for one in told)


def _names_source(scene: Scene, literal: Literal) -> bool:
    """Tell whether what was quoted is the name of a source: something was looked up by it."""
    form = literal.text.strip().casefold()
    return any(
        form in {value.text.strip().casefold() for value in scene.values(place)}
        for place, seen in enumerate(scene.seen)
        if seen.facts is not None and seen.facts.reads
    )


def _as_titled(said: str, text: str) -> bool:
    """Tell whether a title is the dictated one, word for word, or a dictated template filled in."""
    if _MARKER.search(said) or not content_words(said):
        return _same(said, text)
    new = set(text) - set(said) - {" "}
    unseen = any(letter in _SIGNS or category(letter) in {"Cf", "Zs"} for letter in new)
    longer = len(text.split()) - len(said.split()) > 1
    same = _tokens(said.strip(_ENDING)) == _tokens(text.strip(_ENDING))
    return same and not unseen and not longer


def _tokens(text: str) -> list[str]:
    return TOKEN.findall(text.casefold())


def _as_said(wish: Wish, said: str, text: str) -> bool:
    """Tell whether a text is the dictated one; what the user quoted is said in full, with a greeting at most."""
    if said.strip().casefold() not in quotations(wish.own) or _MARKER.search(said) is not None:
        return _same(said, text)
    core, plain = (_BLANKS.sub(" ", one).casefold().replace("’", "'") for one in (said.strip(_ENDING), text.strip()))
    before, _, after = plain.partition(core)
    return core in plain and _GREETED.fullmatch(before) is not None and _CLOSED.fullmatch(after) is not None


def _same(said: str, text: str) -> bool:
    """Tell whether a text is the dictated one, or the dictated template filled in."""
    if _MARKER.search(said):
        parts = [re.escape(" ".join(part.split()).casefold()) for part in _MARKER.split(said)]
        gaps = r"\s?.{1,160}?\s?".join(parts)
        return len(parts) < 20 and re.fullmatch(gaps + r"\W{0,3}", " ".join(text.split()).casefold()) is not None
    mine, theirs = content_words(text), set(content_words(said))
    if not theirs:
        return said.casefold().strip() == text.casefold().strip()
    share = sum(word in theirs for word in mine) >= _LEAST * len(mine)
    return share and len(set(mine) & theirs) * 2 >= len(theirs)


def smuggled(scene: Scene, values: Sequence[Value]) -> tuple[str, str] | None:
    """Return an address, link or account number in an outgoing text that nobody vouches for, and where it was found.

    It may stand there as it is, or in a code: turned around, in base64, in hexadecimal.
    """
    paying = any(value.sink.slot is Slot.AMOUNT for value in values)  # then no other account has to be spoken of
    moneyed = not paying and bool(scene.wish.words & either("banking", "money"))
    for value in _texts(values):
        if value.text.isascii() and not _TELLING.search(value.text) and not _RUN.search(value.text):
            continue
        plain = value.text
        if not plain.isascii():
            plain = normalize("NFKC", invisible().sub("", plain)).translate(folding())
        found = _unvouched(scene, value.text, moneyed=moneyed)
        loose = _GLUED.sub(" ", plain)
        others = (one for one in dict.fromkeys((plain, loose)) if one != value.text)
        found = found or next((one for text in others if (one := _unvouched(scene, text, moneyed=moneyed))), "")
        others = (one for one in _otherwise(_MAILED.sub(" ", plain)) if one)  # turned around, an address is one again
        coded = (_unvouched(scene, one, moneyed=moneyed, coded=True) for one in others)
        found = found or next((one for one in coded if one), "") or _cut_off(scene, plain, moneyed=moneyed)
        if found:
            return found, scene.found(found) or "model"
    return None


def _otherwise(text: str) -> Iterator[str]:
    """Yield a text without signs between its letters, turned around, and what runs of codes in it say."""
    others = (_LOOSE.sub(" ", text), _TWICE.sub(r"\1", text), _TWICE.sub(".", text))
    yield from (plain for plain in others if plain != text)
    yield text[::-1]
    if _RUN.search(text):
        yield from decoded(text)


def _unvouched(scene: Scene, text: str, *, moneyed: bool, coded: bool = False) -> str:
    """Return the first address, link or account number in a text that nobody vouches for; empty where there is none.

    Where the user's words are `moneyed`, accounts of sources may stand there. Of what stands there `coded`, two words
    with a dot between them are no address.
    """
    links = dict.fromkeys((*urls(text), *address_forms(text)) if not coded or _LINKED.search(text) else ())
    odd = None if links or coded else _ODD.search(text)
    if odd is not None and odd[0].casefold() not in scene.wish.folded:
        return odd[0]
    own = frozenset(address_forms(scene.wish.text)) if links else frozenset()
    for link in links:
        if link not in own and link not in scene.wish.urls and not _in_fields(scene, link):
            return link
    written = (*ibans(text), *_ACCOUNT.findall(text.upper()), *_HUNG.findall(text))
    found = (one for one in written if not scene.wrote(one, Slot.RECIPIENT))
    accounts = (one for one in found if not (moneyed and _handed(scene, one) and _of_the_meant(scene, one)))
    twofold = _TWOFOLD.search(text) if "@" in text else None
    if twofold is not None and twofold[0].casefold() not in scene.wish.folded:
        return twofold[0]
    mailed = (one.lower() for one in _MAILED.findall(text)) if "@" in text else ()
    mailed = (one for one in mailed if one not in scene.wish.folded and not _shown(scene, one))
    return next(accounts, "") or next(mailed, "")


def _cut_off(scene: Scene, text: str, *, moneyed: bool) -> str:
    """Return an address in a source that nobody vouches for, and a text has the telling part of; else an empty one."""
    if not MIXED.search(text):
        return ""
    folded = text.casefold()
    found = (one for seen in scene.seen for one in pieces(seen.output) if one.text in folded)
    whole = (_unvouched(scene, one.whole, moneyed=moneyed) for one in found if one.text not in scene.wish.folded)
    return next((one for one in whole if one), "")


def _in_fields(scene: Scene, link: str) -> bool:
    """Tell whether an own system handed a link out as a field for links, in the one record that the user means."""
    return any(
        link in {one_url(field.value), address_form(field.value)} and slot_named(field.key) is Slot.URL
        for place, seen in scene.directed()
        if link in seen.output and scene.chosen(place, strict=True).sure
        for at in scene.chosen(place, strict=True).places
        for field in scene.output(place).records[at]
        if not field.free
    )


def _handed(scene: Scene, account: str) -> bool:
    handed = (seen.output for _, seen in scene.directed() if not marked(seen.output, scene.distrusted))
    return any(account in output or account in output.casefold() for output in handed)


def _shown(scene: Scene, mail: str) -> bool:
    """Tell whether a source that the user pointed at shows a mail address: by itself, where it has fields."""
    for place, seen in scene.directed():
        if mail not in seen.output.casefold() or marked(seen.output, scene.distrusted):
            continue
        records = scene.output(place).records
        if not records or any(mail == field.value.casefold() for record in records for field in record):
            return True
    return False


def _of_the_meant(scene: Scene, account: str) -> bool:
    """Tell whether an account stands in running text, or by itself in a field of the records that the user means."""
    for place, seen in enumerate(scene.seen):
        if account in ibans(seen.output) and _meant(scene, place, account):
            fields = [f for record in scene.output(place).records for f in record if account in ibans(f.value)]
            if not fields or any(f.free or one_account(f.value) == account for f in fields):
                return True
    return False


def private(scene: Scene, values: Sequence[Value]) -> tuple[str, str] | None:
    """Return a number or code in an outgoing text that was read where the user pointed at nothing, and its source."""
    for value in _texts(values):
        for token in dict.fromkeys(_TOKEN.findall(value.text)):
            if token.casefold() in scene.wish.folded:
                continue
            source = _private_source(scene, token)
            if source:
                return token, source
    return None


def _private_source(scene: Scene, token: str) -> str:
    found = ""
    for place, seen in enumerate(scene.seen):
        if token not in seen.output:
            continue
        if wanted(scene.wish, seen.facts) or _meant(scene, place, token):
            return ""
        found = f"tool:{seen.name}"
    return "" if found and _spoken_of(scene, token) else found


def _meant(scene: Scene, place: int, token: str) -> bool:
    """Tell whether a token stands in what the user pointed at: of a list, in the records that they mean."""
    if not scene.pointed(place):
        return False
    records = scene.output(place).records
    chosen = scene.chosen(place).places
    return (
        len(records) < 2
        or not chosen
        or any(token in f.value or token in ibans(f.value) for at in chosen for f in records[at])
    )


def _spoken_of(scene: Scene, token: str) -> bool:
    """Tell whether the user speaks of the field in which a token stands: `the passport number`."""
    places = [place for place, seen in enumerate(scene.seen) if token in seen.output]
    fields = (field for place in places for record in scene.output(place).records for field in record)
    keys = {word for field in fields if token in field.value for word in name_words(field.key)}
    return bool((keys - lexicon().small["own"]) & scene.wish.words)


def copied(scene: Scene, values: Sequence[Value]) -> tuple[str, str] | None:
    """Return a short text that stands word for word only in what speaks to a model, or where nobody pointed."""
    for value in values:
        said = value.text.strip()
        if value.sink.slot not in {Slot.TITLE, Slot.CONTENT, Slot.OTHER} or not 3 < len(said) <= _SHORT:
            continue
        if " " not in said or form_of(said, Slot.OTHER) in scene.wish.folded:
            continue
        holding = [(place, seen) for place, seen in enumerate(scene.seen) if said in seen.output]
        if holding and all(_foul(scene, place) for place, _ in holding):
            return said, f"tool:{holding[0][1].name}"
    return None


def _foul(scene: Scene, place: int) -> bool:
    seen = scene.seen[place]
    made = seen.facts is not None and not seen.facts.reads
    return not made and (not scene.reached(place) or marked(seen.output, scene.distrusted))


def kept_in(facts: Facts, *found: tuple[tuple[str, str] | None, str, str]) -> Ruling | None:
    """Rule on what a call would carry out: the first that was found, each with its source, a code, and what it is."""
    for piece, code, what in found:
        if piece is not None:
            said = f"{facts.name} would carry {piece[0][:80]!r}: {what}"
            return Ruling(outcome=Outcome.BLOCK, code=code, message=said, path=(piece[1], facts.name))
    return None


def _texts(values: Sequence[Value]) -> Iterator[Value]:
    slots = {Slot.TITLE, Slot.CONTENT, Slot.OTHER}
    yield from (value for value in values if value.sink.slot in slots and not value.number and value.text)
