"""Which effect a call of a stranger's tool has, and which of its arguments are which of the effect's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from accord.case.drafting.tables import Stems, effects
from accord.case.drafting.talk import leaves
from accord.core.case import Argument, Does
from accord.core.system import System, Tool
from accord.core.trial import ToolCall

_CAMEL = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])|[^\W_a-zA-Z]+")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?://|www\.)\S{3,300}", re.IGNORECASE)
_PATH = re.compile(
    r"(?:[~.]{0,2}/[\w.-]+){1,20}|[\w-]+\.(?:txt|md|csv|json|ya?ml|py|sh|env|pdf|docx|html|log|conf|ini)"
)
_ACCOUNT = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}|\+?\d[\d -]{8,20}")


class Bound(NamedTuple):
    """A call by the shared vocabulary: its effect, and its arguments as (argument, value)."""

    does: str
    args: tuple[tuple[str, str], ...]


def bound(call: ToolCall, system: System | None = None, told: str = "") -> Bound:
    """Return what a call does: as the manifest says, else as its name, its arguments and the text behind it tell."""
    tool = _declared(call.name, system)
    given = tuple(leaves(call.args))
    does = call.does or (tool.does if tool and tool.does else "") or _does(call.name, given, told)
    own = {name.casefold(): argument for argument, name in tool.args.items()} if tool else {}
    named = ((own.get(name.casefold()) or _argument(does, name, value), value) for name, value in given)
    return Bound(does, tuple(dict.fromkeys((argument, value) for argument, value in named if argument in {*Argument})))


@lru_cache(maxsize=2048)
def effect_in(text: str) -> str:
    """Return the effect that an instruction tells, or nothing."""
    found = frozenset(re.findall(r"[a-z]+|[@$£€]|https?|www", text[:4_000].casefold()))
    return next((stems.does for stems in effects().texts if _fits(stems, found)), "")


def _declared(name: str, system: System | None) -> Tool | None:
    if system is None:
        return None
    wanted = _plain(name)
    return next((tool for tool in system.components.tools if _plain(tool.id) == wanted), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _does(name: str, given: tuple[tuple[str, str], ...], told: str) -> str:
    by_name = _of_name(name)
    if by_name and by_name not in (Does.READ_PRIVATE, Does.CHANGE_RECORD):
        return by_name
    return by_name or _by_arguments(given) or effect_in(told) or Does.CHANGE_RECORD


@lru_cache(maxsize=2048)
def _of_name(name: str) -> str:
    """Return the effect that the name of a tool tells, or nothing; what begins with `get` or so changes nothing."""
    parts = tuple(part.casefold() for part in _CAMEL.findall(name))
    table = effects().tools
    reads = any(
        one.does == Does.READ_PRIVATE and not one.nouns and _begins("".join(parts[:1]), one.verbs) for one in table
    )
    fitting = (stems.does for stems in table if _fits(stems, parts))
    return next((does for does in fitting if not reads or does in (Does.READ_PRIVATE, Does.FETCH_URL)), "")


def _fits(stems: Stems, found: Iterable[str]) -> bool:
    """Tell whether one verb, and one noun where there are any, begin words that are there."""
    return any(_begins(word, stems.verbs) for word in found) and (
        not stems.nouns or any(_begins(word, stems.nouns) for word in found)
    )


def _begins(word: str, stems: tuple[str, ...]) -> bool:
    return any(word == stem or (len(stem) > 3 and word.startswith(stem)) or word == f"{stem}s" for stem in stems)


def _by_arguments(given: tuple[tuple[str, str], ...]) -> str:
    shapes = {argument: True for name, value in given for argument in (_argument("", name, value),)}
    if "amount" in shapes and ("recipient" in shapes or "target" in shapes):
        return Does.PAY
    if "recipient" in shapes and "content" in shapes:
        return Does.SEND_MESSAGE
    if "code" in shapes:
        return Does.RUN_CODE
    if "path" in shapes and "content" in shapes:
        return Does.WRITE_FILE
    return Does.FETCH_URL if "url" in shapes else ""


def _argument(does: str, name: str, value: str) -> str:
    """Return the argument of an effect that a tool's own argument is, by its name and what it holds."""
    known = effects()
    folded = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    parts = (folded, *reversed([part.casefold() for part in _CAMEL.findall(name)]))
    for table in (known.instead.get(does, {}), known.arguments):
        if found := _listed(parts, table):
            return _corrected(does, found, value)
    return _shape(value)


def _listed(parts: tuple[str, ...], table: Mapping[str, tuple[str, ...]]) -> str:
    for part in parts:
        for argument, told in table.items():
            if part in told:
                return argument
    return ""


def _corrected(does: str, argument: str, value: str) -> str:
    """Correct what a name says by what the value is: a link is a link, a number sent to is an account."""
    if argument in ("recipient", "target") and _URL.fullmatch(value):
        return Argument.URL
    if argument == "code" and does not in (Does.RUN_CODE, ""):
        return Argument.CONTENT if " " in value else Argument.TARGET
    return argument


def _shape(value: str) -> str:
    if _URL.match(value):
        return Argument.URL
    if _MAIL.fullmatch(value) or _ACCOUNT.fullmatch(value):
        return Argument.RECIPIENT
    if _PATH.fullmatch(value):
        return Argument.PATH
    return Argument.CONTENT if " " in value else Argument.TARGET


def telling(does: str) -> Iterator[str]:
    """Yield the arguments of an effect, the one that tells most first."""
    known = effects().telling.get(does, ())
    yield from known
    yield from (str(one) for one in Argument if str(one) not in known)
