"""Signed rules in a folder: one file a rule, each signed on its own, and one file that names the whole set.

What is not signed by a key that counts, was changed, or cannot be read is never loaded, is told, and stops no other.
What is signed and would meet nearly anything only flags.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from accord.core.canon import Digest, canonical, digest_bytes
from accord.core.canon import digest as digest_of
from accord.core.errors import AccordError, RecordError
from accord.core.finding import Place
from accord.core.guard import GuardRule
from accord.core.settings import MIB, state_folder
from accord.core.signatory import Signatories
from accord.core.system import Mode
from accord.core.text import shown
from accord.guard.rules.bounds import too_broad
from accord.guard.rules.listing import FILE, LARGEST, Refused, astray, listed, written
from accord.record import dsse
from accord.record.codec import from_json
from accord.record.keys import Signer, keyid_of, list_keys
from accord.record.state import read_file, write_file

PAYLOAD: Final = "application/vnd.accord.guard-rule+json"
"""What is signed in the file of a rule."""

MOST: Final = 10_000
"""Rules of one folder that are read."""

_LARGEST: Final = 2 * MIB
_FULL: Final = 8  # looks at a folder, of which one is at every file
_ED25519: Final = bytes.fromhex("302a300506032b6570032100")  # what stands before the key in a SubjectPublicKeyInfo


class RuleSet(NamedTuple):
    """The rules in force, the digest that names them, and the files that were refused.

    `held` says why rules that were signed to block only flag, by their ids; `astray` what is other than the list says.
    """

    rules: tuple[GuardRule, ...] = ()
    digest: Digest = digest_of([])
    refused: tuple[Refused, ...] = ()
    held: Mapping[str, str] = MappingProxyType({})
    astray: tuple[Refused, ...] = ()


class _Opened(NamedTuple):
    stamp: tuple[int, int, int]
    rule: GuardRule | None
    payload: Digest | None
    reason: str  # why it is not in force, or only flags


class Shelf:
    """A folder of signed rules; `keys` maps ids to raw public keys, and left out they are the operator's own."""

    def __init__(self, folder: Path, keys: Mapping[str, bytes] | None = None) -> None:
        self.folder = folder
        self._keys = dict(own_keys() if keys is None else keys)
        self._known: dict[str, _Opened] = {}
        self._seen: tuple[tuple[str, tuple[int, int, int]], ...] | None = None
        self._own = (0, 0, 0)
        self._looks = 0

    def changed(self) -> bool:
        """Tell whether the folder is another than it was when it was last read; no file is opened.

        What is put or taken away changes the folder itself, which is one look; every file is looked at for a while
        after that, and else every eighth time, for those that are written over in their places.
        """
        own = self._own_stamp()
        if own != self._own:
            self._own, self._looks = own, 0
        self._looks += 1
        if self._looks > _FULL and self._looks % _FULL:
            return self._seen is None
        return self._seen != self._stamps()

    def after(self, other: Shelf | None) -> Shelf:
        """Return itself, with what another reader of the folder with the same keys has opened already."""
        if other is not None and other.folder == self.folder and other._keys == self._keys:  # noqa: SLF001  # its own
            self._known = other._known  # noqa: SLF001  # its own
        return self

    def current(self, now: datetime | None = None) -> RuleSet:
        """Return the rules in force; files that did not change are not read again. Never raises for a bad file."""
        stamps = self._stamps()
        self._seen = stamps
        known = {name: self._opened(name, stamp) for name, stamp in stamps[:MOST]}
        self._known = known
        found = _set_of(known, now)
        if len(stamps) > MOST:
            rest = Refused(str(self.folder), f"holds more than {MOST:,} rules: the rest is not read")
            found = found._replace(refused=(*found.refused, rest))
        return found._replace(astray=tuple(astray(self._list(), self._keys, _digests(known))))

    def put(self, rules: Iterable[GuardRule], signer: Signer) -> None:
        """Sign rules and lay them on the shelf, each file whole or not at all.

        Raises `RecordError` when the disk refuses it.
        """
        named = self._named()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for rule in rules:
                envelope = dsse.sign(canonical(rule), PAYLOAD, signers=(signer,))
                write_file(self.folder / f"{rule.id}.json", dsse.to_json(envelope) + b"\n")
                named[rule.id] = digest_bytes(canonical(rule))
            self._keys.setdefault(signer.keyid, signer.public)
            self._write_list(named, signer)
        except OSError as error:
            raise self._unwritten(error) from error

    def remove(self, rule: str, signer: Signer) -> bool:
        """Take a rule off the shelf and its list, and tell whether it was there.

        Raises `RecordError` when the disk refuses it.
        """
        named = self._named()
        there = f"{rule}.json" in dict(self._stamps())
        if not there and named.pop(rule, None) is None:
            return False
        try:
            self._write_list({one: own for one, own in named.items() if one != rule}, signer)
            if there:
                (self.folder / f"{rule}.json").unlink()
        except OSError as error:
            raise self._unwritten(error) from error
        return True

    def _named(self) -> dict[str, Digest]:
        """Return what the list names; without one that counts, what is in force."""
        try:
            return dict(listed(self._list() or b"", self._keys))
        except AccordError:
            self.current()
            return dict(_digests(self._known))

    def _list(self) -> bytes | None:
        try:
            return read_file(self.folder / FILE, LARGEST)
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            return b""

    def _write_list(self, named: Mapping[str, Digest], signer: Signer) -> None:
        write_file(self.folder / FILE, written(named, self.current().digest, signer))

    def _own_stamp(self) -> tuple[int, int, int]:
        try:
            held = self.folder.stat()
        except OSError:
            return (0, 0, 0)
        return (held.st_mtime_ns, held.st_nlink, held.st_ino)

    def _stamps(self) -> tuple[tuple[str, tuple[int, int, int]], ...]:
        try:
            with os.scandir(self.folder) as entries:
                found = [
                    (one.name, _stamp(one)) for one in entries if one.name.endswith(".json") and one.name[0] != "."
                ]
        except OSError:
            return ()
        return tuple(sorted(found))

    def _opened(self, name: str, stamp: tuple[int, int, int]) -> _Opened:
        known = self._known.get(name)
        if known is not None and known.stamp == stamp:
            return known
        try:
            data = read_file(self.folder / name, _LARGEST)
        except (OSError, ValueError) as error:
            return _Opened(stamp, None, None, f"cannot be read: {error}")
        return _from_bytes(name, data, keys=self._keys, stamp=stamp)

    def _unwritten(self, error: OSError) -> RecordError:
        return RecordError(
            f"the folder of rules cannot be written: {error.strerror}",
            hint="check the folder and its permissions",
            code="ACC-E734",
            where=Place(path=shown(str(self.folder))),
        )


def own_keys() -> dict[str, bytes]:
    """Return the operator's own public keys by id: those of the state folder of the working directory."""
    try:
        return {key.keyid: key.public for key in list_keys(state_folder(Path.cwd(), os.environ))}
    except AccordError:
        return {}


def opened(texts: Mapping[str, str], signatories: Signatories, now: datetime | None = None) -> RuleSet:
    """Return the rules among the texts of files that a key in good standing signed, beside the list among them."""
    named = [one for one in signatories.keys if one.objection is None and one.public.startswith(_ED25519)]
    raw = [one.public[len(_ED25519) :] for one in named]
    keys = {keyid_of(one): one for one in raw} | {one.keyid: key for one, key in zip(named, raw, strict=True)}
    files = {path.rpartition("/")[2]: text.encode("utf-8", "replace") for path, text in sorted(texts.items())}
    known = {name: _from_bytes(name, data, keys=keys, stamp=(0, 0, 0)) for name, data in files.items() if name != FILE}
    return _set_of(known, now)._replace(astray=tuple(astray(files.get(FILE), keys, _digests(known))))


def _set_of(known: Mapping[str, _Opened], now: datetime | None) -> RuleSet:
    lasting = [(one.rule, one) for one in known.values() if one.rule is not None and _lasts(one.rule, now)]
    refused = tuple(Refused(name, one.reason) for name, one in known.items() if one.rule is None)
    held = {rule.id: one.reason for rule, one in lasting if one.reason}
    return RuleSet(
        tuple(rule for rule, _ in lasting), digest_of(sorted(str(one.payload) for _, one in lasting)), refused, held
    )


def _digests(known: Mapping[str, _Opened]) -> Mapping[str, Digest]:
    """Return the digests of what was signed, by the ids of the rules that count."""
    return {one.rule.id: one.payload for one in known.values() if one.rule is not None and one.payload is not None}


def _from_bytes(name: str, data: bytes, *, keys: Mapping[str, bytes], stamp: tuple[int, int, int]) -> _Opened:
    try:
        verified = dsse.verify(dsse.from_json(data.strip()), keys, payload_type=PAYLOAD)
        rule = from_json(verified.payload, GuardRule, path=name, limit=_LARGEST)
    except AccordError as error:
        return _Opened(stamp, None, None, error.message)
    if f"{rule.id}.json" != name:
        return _Opened(stamp, None, None, f"holds the rule {rule.id[:80]!r}, and is called otherwise")
    broad = too_broad(rule) if rule.mode is Mode.ENFORCE else ""
    return _Opened(stamp, replace(rule, mode=Mode.SHADOW) if broad else rule, digest_bytes(verified.payload), broad)


def _stamp(entry: os.DirEntry[str]) -> tuple[int, int, int]:
    """Return what changes when a file is written anew; zeros where it is gone by now."""
    try:
        held = entry.stat(follow_symlinks=False)
    except OSError:
        return (0, 0, 0)
    return (held.st_mtime_ns, held.st_size, held.st_ino)


def _lasts(rule: GuardRule, now: datetime | None) -> bool:
    return rule.expires is None or now is None or now < rule.expires
