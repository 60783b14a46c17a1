"""What a token proves by itself: checksums and structures that a made-up one does not have."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Final

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ARMOUR: Final = re.compile(r"-----BEGIN [A-Z ]{0,40}KEY(?: BLOCK)?-----(.{1,20000}?)(?:-----END|$)", re.DOTALL)


def jwt_header(value: str) -> bool:
    """Tell whether the first part is the header of a JSON web token (RFC 7519)."""
    try:
        said = json.loads(_unpacked(value.partition(".")[0]))
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and ("alg" in said or "typ" in said)


def _jwt(value: str) -> bool:
    try:
        claims = json.loads(_unpacked(value.split(".")[1]))
    except (ValueError, IndexError, RecursionError):
        return False
    return jwt_header(value) and isinstance(claims, dict)


def _crc32(value: str) -> bool:
    """Tell whether the last six characters are the checksum of the thirty before, in base 62, as GitHub and npm do."""
    payload, check = value.rpartition("_")[2][:-6], value[-6:]
    number = zlib.crc32(payload.encode())
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits.rjust(6, "0") == check


def _macaroon(value: str) -> bool:
    """Tell whether a token of PyPI is a macaroon of version 2 with a place in it."""
    try:
        data = _unpacked(value.removeprefix("pypi-")[:400])
    except ValueError:
        return False
    return data[:2] == b"\x02\x01" and len(data) > 2 + data[2] > 5


def _key(value: str) -> bool:
    """Tell whether the armour holds a key: DER, or what OpenSSH or OpenPGP writes."""
    match = _ARMOUR.match(value)
    body = re.sub(r"\\[nr]|[\s\"',+]", "", match[1]) if match else ""
    body = re.sub(r"^(?:[A-Z][\w-]{2,20}:[^:]{0,60}?)(?=MI|b3B|lQ|xc)", "", body)
    try:
        data = base64.b64decode(body[: len(body) // 4 * 4])
    except (ValueError, binascii.Error):
        return False
    return data[:1] == b"\x30" or data.startswith(b"openssh-key-v1\0") or bool(data and data[0] & 0x80)


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text[: len(text) // 4 * 4 if len(text) % 4 == 1 else None] + "=" * (-len(text) % 4))


def _openai(value: str) -> bool:
    """Tell whether the maker's mark stands in the middle."""
    return "T3BlbkFJ" in value


def _anthropic(value: str) -> bool:
    """Tell whether the length and the last two characters are those of its keys."""
    return len(value) >= 100 and value.endswith("AA")


def _aws(value: str) -> bool:
    """Tell whether the account in a key id is a number of twelve digits."""
    try:
        account = int.from_bytes(base64.b32decode(value[4:])[:6], "big") >> 7 & 0xFFFFFFFFFF
    except (ValueError, binascii.Error):
        return False
    return 0 < account < 10**12


PROOFS: Final[Mapping[str, Callable[[str], bool]]] = {
    "crc32": _crc32, "key": _key, "jwt": _jwt, "macaroon": _macaroon, "openai": _openai, "anthropic": _anthropic,
    "aws": _aws,
}  # fmt: skip
"""What can be proven, by the name that the recognisers' data gives it."""
