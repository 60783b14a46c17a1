"""Honest texts on which every rule is tried: some thousands of our own, in many languages, and those of the house.

Ours are made from templates in `data/guard/benign`, the same on every machine. What they mean ships beside them; what
the house's mean is worked out once and kept in the state folder. Both lie under the digest of what they were made from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from accord.core.canon import Digest, digest_bytes
from accord.core.case import Channel
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.shipped import DATA
from accord.guard.meanings import WIDTH, Meanings, Window, meanings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from accord.guard.meanings import Floats

MOST: Final = 50_000
"""Texts of the house that are read."""

LONGEST: Final = 64 << 20
"""Bytes of a file of the house's texts."""

_TRIES: Final = 12  # of each template
_MORE_TRIES: Final = 20  # of one in English, which has the most kinds of text
_CHOICE: Final = re.compile(r"\[([^\[\]]*)\]")
_SLOT: Final = re.compile(r"<([a-z]+)>")
_FOLDER: Final = DATA / "guard" / "benign"
_SHIPPED: Final = _FOLDER / "meant"  # written by `understood` into a state folder, and copied from there
_FORM: Final = 5  # of the kept file


class Honest(NamedTuple):
    """One honest text, and the channel it would come through."""

    text: str
    channel: str


class Rows(Protocol):
    """The different words of each stretch."""

    def __getitem__(self, at: int, /) -> tuple[int, ...]: ...
    def __len__(self) -> int: ...


class Benign(NamedTuple):
    """Honest texts and what their stretches mean; `owners` says which text a stretch is of."""

    texts: tuple[Honest, ...]
    rows: Rows
    owners: npt.NDArray[np.int32]
    vectors: Floats
    languages: npt.NDArray[np.int32]
    tells: Floats


@cache
def built_in() -> tuple[Honest, ...]:
    """Return our own honest texts: more than 3,000, of every channel but the system's, in sixteen languages."""
    made = [one for path in sorted(_FOLDER.glob("*.txt")) for one in _of_file(path)]
    return tuple(dict.fromkeys(made))


def read_benign(path: Path) -> tuple[Honest, ...]:
    """Return the house's own honest texts: JSON lines of `text` and `channel`.

    Raises `ManifestError` for a file that cannot be read, or a line that is something else.
    """
    from accord.record.codec import read_bytes

    shown = str(path)
    lines = read_bytes(path, shown=shown, limit=LONGEST).decode("utf-8", "replace").split("\n")
    texts = tuple(_line(line, number, shown) for number, line in enumerate(lines, 1) if line.strip())
    if len(texts) > MOST:
        hint = "take a sample of it"
        raise ManifestError(
            f"{shown} holds more than {MOST:,} texts", hint=hint, code="ACC-E731", where=Place(path=shown)
        )
    return texts


def understood(texts: Sequence[Honest], state: Path | None) -> Benign | None:
    """Return texts with what they mean: as it ships for ours, or from the state folder where it was worked out before.

    None where numpy is not installed.
    """
    table = meanings()
    if table is None:
        return None
    name = f"benign-{_digest(texts).removeprefix('sha256:')[:32]}-{_FORM}.npz"
    path = None if state is None else state / "cache" / name
    places = (_SHIPPED / name, *(() if path is None else (path,)))
    kept = next(filter(None, (_kept(place, texts) for place in places)), None)
    if kept is None:
        kept = _worked_out(texts, table)
        if path is not None:
            _keep(path, kept)
    return kept


def _of_file(path: Path) -> Iterator[Honest]:
    slots: dict[str, tuple[str, ...]] = {}
    channel = Channel.USER
    tries = _MORE_TRIES if path.stem == "en" else _TRIES
    for number, line in enumerate(path.read_text("utf-8").splitlines()):
        if line.startswith("@"):
            name, _, values = line[1:].partition(":")
            slots[name] = tuple(values.strip().split("|"))
        elif line.startswith("-"):
            channel = Channel(line[1:])
        elif line and not line.startswith("#"):
            draw = Random(f"{path.stem}:{number}")  # noqa: S311  # the same on every machine, no secret
            for _ in range(tries):
                yield Honest(_filled(line, slots, draw).replace("\\n", "\n"), channel.value)


def _filled(template: str, slots: Mapping[str, Sequence[str]], draw: Random) -> str:
    chosen = _CHOICE.sub(lambda match: _one(match[1].split("|"), draw), template)
    known = _SLOT.sub(lambda match: _one(slots[match[1]], draw) if match[1] in slots else match[0], chosen)
    return known.strip()


def _one(values: Sequence[str], draw: Random) -> str:
    return values[int(draw.random() * len(values))]


def _line(line: str, number: int, shown: str) -> Honest:
    where = Place(path=shown, line=number)
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        hint = 'each line is one object: {"text": "…", "channel": "user"}'
        raise ManifestError("an honest text is no JSON", hint=hint, code="ACC-E730", where=where) from error
    text = record.get("text") if isinstance(record, dict) else None
    channel = record.get("channel", "user") if isinstance(record, dict) else None
    if not isinstance(text, str) or not isinstance(channel, str):
        hint = 'each line is one object: {"text": "…", "channel": "user"}'
        raise ManifestError("an honest text has no text or channel", hint=hint, code="ACC-E730", where=where)
    return Honest(text[:200_000], channel)


def _digest(texts: Iterable[Honest]) -> Digest:
    data = DATA / "guard" / "meanings.npz"
    told = "\0".join(f"{one.channel}\1{one.text}" for one in texts)
    return digest_bytes(f"{data.stat().st_size}\0{told}".encode(errors="replace"))


def _worked_out(texts: Sequence[Honest], table: Meanings) -> Benign:
    import numpy as np

    windows: list[Window] = []
    owners: list[int] = []
    languages: list[int] = []
    for at, one in enumerate(texts):
        found = table.windows(one.text)
        windows += found
        owners += [at] * len(found)
        languages += [table.language([row for window in found for row in window.rows])] * len(found)
    rows = tuple(tuple(dict.fromkeys(window.rows)) for window in windows)
    return Benign(
        texts=tuple(texts),
        rows=rows,
        owners=np.array(owners, np.int32),
        vectors=table.vectors_of(windows),
        languages=np.array(languages, np.int32),
        tells=table.tells(windows),
    )


def _kept(path: Path, texts: Sequence[Honest]) -> Benign | None:
    """Return what was kept, or None where there is nothing that fits."""
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as held:
            flat, ends, owners = held["flat"], held["ends"], held["owners"]
            vectors, languages, tells = held["vectors"], held["languages"], held["tells"]
    except (OSError, ValueError, KeyError, EOFError):
        return None
    if vectors.shape != (len(ends), WIDTH) or not owners.shape == languages.shape == tells.shape == ends.shape:
        return None
    return Benign(tuple(texts), _Rows(flat, ends), owners, vectors.astype(np.float32), languages, tells)


def _keep(path: Path, benign: Benign) -> None:
    import io

    import numpy as np

    from accord.record.state import prepare_state, write_file

    out = io.BytesIO()
    rows = [benign.rows[at] for at in range(len(benign.rows))]
    flat = np.fromiter((row for one in rows for row in one), np.int32)
    ends = np.cumsum([len(one) for one in rows], dtype=np.int64)
    np.savez(
        out,
        flat=flat,
        ends=ends,
        owners=benign.owners,
        vectors=benign.vectors.astype(np.float16),
        languages=benign.languages,
        tells=benign.tells,
    )
    with suppress(OSError):  # a cache: the next run works it out again
        prepare_state(path.parent.parent)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_file(path, out.getvalue(), mode=0o600)


class _Rows:
    """The words of stretches, cut out of one array when they are asked for."""

    def __init__(self, flat: npt.NDArray[np.int32], ends: npt.NDArray[np.int64]) -> None:
        self._flat = flat
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, at: int) -> tuple[int, ...]:
        start = 0 if at == 0 else int(self._ends[at - 1])
        return tuple(self._flat[start : int(self._ends[at])].tolist())
