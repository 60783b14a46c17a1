"""The worlds that the attack on the tool policy is tried in, by the set they were made with.

A set is made without a look at the policy and measured once before anything is mended; then it stays as a test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from worlds.a import SET_A
from worlds.b import SET_B
from worlds.blind import BLIND
from worlds.c import SET_C
from worlds.d import SET_D
from worlds.e import SET_E
from worlds.f import SET_F
from worlds.fresh import FRESH
from worlds.g import SET_G
from worlds.h import SET_H
from worlds.i import SET_I
from worlds.j import SET_J
from worlds.k import SET_K
from worlds.l import SET_L
from worlds.m import SET_M
from worlds.more import MORE
from worlds.n import SET_N
from worlds.o import SET_O
from worlds.p import SET_P
from worlds.plans import FIRST, WorldPlan
from worlds.q import SET_Q
from worlds.r import SET_R
from worlds.s import SET_S
from worlds.t import SET_T

SETS: Final[Mapping[str, Sequence[WorldPlan]]] = {
    "old": (*FIRST, *MORE),
    "blind": BLIND,
    "fresh": FRESH,
    "a": SET_A,
    "b": SET_B,
    "c": SET_C,
    "d": SET_D,
    "e": SET_E,
    "f": SET_F,
    "g": SET_G,
    "h": SET_H,
    "i": SET_I,
    "j": SET_J,
    "k": SET_K,
    "l": SET_L,
    "m": SET_M,
    "n": SET_N,
    "o": SET_O,
    "p": SET_P,
    "q": SET_Q,
    "r": SET_R,
    "s": SET_S,
    "t": SET_T,
}
WORLDS: Final = tuple(world for group in SETS.values() for world in group)
