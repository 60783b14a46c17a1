"""ACC403: contact files that machines and finders cannot use."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from accord.checks.places import section_place
from accord.core import Context, Finding, Place, Severity, System, check

_FIELD = re.compile(r"([A-Za-z][\w-]{0,60}):[ \t]+(\S.{0,2000})")
_CONTACT = re.compile(r"(?:https://|mailto:[^@\s]+@|tel:\+)\S+", re.I)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})")
_PATHS = (".well-known/security.txt", "**/.well-known/security.txt", "security.txt")
_FIX = "correct it as RFC 9116 says: one or more Contact, one Expires within a year, renewed in time"


@check("ACC403", on=("system",), bears_on=("4.4.b/security-txt-valid",), since="0.1")
def invalid_security_txt(system: System, ctx: Context) -> Iterator[Finding]:
    """There is no valid security.txt.

    ## What it does
    Reads the file that the manifest names as `disclose.security_txt`, else `.well-known/security.txt`, and holds
    it against RFC 9116: at least one Contact that is a web (https), mail or telephone address, exactly one
    Expires in the future and within a year, at most one Preferred-Languages, and no line that is no field. That
    it is served under the system's address is not seen.

    ## Why it matters
    Finders look there first. An expired or broken file tells them that nobody reads their report.

    ## Example
    A file that expired in 2025: see `tests/checks/ACC403/bad`.

    ## Fix
    Write `.well-known/security.txt` with Contact and Expires, serve it over https, and renew it each year.

    ## References
    - CWE-1059
    """
    named = system.disclose.security_txt if system.disclose else None
    if named and "://" in named:
        ctx.skip(named, "the file lies elsewhere and is not fetched")
        return
    path = named or next(iter(ctx.files(*_PATHS)), None)
    text = ctx.text(path) if path else None
    if path is None or text is None:
        message = f"the declared {named} is not there" if named else "there is no .well-known/security.txt"
        where = section_place(ctx, "disclose" if named else "system")
        yield Finding(message=message, where=where, severity=Severity.LOW, fix=_FIX)
        return
    for line, problem in (*_lines(text), *_expiry(text, ctx.now)):
        yield Finding(
            message=f"the file {path} {problem}", where=Place(path=path, line=line), severity=Severity.LOW, fix=_FIX
        )


def _fields(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the fields with their lines; an OpenPGP signature around them is left out."""
    body = text.partition("-----BEGIN PGP SIGNATURE-----")[0]
    for number, line in enumerate(body.splitlines(), 1):
        said = line.strip()
        if said and not said.startswith(("#", "-----BEGIN PGP", "Hash:")):
            match = _FIELD.fullmatch(said)
            yield (number, match[1].lower(), match[2]) if match else (number, "", said)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    fields = tuple(_fields(text))
    times = Counter(name for _, name, _ in fields)
    if not times["contact"]:
        yield 1, "has no Contact"
    if times["preferred-languages"] > 1:
        yield 1, "has Preferred-Languages more than once"
    for line, name, value in fields:
        if not name:
            yield line, "has a line that is no field"
        elif name == "contact" and not _CONTACT.fullmatch(value):
            yield line, f"has a Contact that is no https, mailto or tel address: {value[:60]}"


def _expiry(text: str, now: datetime) -> Iterator[tuple[int, str]]:
    found = [(line, value) for line, name, value in _fields(text) if name == "expires"]
    if len(found) != 1:
        yield 1, f"has {len(found)} times Expires, and needs it once"
        return
    line, value = found[0]
    ends = _moment(value)
    if ends is None:
        yield line, f"has an Expires that is no RFC 3339 time: {value[:40]}"
    elif ends <= now:
        yield line, f"expired on {ends:%Y-%m-%d}"
    elif ends > now + timedelta(days=366):
        yield line, f"expires on {ends:%Y-%m-%d}, more than a year from now"


def _moment(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC) if _TIME.fullmatch(value) else None
    except (ValueError, OverflowError):
        return None
