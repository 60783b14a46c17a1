"""What an unlisted name would do: which target it reaches, and whether it is known to run, load or fetch things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

from accord.content.tables import table_of
from accord.scan.pickles.lists import Named, is_listed, is_stdlib
from accord.scan.pickles.values import Doubt

_MOST_TEXTS: Final = 64
_MOST_LETTERS: Final = 8_192
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_OWN: Final = frozenset({"__main__", "__mp_main__"})


class Rules(NamedTuple):
    """The reviewed rules: keys that a state may set, verbs, words in names, gadgets, and looks of arguments."""

    dunders: frozenset[str]
    verbs: frozenset[str]
    words: frozenset[str]
    harms: frozenset[str]
    gadgets: tuple[tuple[str, str], ...]
    looks: tuple[tuple[str, re.Pattern[str]], ...]


@cache
def rules() -> Rules:
    """Return the rules, read when something is refused and has to be named."""
    said = table_of("scan/pickles.yaml")
    return Rules(
        frozenset(said["dunders"]),
        frozenset(said["verbs"]),
        frozenset(said["words"]),
        frozenset(said["harms"]),
        tuple((prefix, one["does"]) for one in said["gadgets"] for prefix in one["of"]),
        tuple((one["is"], re.compile(one["like"])) for one in said["looks"]),
    )


def blame(named: Named, *, called: bool, args: object = ()) -> Doubt:
    """Return what is wrong with a name that no list allows, used as a value or called with plain arguments."""
    doing = "calls" if called else "names"
    kind = "pickle-dangerous-call" if called else "pickle-dangerous-name"
    real = reached(named)
    if real:
        return Doubt(kind, f"{doing} {real}, reached through {named.full}")
    if is_stdlib(named.package):
        return Doubt(kind, f"{doing} {named.full}, which data never needs")
    does = _gadget(named)
    if does:
        return Doubt(kind, f"{doing} {named.full}, which {does}")
    if called:
        return _blame_call(named, kind, args)
    last = named.name.rpartition(".")[2]
    if last in rules().verbs or (_is_function(last) and _words(last) & rules().words) or _tells_harm(named):
        return Doubt(kind, f"names {named.full}, which runs or loads things by its name")
    if named.package in _OWN:
        return Doubt("pickle-own-class", f"names {named.full} of the program that wrote it")
    return Doubt("pickle-unlisted-name", f"names {named.full}, which is on no list")


def _blame_call(named: Named, kind: str, args: object) -> Doubt:
    last = named.name.rpartition(".")[2]
    if last in rules().verbs or (_is_function(last) and _words(last) & rules().words) or _tells_harm(named):
        return Doubt(kind, f"calls {named.full}, which runs or loads things by its name")
    look = looks_like(args)
    if look:
        return Doubt(kind, f"calls {named.full} with {look}")
    if is_listed(named.package) and _is_function(last):
        return Doubt(kind, f"calls {named.full}, a function that no list of {named.package} allows")
    if named.package in _OWN:
        return Doubt("pickle-own-class", f"makes {named.full} of the program that wrote it")
    return Doubt("pickle-unlisted-call", f"calls {named.full}, which is on no list")


def _is_function(last: str) -> bool:
    return last.lstrip("_")[:1].islower()


def _tells_harm(named: Named) -> bool:
    return bool(_words(named.full) & rules().harms)


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def reached(named: Named) -> str:
    """Return the real target of a dotted name that goes through another module: `torch.serialization`, `os.system`."""
    parts = named.name.split(".")
    for index, part in enumerate(parts[:-1]):
        bare = part.lstrip("_")
        if bare and is_stdlib(bare) and not (named.module.rpartition(".")[2] == bare and index == 0):
            return ".".join([bare, *parts[index + 1 :]])
    if len(parts) > 1 and any(part.startswith("__") for part in parts):
        return ".".join(parts)
    return ""


def _gadget(named: Named) -> str:
    full = named.full
    for prefix, does in rules().gadgets:
        if full.startswith(prefix) and (prefix.endswith("_") or full[len(prefix) : len(prefix) + 1] in {"", "."}):
            return does
    return ""


def looks_like(args: object) -> str:
    """Return what a plain argument looks like that data is not: an address, a path, code, a command."""
    for text in _texts(args):
        for look, pattern in rules().looks:
            if pattern.search(text[:_MOST_LETTERS]):
                return f"{look}: {text[:80]!r}"
    return ""


def _texts(args: object) -> Iterator[str]:
    todo, count = [args], 0
    while todo and count < _MOST_TEXTS:
        one = todo.pop()
        if isinstance(one, str | bytes):
            count += 1
            yield one if isinstance(one, str) else one[:_MOST_LETTERS].decode("latin-1")
        elif isinstance(one, dict):
            todo += [*_some(one.keys()), *_some(one.values())]
        elif isinstance(one, list | tuple):
            todo += _some(one)


def _some(items: Iterable[object]) -> list[object]:
    return [one for one, _ in zip(items, range(_MOST_TEXTS), strict=False)]
