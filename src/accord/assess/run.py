"""Run: units become evidence. A crash, a hang and a missing package are evidence too."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import msgspec

from accord.assess.context import Look, World
from accord.assess.plan import Unit
from accord.core.canon import Digest, digest, plain
from accord.core.errors import AccordError, TargetError
from accord.core.finding import Evidence, Finding, Input, Skipped, State
from accord.core.settings import Settings
from accord.core.text import clean, one_line, shown
from accord.core.workers import Answer, Bounds, run_units

_MANY = 1000  # findings kept of one run of one check


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a worker answers: findings and what was looked at, or the problem that stopped the check."""

    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    inputs: tuple[Input, ...] = ()
    seconds: float = 0.0
    problem: str | None = None
    missing: str | None = None


class Stamp(NamedTuple):
    """What evidence says beyond the run itself."""

    version: Callable[[Unit], str]
    collected: datetime


def run(
    units: tuple[Unit, ...], world: World, settings: Settings, *, stamp: Stamp
) -> Iterator[tuple[int, Evidence] | None]:
    """Run units and yield (index, evidence) as each finishes, None when nothing came for a moment.

    Settled units come first, without running.
    """
    waiting: dict[tuple[str, bool], list[int]] = {}
    for index, unit in enumerate(units):
        if unit.settled:
            state, reason = unit.settled
            yield index, _evidence(unit, Ran(), state, stamp=stamp, reason=reason, isolation="not run")
        else:
            lane = (unit.loaded.plugin.name, "network" in unit.loaded.check.needs)
            waiting.setdefault(lane, []).append(index)
    bounds = Bounds(settings.check_memory, lambda index: min(units[index].loaded.check.seconds, settings.check_seconds))
    for (_, network), indexes in sorted(waiting.items()):
        workers = settings.workers or min(os.cpu_count() or 1, 4)
        for answer in run_units(indexes, _job(units, world), network=network, bounds=bounds, workers=workers):
            yield answer and (answer.unit, _from_answer(units[answer.unit], answer, stamp))


def look(unit: Unit, world: World) -> Ran:
    """Run one unit here and now; whatever the check raises becomes a problem."""
    check = unit.loaded.check
    context = Look(world, network="network" in check.needs)
    started = time.perf_counter()
    findings: list[Finding] = []
    problem = missing = None
    try:
        for finding in check(unit.asset or context.system, context):
            if len(findings) == _MANY:
                context.skip(unit.asset_id, f"more than {_MANY} findings: the rest was not kept")
                break
            findings.append(finding)
    except TargetError as error:
        context.skip(unit.asset_id, error.message)
    except AccordError as error:
        problem = error.message
    except ModuleNotFoundError as error:
        missing = f"skipped: the package {error.name} is not installed"
    except Exception as error:  # engine run: one of the three broad places
        problem = f"{type(error).__name__}: {error}"
    seconds = round(time.perf_counter() - started, 4)
    return Ran(
        findings=tuple(findings),
        skipped=context.skipped,
        inputs=context.inputs,
        seconds=seconds,
        problem=problem,
        missing=missing,
    )


def _job(units: tuple[Unit, ...], world: World) -> Callable[[int], bytes]:
    def job(index: int) -> bytes:
        return msgspec.json.encode(plain(_clean(look(units[index], world))))

    return job


def _clean(ran: Ran) -> Ran:
    """Make every text of a check valid Unicode without control or bidi characters."""
    return replace(
        ran,
        findings=tuple(_clean_finding(finding) for finding in ran.findings),
        skipped=tuple(Skipped(path=shown(one.path), reason=one_line(one.reason)) for one in ran.skipped),
        problem=one_line(ran.problem) if ran.problem else None,
    )


def _clean_finding(finding: Finding) -> Finding:
    where = finding.where
    place = replace(where, path=_shown(where.path), member=_shown(where.member), url=_shown(where.url))
    return replace(
        finding,
        message=one_line(finding.message),
        where=place,
        fix=one_line(finding.fix) if finding.fix else None,
        excerpt=clean(finding.excerpt)[:400] if finding.excerpt else None,
    )


def _shown(text: str | None) -> str | None:
    return None if text is None else shown(text)


def _from_answer(unit: Unit, answer: Answer, stamp: Stamp) -> Evidence:
    if answer.data is None:
        return _evidence(
            unit,
            Ran(problem=answer.problem),
            State.ERROR,
            stamp=stamp,
            reason=answer.problem,
            isolation=answer.isolation,
        )
    try:
        ran = msgspec.json.decode(answer.data, type=Ran)
    except (msgspec.DecodeError, RecursionError) as error:  # a finding with a wrong type in it
        ran = Ran(problem=one_line(f"the check answered out of contract: {error}"))
    state, reason = _state(ran)
    return _evidence(unit, ran, state, stamp=stamp, reason=reason, isolation=answer.isolation)


def _state(ran: Ran) -> tuple[State, str | None]:
    if ran.problem is not None:
        return State.ERROR, ran.problem
    if ran.findings:
        return State.FAIL, None
    if ran.missing is not None:
        return State.NOT_RUN, ran.missing
    if ran.skipped:
        first = ran.skipped[0]
        more = f" (and {len(ran.skipped) - 1} more)" if len(ran.skipped) > 1 else ""
        return State.NOT_RUN, f"not looked at: {first.path}: {first.reason}{more}"
    return State.PASS, None


def _evidence(unit: Unit, ran: Ran, state: State, *, stamp: Stamp, reason: str | None, isolation: str) -> Evidence:
    check = unit.loaded.check
    provisions = tuple(dict.fromkeys(claim.partition("/")[0] for claim in check.bears_on))
    findings = tuple(
        replace(
            finding,
            id=_finding_id(check.code, unit.asset_id, finding),
            check=check.code,
            asset=unit.asset_id,
            provisions=provisions,
            refs=tuple(dict.fromkeys((*check.refs, *finding.refs))),
        )
        for finding in ran.findings
    )
    return Evidence(
        check=check.code,
        check_version=stamp.version(unit),
        plugin=unit.loaded.plugin,
        asset=unit.asset_id,
        asset_digest=unit.asset_digest,
        claims=check.bears_on,
        state=state,
        collected=stamp.collected,
        seconds=ran.seconds,
        reason=reason,
        findings=findings,
        skipped=ran.skipped,
        inputs=ran.inputs,
        isolation=isolation,
    )


def _finding_id(check: str, asset: str, finding: Finding) -> Digest:
    return digest([check, asset, finding.message, plain(finding.where)])


def unique(findings: Iterable[Finding]) -> Mapping[str, Finding]:
    """Return findings by id, each once, in order."""
    return {finding.id: finding for finding in findings}
