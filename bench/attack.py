"""Measures `accord attack run` beside garak, PyRIT and promptfoo: speed, faults, SIGKILL, statistics, search.

    .venv/bin/python bench/attack.py [--no-install] [--only throughput,faults,…] [--out bench/results/attack.json]

Everything stays on loopback: the victim is `fake_openai.py`, which lies outside this repository, answers after 20 ms,
injects faults from a seed and logs the truth of every answer. The environments of the peers (`.venv-bench-peers-*`,
4 GB) are made where they are absent; one that cannot be is named and left out. Numbers compare only within one run.
"""

from __future__ import annotations

import argparse
import collections
import functools
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import attack_ours as ours
import attack_search
from attack_peers import MODEL, PEERS, Peer, Said, install
from attack_server import FAKE, OBEYED, Endpoint, Ran, Stats, body, endpoint, watched
from attack_table import Measured, fresh, table, whole

FAULTS: Final = "429=0.05,500=0.05,malformed=0.02,reset=0.01,empty=0.02,hang=0.01"
LIMIT: Final = 120.0


def throughput(folder: Path, runs: int = 2) -> object:
    """Count requests a second against a victim that answers after 20 ms: each attacker's best of some rounds.

    The rounds take turns, so that a busy moment of the machine meets all alike.
    """
    best: dict[str, Measured] = {}
    for number in range(runs):
        for line in _round(fresh(folder, f"speed-{number}")):
            name = line.cells[0]
            if name not in best or _number(line, "rate") > _number(best[name], "rate"):
                best[name] = line
    head = ("attacker", "requests", "requests/s", "whole command", "requests/s of it", "in flight", "peak memory")
    kept = table(f"Speed: a victim that answers after 20 ms, the best of {runs}", head, list(best.values()))
    times = {}
    for what in ("rate", "whole_rate"):
        mine = max((_number(line, what) for name, line in best.items() if name.startswith("accord")), default=0.0)
        for peer in _there():
            other = max(_number(line, what) for name, line in best.items() if name.startswith(peer.name))
            times[f"{peer.name} {what}"] = mine / other if other else None
    print(
        "\naccord's best beside each peer's best: "
        + ", ".join(f"{name} × {one or 0:.1f}" for name, one in times.items())
    )
    return {"rows": kept, "times": times}


def _round(folder: Path) -> Iterator[Measured]:
    for peer, in_flight in ((one, setting) for one in _there() for setting in one.settings):
        place = fresh(folder, f"{peer.name}-{in_flight}")
        with endpoint(place) as server:
            ran = _drive(peer, place, server, in_flight)
            yield _speed(peer.note(in_flight), ran, server.stats())
    for in_flight in (64, 128) if ours.there() else ():
        place = fresh(folder, f"accord-{in_flight}")
        with endpoint(place) as server:
            done = ours.run(server, place, ours.Ask(cases=2, trials=1500, concurrency=in_flight))
            yield _speed(f"accord {ours.version()}, {in_flight} in flight", done.ran, server.stats())


def faults(folder: Path) -> object:
    """Verdicts against the victim's truth while 16 of 100 requests go wrong, each time anew."""
    lines = []
    for peer in _there():
        place = fresh(folder, f"faults-{peer.name}")
        in_flight = peer.settings[0] if peer.name == "garak" else 16
        with endpoint(place, "--fault", FAULTS, "--seed", "7", "--hang-s", "5", log=True) as server:
            ran = _drive(peer, place, server, in_flight)
            lines.append(_judged(peer.note(in_flight), ran, server, peer.said(place)))
    if ours.there():
        lines += list(_ours_faults(folder))
    head = (
        "attacker",
        "broke, held, no verdict",
        "wrong of answered",
        "no answer, called held",
        "requests/s",
        "whole command",
    )
    return table(f"Faults that pass: {FAULTS}", head, lines)


def kill(folder: Path) -> object:
    """Look at what is left after SIGKILL at a third of the way, and what going on costs."""
    lines = []
    for peer in _there():
        place = fresh(folder, f"kill-{peer.name}")
        in_flight = 16 if peer.resume else peer.settings[0]
        with endpoint(place, log=True) as server:
            job = peer.job(place, server, in_flight)
            watched(job.command, cwd=place, env=job.env, limit=LIMIT, kill_when=lambda: server.stats().requests >= 100)
            at, stored, resumed = server.stats(), _stored(peer, place), "no resume"
            if peer.resume is not None:
                job = peer.resume(place, server, in_flight)
                watched(job.command, cwd=place, env=job.env, limit=LIMIT)
                end = server.stats()
                resumed = f"{end.distinct} distinct, {end.requests - end.distinct} repeated, {_stored(peer, place)}"
            cells = (peer.note(in_flight), str(at.requests), stored, resumed)
            lines.append(Measured(cells, {"name": peer.name, "at": at.requests, "stored": stored, "resumed": resumed}))
    if ours.there():
        lines.append(_ours_kill(folder))
    return table("SIGKILL, then resume", ("attacker", "requests when killed", "stored", "after resume"), lines)


class _Pair(NamedTuple):
    """A run with faults: its share of the fault-free rate of a run just before, and what it came to."""

    share: float
    done: ours.Done
    said: ours.Truth
    rate: float


def _ours_faults(folder: Path) -> Iterable[Measured]:
    """Run ours with the same faults, by turns with the same plan without any; the median of three pairs counts."""
    for hang in ("5", "120"):
        pairs = sorted((_faulted(folder, hang, turn) for turn in range(3)), key=lambda pair: pair.share)
        share, done, said, rate = pairs[1]
        name = f"accord {ours.version()}, 128 in flight, hangs {hang} s"
        shown = f"{rate:.0f} ({share:.0%} of fault-free trials/s)"
        wrong, silent, of = (sum(getattr(pair.said, n) for pair in pairs) for n in ("wrong", "silent", "answered"))
        cells = (
            name,
            said.outcomes,
            f"{wrong} of {of}",
            str(silent),
            shown,
            whole(done.ran),
        )
        shares = [pair.share for pair in pairs]
        kept = {**said._asdict(), "name": name, "shares": shares, "code": done.ran.code, "seconds": done.ran.seconds}
        yield Measured(cells, kept)


def _faulted(folder: Path, hang: str, turn: int) -> _Pair:
    ask = ours.Ask(cases=2, trials=1500, concurrency=128, timeout=2.0)
    place = fresh(folder, f"faultless-accord-{hang}-{turn}")
    with endpoint(place, log=True) as server:
        ours.run(server, place, ask)
        calm = server.stats()
    place = fresh(folder, f"faults-accord-{hang}-{turn}")
    with endpoint(place, "--fault", FAULTS, "--seed", str(7 + turn), "--hang-s", hang, log=True) as server:
        done = ours.run(server, place, ask)
        stats = server.stats()
        said = ours.against_truth(done, server.rows())
    return _Pair(len(done.trials) / stats.seconds / calm.rate if stats.seconds else 0.0, done, said, stats.rate)


def _ours_kill(folder: Path) -> Measured:
    found = ours.killed(fresh(folder, "kill-accord"), points=20)
    cells = (
        f"accord {ours.version()}, {found.in_flight} in flight, {found.points} points",
        found.when,
        "–",
        f"distinct = planned in {found.exact}, at most {found.repeated} repeated, same result in {found.same}",
    )
    return Measured(cells, found._asdict())


def _drive(peer: Peer, folder: Path, server: Endpoint, in_flight: int) -> Ran:
    job = peer.job(folder, server, in_flight)
    return watched(job.command, cwd=folder, env=job.env, limit=LIMIT)


def _speed(name: str, ran: Ran, stats: Stats) -> Measured:
    rate = stats.requests / ran.seconds
    cells = (
        name,
        f"{stats.requests:,}",
        f"{stats.rate:,.0f}",
        whole(ran),
        f"{rate:,.0f}",
        str(stats.in_flight),
        f"{ran.peak_mb:,.0f} MB",
    )
    kept = {"name": name, "rate": stats.rate, "whole_rate": rate, "peak_mb": ran.peak_mb, "code": ran.code}
    return Measured(cells, {**kept, "requests": stats.requests, "seconds": ran.seconds})


def _judged(name: str, ran: Ran, server: Endpoint, said: list[Said]) -> Measured:
    """Hold what a peer says against the truth: of each text, the endpoint logged what its model did."""
    truth = {row.sha: row.verdict in OBEYED for row in server.rows() if row.verdict != "fault"}
    counts = collections.Counter(one.outcome for one in said)
    decided = [one for one in said if one.outcome != "error"]
    answered = [one for one in decided if one.answer]
    known = [one for one in answered if body(MODEL, one.prompt) in truth]
    wrong = sum(truth[body(MODEL, one.prompt)] != (one.outcome == "broke") for one in known)
    silent = sum(one.outcome == "held" for one in decided if not one.answer)
    stats = server.stats()
    outcomes = f"{counts['broke']}, {counts['held']}, {counts['error']}"
    cells = (name, outcomes, f"{wrong} of {len(known)}", str(silent), f"{stats.rate:.1f}", whole(ran))
    kept = {"name": name, "counts": dict(counts), "wrong": wrong, "known": len(known), "silent": silent}
    return Measured(cells, {**kept, "rate": stats.rate, "seconds": ran.seconds, "code": ran.code, "said": len(said)})


def _stored(peer: Peer, folder: Path) -> str:
    try:
        return peer.stored(folder)
    except Exception as error:  # whatever a killed program leaves behind
        return f"unreadable: {error!r}"[:80]


def _number(line: Measured, name: str) -> float:
    return float(str(line.kept[name]))


def _there() -> list[Peer]:
    return [peer for peer in PEERS if peer.there]


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


ROWS: Final[dict[str, Callable[[Path], object]]] = {
    "throughput": throughput,
    "faults": faults,
    "kill": kill,
    "permanent": ours.permanent,
    "interval": ours.interval,
    "search": attack_search.search,
    "herd": attack_search.herd,
    "plan": attack_search.plan,
}


def main() -> int:
    """Measure, print tables, and keep the numbers."""
    asked = _asked()
    if not FAKE.exists():
        print(
            "The fake endpoint is not here: it lies outside this repository, in ../shared/tools; nothing is measured."
        )
        return 0
    absent = {peer.name: why for peer in PEERS if (why := install(peer) if asked.install else _absent(peer))}
    versions = {"accord": ours.version()} | {peer.name: peer.version for peer in _there()}
    said: dict[str, object] = {
        "machine": _machine(),
        "load": os.getloadavg()[0],
        "seed": ours.SEED,
        "versions": versions,
        "absent": absent,
    }
    print(json.dumps(said), flush=True)
    if not ours.there():
        print("This version of accord has no `attack`: only the peers are measured.")
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        for name in asked.only or ROWS:
            if ours.there() or name in {"throughput", "faults", "kill"}:
                row = functools.partial(throughput, runs=asked.runs) if name == "throughput" else ROWS[name]
                said[name] = row(Path(folder))
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n", "utf-8")
    return 0


def _absent(peer: Peer) -> str | None:
    return None if peer.there else "not installed"


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in ROWS]:
        raise argparse.ArgumentTypeError(f"no row {', '.join(unknown)}; there are {', '.join(ROWS)}")
    return names


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--no-install", dest="install", action="store_false", help="leave out peers that are not there")
    parser.add_argument("--only", type=_names, help="rows to measure: " + ", ".join(ROWS))
    parser.add_argument("--runs", type=int, default=2, help="rounds of the speed row; the best counts")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
