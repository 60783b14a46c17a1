"""One OSV record (ossf.github.io/osv-schema): decoded within bounds, and cut down to what matching needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, NamedTuple

import msgspec

from accord.core.errors import AccordError
from accord.scan.supply.cvss import severity_of

LARGEST = 8 << 20
"""The largest record that is read, in bytes."""

_Short = Annotated[str, msgspec.Meta(max_length=512)]
_Few = Annotated[list[_Short], msgspec.Meta(max_length=1000)]
_Many = Annotated[list[_Short], msgspec.Meta(max_length=200_000)]
_KEPT = 200  # characters of a summary
_ALIAS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_STALE: Final = re.compile(
    r"\b(?:un|not |no longer (?:being )?)maintained\b|\bunmaintained\b|\babandoned\b|\bend[- ]of[- ](?:life|support)\b",
    re.I,
)
_YAML = ("yaml", "yml")


class Range(msgspec.Struct, frozen=True, array_like=True):
    """Versions from one event to another: `kind` is SEMVER, ECOSYSTEM or GIT, an event is (`introduced`, `1.0`)."""

    kind: str
    events: tuple[tuple[str, str], ...]


class Advisory(msgspec.Struct, frozen=True, array_like=True):
    """What a record says about one package; `kind` is `vulnerable`, `malicious` or `unmaintained`."""

    ecosystem: str
    package: str
    id: str
    aliases: tuple[str, ...]
    kind: str
    severity: str
    summary: str
    ranges: tuple[Range, ...]
    versions: tuple[str, ...]


class Record(NamedTuple):
    """A record: when it was modified, when it was taken back (None: it was not), and its advisories."""

    id: str
    modified: datetime
    withdrawn: datetime | None
    advisories: tuple[Advisory, ...]


class _Package(msgspec.Struct):
    ecosystem: _Short
    name: _Short


class _Rating(msgspec.Struct):
    type: str = ""
    score: str = ""


class _Range(msgspec.Struct):
    type: str
    events: Annotated[list[dict[str, object]], msgspec.Meta(max_length=10_000)] = []  # msgspec copies it


class _Affected(msgspec.Struct):
    package: _Package | None = None
    severity: list[_Rating] | None = None
    ranges: Annotated[list[_Range], msgspec.Meta(max_length=1000)] | None = None
    versions: _Many | None = None
    database_specific: object = None
    ecosystem_specific: object = None


class _Osv(msgspec.Struct):
    id: _Short
    modified: _Short
    withdrawn: _Short | None = None
    aliases: _Few | None = None
    upstream: _Few | None = None
    summary: str | None = None
    severity: list[_Rating] | None = None
    affected: Annotated[list[_Affected], msgspec.Meta(max_length=5000)] | None = None
    database_specific: object = None


def read_records(data: bytes, name: str) -> Iterator[Record | str]:
    """Yield what a file holds: one record, a list of them, or one a line; what is none is told as a reason."""
    if name.lower().endswith((".jsonl", ".ndjson")):
        for line in data.splitlines():
            if line.strip():
                yield _record(line, yaml=False)
    elif data.lstrip()[:1] == b"[":
        try:
            for raw in msgspec.json.decode(data, type=list[msgspec.Raw]):
                yield _record(bytes(raw), yaml=False)
        except (msgspec.DecodeError, RecursionError) as error:
            yield _told(error)
    else:
        yield _record(data, yaml=name.lower().rpartition(".")[2] in _YAML)


def _record(data: bytes, *, yaml: bool) -> Record | str:
    try:
        said = _from_yaml(data) if yaml else msgspec.json.decode(data, type=_Osv)
        return _cut_down(said)
    except AccordError as error:
        return error.message
    except (msgspec.DecodeError, RecursionError, ValueError) as error:  # DecodeError: no JSON, or not OSV's types
        return _told(error)


def _told(error: Exception) -> str:
    return f"no OSV record: {str(error)[:160] or type(error).__name__}"


def _from_yaml(data: bytes) -> _Osv:
    from accord.record.yaml12 import Limits, parse

    value = parse(data, path="the record", limits=Limits(depth=24, nodes=400_000, items=200_000, text=1 << 20)).value
    return msgspec.convert(_texts(value), type=_Osv)


def _texts(value: object) -> object:
    """Return YAML with every scalar as its text, as versions want it (`1.10` is no number), and null as None."""
    if isinstance(value, dict):
        return {str(key): _texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_texts(one) for one in value]
    text = str(value)
    return None if type(value) is not str and text in {"", "~", "null"} else text


def _cut_down(said: _Osv) -> Record:
    if not _ALIAS.fullmatch(said.id):
        raise ValueError(f"the id {said.id[:40]!r} is none")
    names = tuple(sorted({one for one in (said.aliases or []) if _ALIAS.fullmatch(one)} - {said.id}))
    advisories = tuple(
        _advisory(said, names, one) for one in said.affected or [] if one.package is not None and one.package.name
    )
    if not advisories and not said.withdrawn:
        raise ValueError("it names no package")
    return Record(said.id, _moment(said.modified), _moment(said.withdrawn) if said.withdrawn else None, advisories)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(f"the date {text[:40]!r} is none") from error


def _advisory(said: _Osv, aliases: tuple[str, ...], one: _Affected) -> Advisory:
    package = one.package or _Package("", "")
    told = (one.database_specific, one.ecosystem_specific, said.database_specific)
    kind = _kind(said, told)
    vectors = [rating.score for rating in (*(one.severity or []), *(said.severity or []))]
    severity = "critical" if kind == "malicious" else severity_of((_get(part, "severity") for part in told), vectors)
    return Advisory(
        ecosystem=package.ecosystem,
        package=normal(package.ecosystem, package.name),
        id=said.id,
        aliases=aliases,
        kind=kind,
        severity=str(severity),
        summary=" ".join((said.summary or "").split())[:_KEPT],
        ranges=tuple(Range(range_.type, tuple(_events(range_))) for range_ in one.ranges or []),
        versions=tuple(one.versions or []),
    )


def _kind(said: _Osv, told: tuple[object, ...]) -> str:
    names = (said.id, *(said.aliases or []))
    if any(name.startswith("MAL-") for name in names) or any(_get(part, "malicious-packages-origins") for part in told):
        return "malicious"
    informational = [_get(part, "informational") for part in told]
    if "unmaintained" in informational or (_STALE.search(said.summary or "") and not said.severity):
        return "unmaintained"
    return "vulnerable"


def _events(one: _Range) -> Iterator[tuple[str, str]]:
    for event in one.events:
        for what in ("introduced", "fixed", "last_affected", "limit"):
            if what in event and isinstance(event[what], str | int | float):  # 0 for "0", as some write it
                yield what, str(event[what])[:512]


def _get(part: object, key: str) -> object:
    return part.get(key) if isinstance(part, Mapping) else None


def normal(ecosystem: str, name: str) -> str:
    """Return a package's name as its ecosystem compares names (PEP 503 for PyPI)."""
    if ecosystem.partition(":")[0] == "PyPI":
        return re.sub(r"[-_.]+", "-", name).lower()
    return name.lower() if ecosystem in {"npm", "crates.io"} else name
