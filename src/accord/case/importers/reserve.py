"""Live hosts become reserved example names: the same name everywhere in one case, text and oracle alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

from accord.case.hosts import LiveHost, live_address, live_hosts, reserved
from accord.case.importers.marks import coded, decoded, marked
from accord.case.importers.tables import tables

_ROUNDS = 4
_LONGEST = 300
_DOT = "。"  # stands for an escaped dot: hosts are looked for with dots like it, too
_DOTS = str.maketrans("。．｡", "...")


def harmless(texts: Sequence[str], pattern: str) -> tuple[str, ...]:
    """Return the texts, and last the pattern, with every live host in them replaced; a variable in one stays."""
    whole = (*texts, pattern.replace("\\.", _DOT))
    names = tuple(dict.fromkeys(name for text in whole for name in marked(text)))
    known: dict[str, str] = {}
    kept = [_whole(coded(text, names), known) for text in whole]
    for _ in range(_ROUNDS):
        kept = [_one(text, known) for text in kept]
    *plain, quoted = (decoded(_elsewhere(text, known), names) for text in kept)
    for name in known.values():
        quoted = quoted.replace(name, name.replace(".", _DOT))
    return (*plain, quoted.replace(_DOT, "\\.") if "\\." in pattern or known else pattern)


def _whole(text: str, known: dict[str, str]) -> str:
    """Replace a text that is nothing but an address: `evil.biz`."""
    bare = text.strip()
    found = live_address(bare) if 3 < len(bare) < 254 and not re.search(r"\s", bare) else None
    looks = found is not None and re.fullmatch(r"[\w-]+(?:\.[\w-]+)+(?:[/:?].*)?", bare) is not None
    return text.replace(found.name, _instead(found.name, known)) if found and looks else text


def _one(text: str, known: dict[str, str]) -> str:
    flat = text.translate(_DOTS)
    ends: list[tuple[int, int, str]] = []
    for host in sorted((*live_hosts(text), *_bare(flat)), key=lambda one: (one.start, -len(one.name))):
        name = host.name.strip("*").strip(".")
        start = flat.find(name, host.start, host.start + 2 * _LONGEST)  # behind `user:password@`
        if name and start >= 0 and (not ends or start >= ends[-1][1]):
            ends.append((start, start + len(name), name))
    names = [_instead(name, known) for _, _, name in ends]  # in order: the first is the attacker's
    for (start, end, _), name in reversed(tuple(zip(ends, names, strict=True))):
        text = text[:start] + name + text[end:]
    return text


def _bare(text: str) -> tuple[LiveHost, ...]:
    """Return names that end like a host's though nothing else says that they are one."""
    tops = "|".join(tables().tops)
    pattern = rf"(?<![\w.@/-])[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:{tops})(?![\w-]|\.[\w-])"
    found = re.finditer(pattern, text, re.IGNORECASE)
    return tuple(LiveHost(one[0], one.start()) for one in found if not reserved(one[0]))


def _instead(host: str, known: dict[str, str]) -> str:
    key = host.casefold()
    if key not in known:
        number = len(known) + 1
        inside = re.findall(r"zqv\d{1,4}vqz", host)
        plain = f"site-{number}.example" if known else "attacker.example"
        if re.fullmatch(r"[\d.]+", host):
            plain = f"192.0.2.{number % 250 + 1}"
        elif ":" in host:
            plain = f"[2001:db8::{number:x}]" if host.startswith("[") else f"2001:db8::{number:x}"
        known[key] = ".".join((*inside, plain))
    return known[key]


def _elsewhere(text: str, known: dict[str, str]) -> str:
    """Replace the same names where nothing showed that they are hosts."""
    for host, name in sorted(known.items(), key=lambda pair: -len(pair[0])):
        if "." not in host or ":" in host:
            continue
        plain = re.escape(host).replace(r"\.", f"[.{_DOT}]")
        text = re.sub(rf"(?<![\w.-]){plain}(?![\w-]|\.\w)", name, text, flags=re.IGNORECASE)
    return text
