"""Converters that put an attack whole into a frame of words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from accord.attack.mutators.converter import Converter, Family, Wording, on_texts, size
from accord.attack.mutators.wordings import Frame, filled, frames

_SHOTS = 12


def framing() -> Iterator[Converter]:
    """Yield a converter for each frame in the data."""
    for name, frame in frames().frames.items():
        longest = max(map(size, frame.wordings))
        yield Converter(
            name=name,
            does=frame.does,
            family=Family.FRAME,
            convert=on_texts(_change(name, frame)),
            prior=frame.prior,
            factor=6 if any("{json}" in one for one in frame.wordings) else 1,  # `\u0000` for one byte
            extra=longest + 2 * 320 + size(_exchanges(None)),
        )


def _change(name: str, frame: Frame) -> Callable[[str, Wording], str | None]:
    def change(text: str, draws: Wording) -> str | None:
        if any(mark in text for mark in frame.cannot_hold):
            return None
        unknown = frames().unknown
        places = {
            "text": text,
            "json": json.dumps(text, ensure_ascii=False),
            "model": draws.model or unknown.model,
            "user": draws.user or unknown.user,
            "shots": _exchanges(draws),
        }
        return filled(draws.pick(name, frame.wordings), places)

    return change


def _exchanges(draws: Wording | None) -> str:
    """Return made-up exchanges, starting anywhere in their list; without draws all of them."""
    shots = frames().shots
    start = draws.draw("shots", len(shots)) if draws else 0
    chosen = [shots[(start + at) % len(shots)] for at in range(_SHOTS if draws else len(shots))]
    return "\n".join(f"User: {asked}\nAssistant: {said}" for asked, said in chosen)
