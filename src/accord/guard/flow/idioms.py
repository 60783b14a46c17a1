"""Phrases that ask for a deed without its verb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

TURNS: Final = frozenset({"know", "back", "for", "access", "need", "needs", "shoot", "drop", "set"})
"""The words on which a phrase turns."""

_LETTERS: Final = frozenset({"mail", "email", "e-mail", "message", "text", "line", "note"})
_NEVER: Final = frozenset({"don't", "not", "never", "doesn't", "no", "nobody", "cannot", "can't"})
_INSTEAD: Final = frozenset(
    {"stand in", "fill in", "take over", "stands in", "fills in", "takes over", "cover", "covers"}
)
_NEEDED: Final = frozenset({"need", "needs", "require", "requires", "gets", "have"})
_SAID: Final = frozenset({"who", "did", "will", "if", "that", "which", "to"})


def idiom(plain: Sequence[str], at: int) -> str:
    """Return the deed that a phrase stands for: `let her know`, `I want my money back`; empty for none."""
    if plain[at] not in TURNS:
        return ""
    before = plain[max(0, at - 6) : at]
    if _NEVER & set(before):
        return ""
    if plain[at] == "set":
        return "arrange" if plain[at + 1 : at + 2] == ["up"] else ""
    if plain[at] in {"shoot", "drop"}:
        return "mail" if _LETTERS & set(plain[at + 1 : at + 5]) and plain[at + 1] not in {"the", "my", "this"} else ""
    if plain[at] == "know":
        return "inform" if "let" in before[-3:] and not {"me", "us"} & set(before[-3:]) else ""
    if plain[at] == "back":
        wanted = before[-1:] == ["money"] and "i" in before and {"want", "like", "need"} & set(before)
        return "refund" if wanted else ""
    if "?" in plain[at : at + 40]:
        return ""
    if plain[at] == "for":
        instead = {" ".join(plain[max(0, at - 2) : at]), *plain[max(0, at - 1) : at]} & _INSTEAD
        mine = plain[at + 1 : at + 2] in (["me"], ["us"])
        return "delegate" if instead and mine and not _SAID & set(before) else ""
    if plain[at] == "access":
        lead = set(plain[max(0, at - 4) : at])
        bound = bool(lead & _NEEDED) and ("have" not in lead or "should" in lead)
        return "grant" if bound and plain[at + 1 : at + 2] == ["to"] else ""
    return "provide" if plain[at + 1 : at + 2] in (["a"], ["an"], ["another"]) and not _SAID & set(before) else ""
