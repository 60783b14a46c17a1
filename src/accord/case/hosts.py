"""Live hosts in a text: a case may name reserved example names and addresses only, so that running it hits nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network
from itertools import chain
from typing import NamedTuple

_DOTS = str.maketrans("。．｡", "...")  # what browsers read as dots: UTS #46
_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]{0,30})?:|(?<=[(\"'=]))//([^\s/?#\"'`<>(){}|\\^,;]{1,300})")
_MAIL = re.compile(r"(?<=[\w.%+*-])@([\w*-]+(?:\.[\w*-]+)+)")
_WWW = re.compile(r"(?<![\w.@/-])www\.[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w.@/-])[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:com|org)(?![\w-]|\.[\w-])", re.IGNORECASE)
_NAME = re.compile(r"[\w*-]+(?:\.[\w*-]+)*\.[^\W\d_]{2,24}\.?")
_IPV4 = re.compile(r"(?<![\w.:/-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:.]{2,44}(?![\w:])")

_SCHEMES_OF_NAMES = frozenset(("http", "https", "ws", "wss", "ftp", "ftps", "sftp", "ssh", "smb", "ldap"))
_RESERVED_TOP = ("example", "test", "invalid", "localhost")  # RFC 2606 §2, RFC 6761
_RESERVED_NAMES = ("example.com", "example.net", "example.org")  # RFC 2606 §3
_RESERVED_V4 = tuple(  # RFC 5737, and loopback
    IPv4Network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "127.0.0.0/8")
)
_RESERVED_V6 = tuple(IPv6Network(net) for net in ("2001:db8::/32", "::1/128"))  # RFC 3849, and loopback
_USED_V6 = tuple(IPv6Network(net) for net in ("2000::/3", "fc00::/7", "fe80::/10"))


class LiveHost(NamedTuple):
    """A host that is not reserved, and where in the text it stands."""

    name: str
    start: int


def live_hosts(text: str) -> tuple[LiveHost, ...]:
    """Return the hosts of addresses (`https://…`, `www.…`, mail, IP) in `text` that are not reserved examples.

    A bare word with a dot (`readme.md`, `e.g.`, `main.py`) is no host; one that ends in `.com` or `.org` is.
    """
    flat = text.translate(_DOTS)
    found = chain(_in_urls(flat), _in_names(flat), _in_numbers(flat))
    return tuple(sorted({host.start: host for host in found}.values(), key=lambda host: host.start))


def live_address(value: str) -> LiveHost | None:
    """Return the live host of a value that must be an address: a host name alone counts too."""
    found = live_hosts(value)
    if found:
        return found[0]
    flat = value.strip().translate(_DOTS)
    match = _NAME.match(flat)
    if match and flat[match.end() : match.end() + 1] in ("", "/", ":", "?", "*") and not reserved(match[0]):
        return LiveHost(match[0], 0)
    return None


def reserved(host: str) -> bool:
    """Tell whether a host name or address is a reserved example (RFC 2606, 6761, 5737, 3849) or this machine."""
    name = host.strip("[]").rstrip("*").rstrip(".").casefold()
    try:
        return any(IPv4Address(name) in net for net in _RESERVED_V4)
    except AddressValueError:
        pass
    try:
        address = IPv6Address(name.partition("%")[0])
    except AddressValueError:
        labels = name.split(".")
        return labels[-1] in _RESERVED_TOP or ".".join(labels[-2:]) in _RESERVED_NAMES
    return any(address in net for net in _RESERVED_V6)


def _in_urls(text: str) -> Iterator[LiveHost]:
    for match in _URL.finditer(text):
        scheme, authority = (match[1] or "").casefold(), match[2]
        host = _host(authority.rpartition("@")[2])
        named = "." in host.strip(".") or host.startswith("[")
        local = scheme not in _SCHEMES_OF_NAMES and not named
        if host.strip("*.") and not local and not reserved(host):
            yield LiveHost(host, match.start(2))


def _host(authority: str) -> str:
    """Return the host of an authority without its port: `[::1]:80`, `name:80`."""
    if authority.startswith("["):
        return authority.partition("]")[0] + "]"
    return authority.partition(":")[0].rstrip(".!…")


def _in_names(text: str) -> Iterator[LiveHost]:
    for match in _MAIL.finditer(text):
        if not reserved(match[1]):
            yield LiveHost(match[1], match.start(1))
    for pattern in (_WWW, _BARE):
        for match in pattern.finditer(text):
            if not reserved(match[0]):
                yield LiveHost(match[0], match.start())


def _in_numbers(text: str) -> Iterator[LiveHost]:
    for match in _IPV4.finditer(text):
        if _is_v4(match[0]) and not reserved(match[0]):
            yield LiveHost(match[0], match.start())
    for match in _IPV6.finditer(text):
        name = match[0].rstrip(":.")
        if _is_used_v6(name) and not reserved(name):
            yield LiveHost(name, match.start())


def _is_v4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _is_used_v6(text: str) -> bool:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return False
    return any(address in net for net in _USED_V6)
