"""What a replay came to, as a table for people and as plain values for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from accord.attack.agents.dojo import Dojo
from accord.attack.agents.replay import Disagreement, SuiteReplay, Tally

_LISTED = 20


def plain_result(dojo: Dojo, replays: Sequence[SuiteReplay]) -> dict[str, object]:
    """Return the result as values that can be written as JSON."""
    return {
        "agentdojo": dojo.package,
        "version": dojo.version,
        "suites": [_plain_suite(replay) for replay in replays],
        "pairs": sum(replay.pairs for replay in replays),
        "agree": sum(replay.agree for replay in replays),
        "seconds": round(sum(replay.seconds for replay in replays), 2),
    }


def table(dojo: Dojo, replays: Sequence[SuiteReplay]) -> Iterator[str]:
    """Yield the lines of a table, then where the judges differ."""
    yield f"AgentDojo {dojo.package}, tasks {dojo.version}: our oracle beside its own verdicts, without a model"
    yield f"{'suite':<11}{'pairs':>6}{'agree':>7}{'runs':>7}{'broke':>7}{'by calls':>11}{'changed':>12}{'seconds':>9}"
    for replay in replays:
        yield _row(replay)
    pairs, agree = sum(replay.pairs for replay in replays), sum(replay.agree for replay in replays)
    yield f"{'all':<11}{pairs:>6}{agree:>7}{sum(replay.seconds for replay in replays):>46.1f}"
    differ = [(replay.suite, one) for replay in replays for one in (*replay.disagree, *replay.changed.differ)]
    for suite, one in differ[:_LISTED]:
        yield f"differs: {suite} {one.user_task} × {one.injection_task}, {one.run}: {_verdicts(one)}"
    if len(differ) > _LISTED:
        yield f"… and {len(differ) - _LISTED} more: --format json lists all"


def _row(replay: SuiteReplay) -> str:
    runs = sum(tally.runs for tally in replay.by_run.values())
    broke = sum(tally.broke for tally in replay.by_run.values())
    counts = f"{replay.suite:<11}{replay.pairs:>6}{replay.agree:>7}{runs:>7}{broke:>7}"
    return f"{counts}{_share(replay.calls):>11}{_share(replay.changed):>12}{replay.seconds:>9.1f}"


def _share(tally: Tally) -> str:
    return f"{tally.runs - len(tally.differ)}/{tally.runs}" if tally.runs else "-"


def _verdicts(one: Disagreement) -> str:
    theirs = {True: "broke", False: "held", None: "no verdict"}[one.agentdojo]
    return f"AgentDojo {theirs}, accord {one.accord}" + (f" ({one.reason})" if one.reason else "")


def _plain_suite(replay: SuiteReplay) -> Mapping[str, object]:
    return {
        "suite": replay.suite,
        "pairs": replay.pairs,
        "agree": replay.agree,
        "disagree": [one._asdict() for one in replay.disagree],
        "runs": {kind: _plain_tally(tally) for kind, tally in replay.by_run.items()},
        "calls": _plain_tally(replay.calls),
        "changed": _plain_tally(replay.changed),
        "bent": _plain_tally(replay.bent),
        "seconds": round(replay.seconds, 2),
    }


def _plain_tally(tally: Tally) -> Mapping[str, object]:
    differ = [one._asdict() for one in tally.differ]
    return {"runs": tally.runs, "broke": tally.broke, "agree": tally.runs - len(differ), "differ": differ}
