"""What is left of an address, an account or a host when its end is cut off, and still tells a reader which it was."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from accord.guard.flow.addresses import host_of
from accord.guard.flow.shapes import ibans, mails, urls

MIXED: Final = re.compile(r"(?i)(?=[\w.-]{0,40}[a-z])(?=[\w.-]{0,40}\d)[\w.-]{6}")
"""What finds letters and digits in one: no text without them holds such a piece."""

_TELLING: Final = re.compile(r"(?i)(?=.*\d)(?=.*[a-z]).{6}")
_HEAD: Final = 8  # of an account: its country, check digits and the bank


class Piece(NamedTuple):
    """The part that tells, in small letters, and the whole that it was cut from."""

    text: str
    whole: str


@lru_cache(maxsize=256)
def pieces(output: str) -> tuple[Piece, ...]:
    """Return the telling parts of the mail addresses, accounts and hosts in an output, those with a digit in them."""
    found = [Piece(mail.partition("@")[0], mail) for mail in mails(output)]
    found += [Piece(account[:_HEAD].lower(), account) for account in ibans(output)]
    found += [Piece(host_of(url).rpartition(".")[0].lower(), url) for url in urls(output)]
    return tuple(dict.fromkeys(one for one in found if _TELLING.match(one.text)))
