"""Where in text that comes in pieces a secret or personal data may have begun, and when it has ended."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from accord.content.proofs import jwt_header
from accord.content.views import views
from accord.core.guard import Hit, Outcome, Treatment
from accord.guard.leaving.peeling import peeled
from accord.guard.leaving.recognised import alarming, hidden, is_run, may_hide, recognised

_ALARM = 240  # characters after a word that goes with secrets in which one may stand
_LONGEST_WORD = 24
_LONGEST_KEY = 20_000
_KEY_TOLD = 120  # characters of a private key by which it is told from its mention
_DENSE = 6
_SHORTEST = 8
_ENDS: Final = " \n\t\r\"'`,;()<>{}|"
_END: Final = re.compile(r"[\s\"'`,;()<>{}|]")
_PARTS: Final = re.compile(r"[^\s\"'`,;()<>{}|]{8}")
_NUMERIC: Final = frozenset("0123456789 ()./+-")
_LONGEST_NUMBER = 60
_KEY: Final = re.compile(r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----")
_KEY_ENDS: Final = "-----END"
_HOLDING: Final = frozenset((Treatment.REDACT, Treatment.BLOCK))


class Tokens:
    """What is known of secrets and personal data in a text of which only a part has come."""

    def __init__(self, secrets: Treatment, personal: Treatment) -> None:
        self._secrets, self._personal = secrets, personal
        self._holds_secrets = secrets in _HOLDING
        self._holds_personal = personal in _HOLDING
        self._flags = Treatment.FLAG in {secrets, personal}
        self._alarm = 0  # up to where a secret may stand
        self._dropping = ""  # what ends the secret that is being dropped
        self._dropped = 0
        self.watches = self._holds_secrets or self._holds_personal

    def hear(self, context: str, text: str, new: int, *, at: int) -> None:
        """Be on the alert for a while after what goes with secrets; `new` characters have come."""
        if not self._holds_secrets:
            return
        heard = text[-new - _LONGEST_WORD :]
        if len(text) < new + _LONGEST_WORD:
            heard = context[len(text) - new - _LONGEST_WORD :] + heard
        if alarming(heard) or (":" in text[-new:] and "://" in _open_token(context, text) and alarming(context + text)):
            self._alarm = at + len(text) + _ALARM

    def begun(self, context: str, text: str, *, at: int, silent: bool) -> int:
        """Return where in `text` something begins that may be a secret or personal data and has not ended."""
        alarmed = self._alarm >= at + len(text)
        key = self._key_begun(context, text) if alarmed else len(text)
        begin = _token_start(text)
        token = text[begin:] if begin else _last_token(context) + text
        dense = not silent and len(token) >= _DENSE and _is_dense(token)
        if not (alarmed or dense or self._holds_personal):
            begin = len(text)
        if self._holds_personal:
            begin = min(begin, _number_start(text))
        return min(begin, key)

    def _key_begun(self, context: str, text: str) -> int:
        window = context[-60:] + text
        match = _KEY.search(window) if "PRIVATE KEY" in window else None
        if match is None or len(window) - match.end() > _KEY_TOLD or _KEY_ENDS in window[match.end() :]:
            return len(text)
        return max(0, match.end() - len(window) + len(text))

    def looks(self, context: str, text: str, *, at: int) -> bool:
        """Tell whether `text`, which is about to leave, may hold the end of a secret or personal data."""
        if self._holds_personal or self._flags:
            return True
        token = _last_token(context) + text
        return (self._alarm > at and _PARTS.search(token) is not None) or (self._holds_secrets and is_run(token))

    def seen(self, window: str) -> Sequence[Hit]:
        """Return what the recognisers see."""
        seen = tuple(recognised(window, secret=self._secrets, personals=self._personal))
        if not self.watches or not may_hide(window):
            return seen
        decoded = (*views(window)[1:], *peeled(window))
        return (*seen, *hidden(window, decoded, seen, secret=self._secrets, personals=self._personal))

    def left(self, hits: Sequence[Hit], *, at: int) -> None:
        """Take note of what was taken out: a private key goes on after what was seen of it."""
        last = hits[-1] if hits else None
        if last is not None and last.rule == "secret:private-key" and last.end >= at and last.outcome is Outcome.REDACT:
            self._dropping = _KEY_ENDS

    def may_be_signed(self, context: str, text: str) -> bool:
        """Tell whether a token that is still open may turn out to be a signed one."""
        token = _open_token(context, text)
        return token.startswith("eyJ") and token.count(".") == 0

    def goes_on(self, context: str, text: str) -> str:
        """Return the name of the secret that reaches to the end of `text`, and drop from now on what follows of it."""
        if not self._holds_secrets:
            return ""
        token = _open_token(context, text)
        name = ""
        if token.startswith("eyJ") and jwt_header(token.partition(".")[0]):
            name = "json-web-token"
        window = context + text
        for hit in recognised(window, secret=self._secrets, personals=Treatment.OFF):
            if hit.end >= len(window):
                name = hit.rule.partition(":")[2]
        if name:
            self._dropping = _KEY_ENDS if name == "private-key" else " "
        return name

    @property
    def drops(self) -> bool:
        """Tell whether a secret is being dropped."""
        return bool(self._dropping)

    def dropped(self, text: str) -> int:
        """Return how many characters at the beginning of `text` belong to a secret that is being dropped."""
        if not self._dropping:
            return 0
        if self._dropping == _KEY_ENDS:
            end = text.find(_KEY_ENDS)
            over = end >= 0 or self._dropped > _LONGEST_KEY
            count = end if end >= 0 else max(0, len(text) - len(_KEY_ENDS))
        else:
            match = _END.search(text)
            over = match is not None
            count = match.start() if match else len(text)
        self._dropped += count
        if over:
            self._dropping, self._dropped = "", 0
        return count


def _token_start(text: str) -> int:
    """Return where the last run without blanks, quotes and brackets begins."""
    return 1 + max(map(text.rfind, _ENDS))


def _last_token(context: str) -> str:
    return context[_token_start(context) :]


def _open_token(context: str, text: str) -> str:
    window = context + text
    return window[_token_start(window) :]


def _is_dense(token: str) -> bool:
    """Tell whether letters and digits, or small and capital letters, are mixed."""
    return any(map(str.isdigit, token)) or not (token.islower() or token.isupper() or token.istitle())


def _number_start(text: str) -> int:
    """Return where a number in groups begins that stands at the end."""
    at = len(text)
    least = max(0, at - _LONGEST_NUMBER)
    while at > least and text[at - 1] in _NUMERIC:
        at -= 1
    has_digit = any(map(str.isdigit, text[at:]))
    return _token_start(text[:at]) if has_digit else len(text)
