"""A folder where calls wait for a person: what was asked about, and signed grants, each good for one call once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accord.core.canon import Digest
from accord.core.errors import AccordError, RecordError
from accord.core.finding import Place
from accord.core.guard import Decision, Outcome
from accord.core.text import shown
from accord.core.trial import ToolCall
from accord.guard.flow import Grant, grant_subject, open_grant, sign_grant
from accord.record.codec import from_json, to_json
from accord.record.state import read_file, write_file

if TYPE_CHECKING:
    from accord.record.keys import Signer

MOST: Final = 1_000
"""Calls that may wait at once; further ones stay stopped, and nobody is asked."""

LARGEST: Final = 64 << 10
"""Bytes of a call that a person can be asked about."""

LASTS: Final = timedelta(days=1)
"""How long a call waits, and the longest that a grant holds."""

_LIMIT: Final = 2 * LARGEST
_USED: Final = b"a grant of this number was used\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A call that a person has to allow: whose it is, what it is, exactly, and why it was stopped."""

    asked: int
    caller: str
    call: ToolCall
    decision: str
    code: str
    message: str
    since: datetime
    path: tuple[str, ...] = ()

    @property
    def subject(self) -> Digest:
        """Return what a grant has to be for: worked out from what is shown, whatever the file is called."""
        return grant_subject(self.call, self.caller)

    @property
    def id(self) -> str:
        """Return how people name it."""
        return _short(self.subject)


class Approvals:
    """The folder, as a gateway and as a person use it; `keys` gives the ids and raw public keys that count."""

    def __init__(self, folder: Path, keys: Callable[[], Mapping[str, bytes]]) -> None:
        self.folder = folder
        self._keys = keys

    def settled(self, made: Decision, call: ToolCall, caller: str, *, now: datetime) -> Decision:
        """Return a decision after a person's word: allowed by a grant, which is used up, or waiting for one."""
        if made.outcome is not Outcome.ASK or not made.enforced:
            return made
        try:
            subject = grant_subject(call, caller)
            held, objection = self._granted(subject, now)
            if held is not None:
                path = (f"grant:{held.nonce}", call.name)
                return replace(made, outcome=Outcome.ALLOW, code="", message=f"allowed by {held.by}", path=path)
            said = "; ".join(one for one in (objection, self._wait(made, call, caller, now)) if one)
        except (AccordError, OSError, ValueError) as error:
            said = f"nobody can be asked: {error}"
        return replace(made, message=f"{made.message}; {said}")

    def granted(self, call: ToolCall, caller: str, *, now: datetime) -> bool:
        """Tell whether a grant lies there for a call, which stays as it is."""
        try:
            return self._held(grant_subject(call, caller), now)[0] is not None
        except (AccordError, OSError, ValueError):
            return False

    def waiting(self, now: datetime) -> tuple[Waiting, ...]:
        """Return what waits, the oldest first; files that hold nothing of the kind are passed over."""
        found = (self._read(path) for path in self._files("asked-"))
        return tuple(sorted((one for one in found if one and now - one.since < LASTS), key=lambda one: one.since))

    def find(self, id: str, now: datetime) -> Waiting:  # noqa: A002  (what people call it)
        """Return the call of this id, or of this decision; raises `RecordError` where none waits."""
        found = next((one for one in self.waiting(now) if id in {one.id, one.decision}), None)
        if found is None:
            hint = "accord guard approvals list --approvals DIR tells what waits"
            raise RecordError(f"no call {id[:40]!r} waits", hint=hint, code="ACC-E725")
        return found

    def grant(self, one: Waiting, signer: Signer, *, by: str, now: datetime, until: datetime) -> Grant:
        """Sign a grant for a call and lay it down; raises `RecordError` where it would hold too long."""
        if not now < until <= now + LASTS:
            raise RecordError("a grant holds for a day at most", hint="name fewer minutes", code="ACC-E725")
        made = Grant(
            subject=one.subject, nonce=secrets.token_hex(16), by=by, issued=now, expires=until, session=one.caller
        )
        try:
            write_file(self._place("grant-", one.subject), sign_grant(made, signer) + b"\n", mode=0o600)
        except OSError as error:
            raise _unwritten(self.folder, error) from error
        self.drop(one)
        self._forget(now)
        return made

    def _forget(self, now: datetime) -> None:
        """Take away the marks of grants that have long ended: without one they hold no more than with one."""
        for path in self.folder.glob("used-*"):
            with suppress(OSError):
                if path.stat().st_mtime < (now - 2 * LASTS).timestamp():
                    path.unlink()

    def drop(self, one: Waiting) -> None:
        """Take a call off the list; raises `RecordError` when the disk refuses it."""
        try:
            self._place("asked-", one.subject).unlink(missing_ok=True)
        except OSError as error:
            raise _unwritten(self.folder, error) from error

    def _granted(self, subject: Digest, now: datetime) -> tuple[Grant | None, str]:
        """Return the grant for a call, used up by this; else what is wrong with the one that lies there."""
        held, objection = self._held(subject, now)
        if held is None:
            return None, objection
        try:
            write_file(self._used(held), _USED, mode=0o600, replace=False)  # one makes the file
        except FileExistsError:
            return None, "the grant was used before"
        with suppress(OSError):
            self._place("grant-", subject).unlink()
        return held, ""

    def _held(self, subject: Digest, now: datetime) -> tuple[Grant | None, str]:
        """Return the grant that lies there for a call; else what is wrong with it. One that is over goes away."""
        place = self._place("grant-", subject)
        try:
            held = open_grant(read_file(place, _LIMIT).strip(), self._keys())
        except FileNotFoundError:
            return None, ""
        except (AccordError, OSError, ValueError) as error:
            return None, f"the grant that lies there does not hold: {error}"
        if not held.nonce.isalnum() or len(held.nonce) > 64 or held.expires - held.issued > LASTS:
            return None, "the grant is none of ours: it has no number, or holds for more than a day"
        used = self._used(held).exists()
        refused = held.covers(subject, now, frozenset({held.nonce} if used else ()))
        if not refused:
            return held, ""
        with suppress(OSError):
            place.unlink()
        return None, refused

    def _used(self, held: Grant) -> Path:
        return self.folder / f"used-{held.nonce}"

    def _wait(self, made: Decision, call: ToolCall, caller: str, now: datetime) -> str:
        """Lay a call down for a person, unless it lies there, and return how it is named."""
        one = Waiting(
            asked=1, caller=caller, call=call, decision=made.id, code=made.code, message=made.message, since=now,
            path=made.path,
        )  # fmt: skip
        place = self._place("asked-", one.subject)
        known = self._read(place)
        if known is None or known.since + LASTS / 2 < now:
            data = to_json(one)
            if len(data) > LARGEST:
                return f"nobody can be asked: the call has more than {LARGEST:,} bytes"
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if len([*self._files("asked-")]) >= MOST and not self._tidied(now):
                return f"nobody can be asked: {MOST:,} calls wait"
            write_file(place, data + b"\n", mode=0o600)
        return f"it waits for a person as {one.id}"

    def _tidied(self, now: datetime) -> bool:
        """Take away what nobody waits for any more, and tell whether there is room."""
        for path in [*self._files("asked-")]:
            one = self._read(path)
            if one is None or now - one.since >= LASTS:
                with suppress(OSError):
                    path.unlink()
        return len([*self._files("asked-")]) < MOST

    def _read(self, path: Path) -> Waiting | None:
        try:
            return from_json(read_file(path, _LIMIT), Waiting, path=path.name, limit=_LIMIT)
        except (AccordError, OSError, ValueError):
            return None

    def _files(self, start: str) -> Iterator[Path]:
        try:
            with os.scandir(self.folder) as entries:
                names = sorted(one.name for one in entries if one.name.startswith(start) and one.name.endswith(".json"))
        except OSError:
            return iter(())
        return (self.folder / name for name in names)

    def _place(self, start: str, subject: Digest) -> Path:
        return self.folder / f"{start}{_short(subject)}.json"


def _short(subject: Digest) -> str:
    return subject.removeprefix("sha256:")[:16]


def _unwritten(folder: Path, error: OSError) -> RecordError:
    return RecordError(
        f"the folder of approvals cannot be written: {error.strerror}",
        hint="check the folder and its permissions",
        code="ACC-E725",
        where=Place(path=shown(str(folder))),
    )
