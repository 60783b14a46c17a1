"""Addresses as a reader or a program may take them: without a scheme, with odd hosts, written around on purpose."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from accord.core.shipped import lines_of

_BODY = r"[^\s<>\"'`{}|^]"
_DOT = r"(?:[.\u3002\uff0e\uff61]|\[\.\]|\(\.\)|\[dot\]|\(dot\))"
_LABEL = r"[^\W_](?:[\w-]{0,62})"
_SCHEME = r"(?:h[tx]{2}ps?|ftps?|wss?|gopher|sftp|smb)"
ADDRESS: Final = re.compile(
    rf"(?<![A-Za-z0-9])(?:{_SCHEME}(?:\[:\]|:|\[://\])[/\\]{{1,8}}|{_SCHEME}\[://\]){_BODY}{{2,2000}}"
    rf"|(?<![\w:/\\.])(?://|\\\\)(?=(?:\S{{1,200}}@)?(?:{_LABEL}{_DOT}|\[|\d)){_BODY}{{3,2000}}"
    rf"|(?<![\w@./\\-])www{_DOT}{_BODY}{{3,2000}}"
    rf"|(?<![\w@./:\\-])(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?=[:/?]){_BODY}{{1,2000}}"
    rf"|(?<![\w@./:\\-])(?:{_LABEL}{_DOT}){{1,8}}(?P<tld>[^\W\d_]{{2,24}}|xn--[a-z0-9-]{{2,60}})(?::\d{{1,5}})?"
    rf"(?P<rest>[/?]{_BODY}{{0,2000}})",
    re.IGNORECASE,
)
"""What finds an address in any of its forms; one without scheme needs a path, a query or a fragment."""

_RUN: Final = re.compile(_BODY + "+")
_LED: Final = re.compile(rf"(?<!{_BODY})[^\s<>\"'`{{}}|^/\\?]*+[/\\?]{_BODY}*+")  # with a sign in it; linear
_SIGNS: Final = re.compile(r"[/\\?]|www", re.IGNORECASE)
_OTHER: Final = re.compile(r"\s{0,4}[a-z][a-z0-9+.-]{1,20}:", re.IGNORECASE)
_DEFANGED: Final = re.compile(r"\[(\.|dot|:|://)\]|\((\.|dot)\)", re.IGNORECASE)
_SLASHES: Final = re.compile(rf"^(?:({_SCHEME}):)?/{{1,8}}(?=[^/])", re.IGNORECASE)
_TAIL: Final = ".,;:!?)»”’\"'*_]"
_BARE: Final = re.compile(r"https?|", re.IGNORECASE)
_HOST: Final = re.compile(
    rf"(?:{_LABEL}\.){{1,8}}(?P<tld>[^\W\d_]{{2,24}}|xn--[a-z0-9-]{{2,60}})\.?(?::\d{{1,5}})?(?P<rest>[/?].*)",
    re.IGNORECASE | re.DOTALL,
)
_NUMERIC: Final = re.compile(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){0,3}", re.IGNORECASE)
_MIX: Final = re.compile(r"(?<=[a-z])[0-9]|(?<=[0-9])[a-z]", re.IGNORECASE)
_UNSEEN: Final = re.compile("[\x00-\x20\x7f\u00ad\u200b-\u200f\u2060\ufeff]")
_RUNS: Final = re.compile("(?:javascript|vbscript|data):", re.IGNORECASE)
_WRITES: Final = re.compile("(?:mailto|sms|smsto|tel|xmpp):", re.IGNORECASE)
_PATH = 40  # characters of a path that can carry something
_LONG_LABEL = 24
_LABELS = 6
_ENCODED = 3  # changes between letters and digits in a part: names have fewer


class Address(NamedTuple):
    """An address in a text, and the one form in which addresses are compared."""

    start: int
    end: int
    form: str


def addresses(text: str) -> Iterator[Address]:
    """Yield the addresses in a text, those that are only written apart or without a scheme too."""
    if _SIGNS.search(text) is None:
        return
    www = "www" in text.lower()
    for run in (_RUN if www else _LED).finditer(text):
        if not www or _SIGNS.search(run[0]) is not None:
            yield from _addresses(text, *run.span())


def _addresses(text: str, start: int, end: int) -> Iterator[Address]:
    for match in ADDRESS.finditer(text, start, end):
        if match["tld"] is not None and not _leads(match["tld"], match["rest"]):
            continue
        until = match.start() + len(match[0].rstrip(_TAIL))
        yield Address(match.start(), max(until, match.start() + 1), address_form(match[0]))


def _leads(last: str, rest: str) -> bool:
    """Tell whether what has no scheme is an address and no name of a file or a product."""
    if last.lower() in lists()["file"]:
        return "?" in rest or "=" in rest or len(rest) > _PATH // 2
    return last.lower() not in lists()["never"]


def address_form(text: str) -> str:
    """Return an address as addresses are compared: without scheme, escapes, look-alikes of dots and what is unseen."""
    bare = _UNSEEN.sub("", html.unescape(text) if "&" in text else text)
    bare = _DEFANGED.sub(_armed, bare)
    head, mark, tail = bare.partition("?")
    head = head.replace("\\", "/")
    if not head.isascii():
        head = unicodedata.normalize("NFKC", head).replace("\u3002", ".")
    scheme = _SLASHES.match(head)
    name = (scheme[1] or "").lower().replace("x", "t") if scheme else ""
    bare = (head[scheme.end() :] if scheme else head) + mark + tail
    bare = bare.rstrip(_TAIL)
    host, slash, path = _parted(bare)
    told = host.lower().rstrip(".") + slash + path
    return ("" if _BARE.fullmatch(name) else f"{name}://") + told.rstrip("/")


def _armed(match: re.Match[str]) -> str:
    mark = (match[1] or match[2]).lower()
    return "." if mark in {".", "dot"} else mark


def _parted(bare: str) -> tuple[str, str, str]:
    at = min((place for place in map(bare.find, "/?#") if place >= 0), default=len(bare))
    return bare[:at], bare[at : at + 1], bare[at + 1 :]


def is_outside(value: str) -> bool:
    """Tell whether what an attribute or a link names lies elsewhere: a program would ask another host for it."""
    bare = _UNSEEN.sub("", html.unescape(value)).replace("\\", "/")
    host = _HOST.match(bare)
    if bare.startswith("//") or (host is not None and _leads(host["tld"], host["rest"])):
        return True
    match = _OTHER.match(bare)
    return match is not None and not bare.lower().startswith(("data:image/", "cid:", "blob:", "about:"))


def carries(form: str) -> bool:
    """Tell whether an address has room for data: a query, a fragment, a name, a long path, an encoded part."""
    if _RUNS.match(form):
        return True
    if _WRITES.match(form):
        return "?" in form
    _, mark, rest = form.partition("://")
    host, slash, path = _parted(rest if mark else form)
    name, at, place = host.rpartition("@")
    place, port = _port(place)
    if place in lists()["local"]:
        return False
    if slash in {"?", "#"} or "?" in path or "#" in path or len(path) > _PATH:
        return True
    if (at and name) or (port and port not in lists()["port"]):
        return True
    return _odd_host(place) or any(_encoded(part) for part in path.split("/"))


def _port(place: str) -> tuple[str, str]:
    if place.startswith("["):
        inside, _, after = place[1:].partition("]")
        return inside, after.removeprefix(":")
    host, _, port = place.partition(":")
    return host, port


def _odd_host(host: str) -> bool:
    """Tell whether data can stand in the labels before a domain."""
    if _NUMERIC.fullmatch(host):
        return False
    labels = host.split(".")[:-2]
    return len(labels) > _LABELS or sum(map(len, labels)) > _PATH or any(map(_encoded, labels)) or _long(labels)


def _long(labels: list[str]) -> bool:
    return any(len(label) > _LONG_LABEL for label in labels)


def _encoded(part: str) -> bool:
    plain = unquote(part)
    return len(plain) >= 8 and len(_MIX.findall(plain)) >= _ENCODED


def host_of(form: str) -> str:
    """Return the domain of an address: the last two labels of its host."""
    host = _parted(form.rpartition("://")[2])[0].rpartition("@")[2]
    place, _ = _port(host)
    return place if _NUMERIC.fullmatch(place) else ".".join(place.split(".")[-2:])


@cache
def lists() -> Mapping[str, frozenset[str]]:
    """Return the shipped lists: attributes that load, endings that are no domains, hosts of one's own machine."""
    rows = (line.partition("\t") for line in lines_of("guard/flow/loading.tsv"))
    return {kind: frozenset(words.split()) for kind, _, words in rows}
