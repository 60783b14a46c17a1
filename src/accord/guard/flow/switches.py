"""Whether a switch is turned the way that the user says."""

from __future__ import annotations

import re
from typing import Final

from accord.guard.flow.lexicon import lexicon, name_words
from accord.guard.flow.scene import Scene
from accord.guard.flow.stems import stem
from accord.guard.flow.values import Value

_TURNED_ON: Final = re.compile(
    r"\b(?:turn|switch|put)\b[^.!?]{0,40}\bon\b|\b(?:enable|activate|einschalten|allume|enciende)\b"
)


_YES: Final = frozenset({"true", "1", "yes", "on"})


def switch_fits(scene: Scene, value: Value) -> bool:
    """Tell whether a switch is one, and not turned on where the user says off, or off where they say on."""
    said = value.text.strip().casefold()
    if said not in {"true", "false", "0", "1", "yes", "no", "on", "off"}:
        return False
    if value.number and said.isdigit():
        return False  # a number where a truth value is declared
    usual = value.sink.usual
    if usual in {"true", "false"} and (said in _YES) is (usual == "true"):
        return True  # as it would be if nobody set it
    if usual == "true" and not _named(scene, value.sink.name):
        return False
    if not {"on", "enabled", "active", "power"} & set(name_words(value.sink.name)):
        return said in {"false", "0", "no", "off"} or _spoken_for(scene, value.sink.name)
    off = bool(scene.wish.words & lexicon().small["off"])
    on = _TURNED_ON.search(scene.wish.named) is not None
    return off or not on if said in {"false", "0", "no", "off"} else on or not off


def _named(scene: Scene, name: str) -> bool:
    """Tell whether the user speaks of what a switch turns on or off."""
    telling = {stem(word) for word in name_words(name) if word not in lexicon().small["stop"]}
    return not telling.isdisjoint(scene.wish.stems)


def _spoken_for(scene: Scene, name: str) -> bool:
    """Tell whether the user speaks of what a switch turns on, and does not say no to it."""
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)?", scene.wish.own.casefold())
    small = lexicon().small
    telling = [word for word in name_words(name) if len(word) > 3 and word not in small["stop"]]
    for at, word in enumerate(words):
        if any(word.startswith(one[:6]) or one.startswith(word) for one in telling if len(word) > 3):
            before = set(words[max(0, at - 4) : at])
            if not before & (small["negation"] | small["without"] | small["excluding"]):
                return True
    return False
