"""One line a path: what pipelines ask for, answered in order by one bounded worker that stays warm."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.core.errors import AccordError
from accord.core.text import one_line, shown
from accord.scan.engine import Target, Terms
from accord.scan.look import Limits
from accord.scan.rating import Rated, Rating
from accord.scan.sweep import MEMORY, answer, ended, find, read_answer

if TYPE_CHECKING:
    from accord.core.workers import Worker

_SAID: Final = {
    Rating.SAFE: "clean",
    Rating.DANGEROUS: "malicious",
    Rating.UNKNOWN: "error",
    Rating.MALFORMED: "error",
}


class Verdict(NamedTuple):
    """One answer: `malicious`, `clean` or `error`, and the reason that weighs most."""

    path: str
    verdict: str
    note: str
    seconds: float


def verdicts(paths: Iterable[str], limits: Limits | None = None) -> Iterator[Verdict]:
    """Yield one verdict a path; a folder gets that of its worst file. What cannot be read is an `error`."""
    desk = _Desk(limits or Limits())
    try:
        for path in paths:
            begin = time.perf_counter()
            verdict, note = desk.judge(path)
            yield Verdict(shown(path), verdict, note, round(time.perf_counter() - begin, 4))
    finally:
        desk.close()


class _Desk:
    """The worker that answers, replaced when a file ends it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._worker: Worker | None = None

    def judge(self, path: str) -> tuple[str, str]:
        """Return the verdict on a path and its note."""
        try:
            targets = find([path])
        except (AccordError, ValueError) as error:
            return "error", one_line(str(error), 200)
        order = tuple(Rating)
        rated = [self._rate(target) for target in targets.files]
        bad = max(rated, key=lambda one: order.index(one.rating), default=None)
        if bad is None:
            return "clean", "nothing to look at"
        return _SAID[bad.rating], f"{bad.rating} {bad.format}" + (f": {_first(bad)}" if bad.reasons else "")

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def _rate(self, target: Target) -> Rated:
        from accord.core.workers import Worker

        if self._worker is None:
            self._worker = Worker(self._answer, network=False, memory=MEMORY, maps=True)
        question = json.dumps([str(target.folder), target.path, target.shown]).encode()
        try:
            return read_answer(self._worker.ask(question, self._limits.seconds))
        except TimeoutError:
            problem = f"took longer than {self._limits.seconds:g} s"
        except (EOFError, OSError):
            problem = "it ended its reader"
        with suppress(OSError):
            self.close()
        return ended(target, problem)

    def _answer(self, question: bytes) -> bytes:
        folder, path, name = json.loads(question)
        from pathlib import Path

        return answer(Target(Path(folder), path, name), Terms(self._limits))


def _first(rated: Rated) -> str:
    reason = next(one for one in rated.reasons if one.rating is rated.rating)
    return one_line(reason.finding.message, 200)
