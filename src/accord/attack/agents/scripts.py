"""Who calls what: ground truths changed in ways that a judge must notice, or must not mind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from accord.attack.agents.dojo import Call

_DAY = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+")

Make = Callable[[str, Mapping[str, object]], Call]


class Mutant(NamedTuple):
    """A changed script and what was changed in it."""

    change: str
    calls: tuple[Call, ...]


def changed(calls: Sequence[Call], make: Make) -> Iterator[Mutant]:
    """Yield the script without each call, and with each argument replaced, and with something added to it."""
    for at, call in enumerate(calls):
        if len(calls) > 1:
            yield Mutant(f"no call {at + 1}", (*calls[:at], *calls[at + 1 :]))
        for change, args in _altered(call.args):
            altered = make(call.function, args)
            yield Mutant(f"{change} of call {at + 1}", (*calls[:at], altered, *calls[at + 1 :]))


def _altered(args: Mapping[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    for name, value in args.items():
        for how, new in (("other", _other(value)), ("more", _more(value))):
            if new != value:
                yield f"{how} {name}", {**args, name: new}


def bent(calls: Sequence[Call], make: Make) -> Iterator[Mutant]:
    """Yield the script in other letters, twice, and backwards: where judges may rightly differ."""
    yield Mutant("capitals", tuple(make(call.function, {k: _loud(v) for k, v in call.args.items()}) for call in calls))
    yield Mutant("twice", (*calls, *calls))
    if len(calls) > 1:
        yield Mutant("backwards", tuple(reversed(calls)))


def _other(value: object) -> object:
    """Return another value of the same shape."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return type(value)(value / 4)
    if isinstance(value, list):
        return [_other(item) for item in value]
    if not isinstance(value, str):
        return value
    if _DAY.fullmatch(value):
        later = datetime.fromisoformat(value) + timedelta(days=1)
        return later.strftime("%Y-%m-%d %H:%M" if " " in value else "%Y-%m-%d")
    if value.isdecimal():
        return str(int(value) + 1)
    return "someone@example.org" if _MAIL.fullmatch(value) else "something else"


def _more(value: object) -> object:
    """Return the value with something added to it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return type(value)(value * 4)
    if isinstance(value, list):
        return [*value, _other(value[0])] if value else value
    if isinstance(value, str) and not _DAY.fullmatch(value) and not _MAIL.fullmatch(value):
        return f"As agreed: {value} (see above)"
    return value


def _loud(value: object) -> object:
    if isinstance(value, list):
        return [_loud(item) for item in value]
    return value.upper() if isinstance(value, str) else value
