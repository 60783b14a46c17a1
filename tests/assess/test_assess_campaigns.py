"""A campaign from its order to its report: begun, broken off, gone on with, shared, and told from the record."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from victim import DIRECT, PATIENT, Victim, case_text, victim_running

from accord.assess import jobs
from accord.assess.campaigns import (
    UNIT,
    Ended,
    World,
    begin,
    planned,
    reported,
    run,
    unfinished,
    units,
    work,
)
from accord.assess.jobs import Whereabouts, owned, run_job
from accord.attack.campaign.budget import Spending
from accord.attack.campaign.engine import Campaigning
from accord.attack.campaign.order import Options, Order
from accord.case.lint import load
from accord.core.errors import AccordError, ManifestError, RecordError
from accord.core.system import About, Call, Components, OpenAiCall, Served, System, TargetSpec, Task
from accord.record.campaigns import FINISHED, STOPPED, open_campaigns
from accord.report.campaign_json import document, trial_lines

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCORD: Final = str(Path(sys.executable).parent / "accord")


@pytest.fixture
def victim() -> Iterator[Victim]:
    """Return a running victim."""
    with victim_running() as made:
        yield made


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return an empty world."""
    return World(state=tmp_path / "state", now=NOW, environ={})


Ordered = Callable[..., Order]


@pytest.fixture
def order(tmp_path: Path, victim: Victim) -> Ordered:
    """Return what orders a campaign against the victim."""

    def ordered(model: str = "vuln", *texts: str, system: System | None = None, **options: Any) -> Order:
        cases = []
        for number, text in enumerate(texts or (case_text(),)):
            (tmp_path / f"{number}.yaml").write_text(text)
            cases.append(load(tmp_path / f"{number}.yaml", shown=f"{number}.yaml"))
        return Order(
            target=TargetSpec(id="url", call=Call(openai=OpenAiCall(url=victim.url, model=model))),
            options=Options(**{"seed": 7, "trials": 20, "concurrency": 16, "timeout": 5.0, **options}),
            cases=tuple(cases),
            system=system,
        )

    return ordered


def plain(ended: Ended) -> tuple[object, ...]:
    """Return what two runs of one plan against the same replies have in common, as CONTRACT says."""
    told = dict(document(ended.campaign))
    for own in ("campaign", "created", "seconds", "requests", "tokens", "money", "target", "integrity"):
        told.pop(own)
    lines = [line.partition(b'"tries":')[0] for line in trial_lines(ended.trials, ended.results)]
    return told, lines


def test_a_campaign_runs_to_its_end_and_is_told_from_the_record(order: Ordered, world: World, victim: Victim) -> None:
    ended = run(begin(order(), world), world)
    assert ended.campaign.outcomes.broke == ended.campaign.trials == ended.campaign.planned == 20
    assert (ended.campaign.requests, ended.campaign.tokens) == (40, 1_200)
    assert not ended.campaign.gate.passed
    assert ended.campaign.stopped == ""
    sent = len(victim.seen)
    assert reported(world).campaign == ended.campaign
    assert len(victim.seen) == sent


def test_exhibits_show_the_first_transcripts_of_what_broke(order: Ordered, world: World) -> None:
    ended = run(begin(order("hardened", case_text("direct"), case_text("patient", PATIENT)), world), world)
    assert {exhibit.case for exhibit in ended.campaign.exhibits} == {"patient"}
    assert len(ended.campaign.exhibits) == 3
    shown = ended.campaign.exhibits[0]
    assert shown.message is not None
    assert shown.span in shown.transcript[shown.message].content


@pytest.mark.parametrize(("model", "passed"), [("safe", True), ("vuln", False)])
def test_the_gate_says_what_the_trials_show(order: Ordered, world: World, model: str, *, passed: bool) -> None:
    ended = run(begin(order(model, trials=60), world), world)
    assert ended.campaign.gate.passed is passed
    assert not ended.campaign.gate.undecided


@pytest.mark.parametrize("fault", ["500", "empty", "filter", "length"])
def test_a_gate_is_never_green_when_answers_are_missing(
    order: Ordered, world: World, victim: Victim, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accord.attack.campaign.sending._FIRST_PAUSE", 0.001)
    victim.fate = lambda _number, said: fault if "Ignore" in str(said) else ""
    ended = run(begin(order("safe", trials=60, concurrency=4), world), world)
    assert not ended.campaign.gate.passed
    assert ended.campaign.gate.undecided
    assert ended.campaign.outcomes.held == 0


def test_planning_keeps_nothing_and_sends_nothing(order: Ordered, world: World, victim: Victim) -> None:
    decided = planned(order(), world).plan
    assert len(decided.trials) == 40
    assert victim.seen == []
    assert not world.state.exists()


def test_an_order_in_which_nothing_fits_is_refused_before_anything_is_kept(order: Ordered, world: World) -> None:
    unfit = case_text().replace("vars:", "needs: [state]\nvars:")
    with pytest.raises(ManifestError, match="nothing can be attacked: ") as caught:
        begin(order("vuln", unfit), world)
    assert caught.value.code == "ACC-E658"
    with pytest.raises(ManifestError, match="there is no unfinished campaign"):
        unfinished(world)


def test_going_on_without_a_campaign_is_refused(world: World) -> None:
    with pytest.raises(ManifestError, match="no unfinished campaign in the state folder") as caught:
        unfinished(world)
    assert caught.value.code == "ACC-E659"
    with pytest.raises(ManifestError, match="no unfinished campaign 'abc' in"):
        unfinished(world, "abc")
    with pytest.raises(ManifestError, match="there is no such campaign"):
        reported(world)


def test_a_finished_campaign_is_not_gone_on_with(order: Ordered, world: World) -> None:
    ended = run(begin(order(trials=1), world), world)
    with pytest.raises(ManifestError, match="no unfinished campaign"):
        unfinished(world, ended.campaign.campaign)


def test_a_campaign_that_ran_out_of_budget_goes_on_with_a_new_one_to_the_same_report(
    order: Ordered, world: World, victim: Victim, tmp_path: Path
) -> None:
    whole = run(begin(order("stochastic", trials=40), world), world)
    victim.seen.clear()
    elsewhere = replace(world, state=tmp_path / "other")
    short = order("stochastic", trials=40, spending=Spending(requests=31))
    first = run(begin(short, elsewhere), elsewhere)
    assert first.campaign.stopped == "the budget is spent: 31 requests"
    assert len(victim.seen) == first.campaign.requests == 31
    assert not first.campaign.gate.passed
    again = run(unfinished(elsewhere), elsewhere)
    assert (again.campaign.stopped, len(victim.seen)) == (first.campaign.stopped, 31)
    last = run(unfinished(elsewhere, limits=lambda _target: Spending(requests=80)), elsewhere)
    assert (len(victim.seen), victim.repeated) == (80, 0)
    assert plain(last) == plain(whole)
    assert last.campaign.seconds >= first.campaign.seconds


def test_a_target_that_is_down_stops_a_campaign_which_goes_on_when_it_is_back(
    order: Ordered, world: World, victim: Victim
) -> None:
    victim.faults = {"401": 1.0}
    first = run(begin(order(trials=300, concurrency=4), world), world)
    assert first.campaign.stopped.startswith("the target is down")
    assert first.campaign.gate.undecided
    victim.faults = {}
    last = run(unfinished(world), world)
    assert last.campaign.stopped == ""
    assert last.campaign.outcomes.broke + last.campaign.outcomes.error == 300


def test_an_exception_on_the_way_leaves_a_campaign_that_can_be_gone_on_with(
    order: Ordered, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = begin(order(), world)

    async def broken(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("accord.assess.campaigns._run", broken)
        with pytest.raises(KeyboardInterrupt):
            run(campaign, world)
    with open_campaigns(world.state) as campaigns:
        found = campaigns.find()
    assert found is not None
    assert (found.state, found.reason) == (STOPPED, "it was broken off")
    assert run(unfinished(world), world).campaign.outcomes.broke == 20


def test_a_plan_that_comes_out_different_is_not_gone_on_with(
    order: Ordered, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(order(), world)
    monkeypatch.setattr("accord.attack.campaign.plan._FIRST_ROUND", 1)
    monkeypatch.setattr("accord.attack.campaign.script._ALPHABET", "ABC")
    with pytest.raises(RecordError, match="would be planned differently now") as caught:
        unfinished(world)
    assert caught.value.code == "ACC-E537"


def test_another_campaign_on_the_same_state_folder_is_refused_and_leaves_no_trace(
    order: Ordered, world: World, victim: Victim
) -> None:
    first = begin(order(), world)
    with owned(Whereabouts(world.state)):
        with pytest.raises(RecordError, match="another campaign is running on this state folder") as caught:
            begin(order(trials=3), world)
        assert caught.value.code == "ACC-E657"
        with pytest.raises(RecordError, match="another campaign is running"):
            run(first, world)
    assert victim.seen == []
    assert unfinished(world).id == first.id


def test_the_newest_of_two_unfinished_campaigns_goes_on_and_the_other_by_its_name(
    order: Ordered, world: World, victim: Victim
) -> None:
    older = begin(order(trials=2), world)
    newer = begin(order(trials=3), replace(world, now=NOW + timedelta(minutes=1)))
    assert unfinished(world).id == newer.id
    assert run(unfinished(world, older.id[:6]), world).campaign.planned == 2
    assert run(unfinished(world), world).campaign.planned == 3
    assert victim.distinct == len(victim.seen) - 4  # of two plans with one seed, the trials that both have


def test_units_are_ranges_of_a_round_that_hold_every_trial_once(order: Ordered, world: World) -> None:
    campaign = planned(order(trials=400), world)
    (one,) = units(campaign)
    assert [at for first, last in one for at in range(first, last)] == list(range(800))
    assert max(last - first for first, last in one) == UNIT
    mutated = planned(order(trials=None, mutate=True), world)
    assert [at for part in units(mutated) for unit in part for at in range(*unit)] == list(range(118))


def test_what_is_reused_of_a_round_is_the_same_in_any_order(order: Ordered, world: World, tmp_path: Path) -> None:
    one, many = (
        run(begin(order("gullible", trials=12, mutate=True, concurrency=width), there), there)
        for width, there in ((1, world), (64, replace(world, state=tmp_path / "other")))
    )
    assert plain(one) == plain(many)
    assert one.campaign.mutated


def test_more_trials_than_a_unit_holds_are_all_run_once(order: Ordered, world: World, victim: Victim) -> None:
    ended = run(begin(order("stochastic", trials=UNIT + 20, concurrency=64), world), world)
    assert len(ended.results) == 2 * (UNIT + 20)
    assert (len(victim.seen), victim.repeated) == (2 * (UNIT + 20), 0)


def test_a_campaign_against_a_manifest_is_signed_for_the_gate(order: Ordered, world: World) -> None:
    tasks = (Task(ask="When are you open?", served=Served(says_any=("open",))),)
    about = About(id="shop", name="Shop", version="1", purpose="sells", kind=("llm-app",))
    system = System(accord=1, system=about, owners={}, components=Components(tasks=tasks))
    ended = run(begin(order("safe", system=system), world), world)
    assert ended.campaign.system == "shop"
    assert [path.stem for path in (world.state / "campaigns").iterdir()] == [ended.campaign.campaign]


def test_a_campaign_without_a_manifest_is_no_evidence(order: Ordered, world: World) -> None:
    run(begin(order(trials=1), world), world)
    assert not (world.state / "campaigns").exists()


def test_workers_need_a_database_that_they_share(world: World) -> None:
    with pytest.raises(ManifestError, match="workers need a database") as caught:
        work(world, name="w", idle=1)
    assert caught.value.code == "ACC-E658"


class Ran:
    """The units of a job that ran, and what each of them does."""

    def __init__(self, does: Callable[[str, int, int], None] = lambda *_unit: None) -> None:
        self.units: list[tuple[str, int, int]] = []
        self._does = does

    async def __call__(self, job: str, first: int, last: int) -> None:
        self.units.append((job, first, last))
        await asyncio.sleep(0.001)
        self._does(job, first, last)


TWO: Final = [[(0, 5), (5, 10)], [(10, 15)]]


def test_rounds_of_a_job_run_one_after_the_other(tmp_path: Path) -> None:
    ran = Ran()
    assert asyncio.run(run_job(Whereabouts(tmp_path), "a", TWO, ran)) is None
    assert sorted(ran.units[:2]) == [("a", 0, 5), ("a", 5, 10)]
    assert ran.units[2:] == [("a", 10, 15)]


def test_why_a_unit_cannot_go_on_ends_the_job_and_is_told(tmp_path: Path) -> None:
    def stop(_job: str, first: int, _last: int) -> None:
        if first == 5:
            raise AccordError("it is spent", hint="give more", code="ACC-E651")

    ran = Ran(stop)
    found = asyncio.run(run_job(Whereabouts(tmp_path), "a", TWO, ran))
    assert found == ("ACC-E651", "it is spent", "give more")
    assert ("a", 10, 15) not in ran.units
    again = Ran()
    assert asyncio.run(run_job(Whereabouts(tmp_path), "a", TWO, again)) is None
    assert len(again.units) == 3


def test_a_job_that_was_broken_off_is_not_run_as_part_of_another_one(tmp_path: Path) -> None:
    async def broken_off() -> None:
        reached = asyncio.Event()

        async def hang(_job: str, _first: int, _last: int) -> None:
            reached.set()
            await asyncio.sleep(60)

        running = asyncio.create_task(run_job(Whereabouts(tmp_path), "dead", TWO, hang))
        await asyncio.wait_for(reached.wait(), 20)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(broken_off())
    ran = Ran()
    asyncio.run(run_job(Whereabouts(tmp_path), "alive", [[(0, 3)]] * 4, ran))
    assert {job for job, _, _ in ran.units} == {"alive"}
    again = Ran()
    assert asyncio.run(run_job(Whereabouts(tmp_path), "dead", TWO, again)) is None
    assert {(first, last) for _, first, last in again.units} == {(0, 5), (5, 10), (10, 15)}


def test_what_is_kept_of_a_job_is_json_that_runs_no_code_when_it_is_read(tmp_path: Path) -> None:
    asyncio.run(run_job(Whereabouts(tmp_path), "a", TWO, Ran()))
    kept = (tmp_path / "jobs.db").read_bytes()
    assert b"\x80\x04\x95" not in kept
    assert b"gASV" not in kept
    with pytest.raises(ValueError, match="Expecting value"):
        jobs._Json().deserialize("gASVAAAAAAAAAACULg==")


def test_a_state_folder_is_free_again_after_a_job(tmp_path: Path) -> None:
    for _ in range(2):
        with owned(Whereabouts(tmp_path)):
            pass
    asyncio.run(run_job(Whereabouts(tmp_path), "a", TWO, Ran()))
    with owned(Whereabouts(tmp_path)):
        pass


def _workers(stack: ExitStack, folder: Path, names: tuple[str, ...]) -> list[subprocess.Popen[bytes]]:
    """Start workers on the PostgreSQL of the tests; they are ended with the stack."""
    found = []
    for name in names:
        environ = {
            "PATH": os.environ["PATH"],
            "ACCORD_HOME": str(folder / name),
            "ACCORD_DATABASE": os.environ["ACCORD_TEST_PG_URL"],
        }
        command = [ACCORD, "attack", "work", "--name", name, "--idle", "20"]
        worker = subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        stack.callback(_end, worker)
        found.append(worker)
    return found


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.communicate()


@pytest.mark.postgres
@pytest.mark.parametrize("killed", [0, 1])
def test_four_workers_share_the_units_and_come_to_the_same_also_when_one_dies(
    order: Ordered, world: World, victim: Victim, tmp_path: Path, killed: int
) -> None:
    wanted = order("stochastic", case_text(), case_text("patient", PATIENT), trials=700, concurrency=8)
    single = run(begin(wanted, world), world)
    victim.seen.clear()
    victim.latency = 0.01
    shared = replace(world, state=tmp_path / "shared", database=os.environ["ACCORD_TEST_PG_URL"])
    with ExitStack() as stack:
        names = tuple(f"w{number}-{os.urandom(4).hex()}" for number in range(4))
        workers = _workers(stack, tmp_path, names)
        time.sleep(3)
        campaign = begin(wanted, shared)
        for worker in workers[:killed]:
            stack.enter_context(_killing(worker, victim, after=500))
        together = run(campaign, shared)
    assert plain(together) == plain(single)
    assert victim.distinct == 700 * 6
    assert victim.repeated <= 8 * killed


class _killing:  # noqa: N801  # reads as a deed
    """Kills a worker once the victim was asked so often."""

    def __init__(self, worker: subprocess.Popen[bytes], victim: Victim, *, after: int) -> None:
        import threading

        self._thread = threading.Thread(target=self._wait, args=(worker, victim, after))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_raised: object) -> None:
        self._thread.join()

    @staticmethod
    def _wait(worker: subprocess.Popen[bytes], victim: Victim, after: int) -> None:
        ends = time.monotonic() + 60
        while len(victim.seen) < after and time.monotonic() < ends:
            time.sleep(0.005)
        worker.kill()


@pytest.mark.postgres
def test_a_campaign_with_a_budget_is_not_shared_since_nobody_could_keep_to_it(
    order: Ordered, world: World, victim: Victim
) -> None:
    shared = replace(world, database=os.environ["ACCORD_TEST_PG_URL"])
    ended = run(begin(order(trials=30, spending=Spending(requests=20)), shared), shared)
    assert ended.campaign.stopped == "the budget is spent: 20 requests"
    assert len(victim.seen) == 20
    last = run(unfinished(shared, ended.campaign.campaign, limits=lambda _target: Spending()), shared)
    assert last.campaign.outcomes.broke == 30


@pytest.mark.postgres
def test_one_campaign_on_postgresql_is_run_by_one_process_only(
    order: Ordered, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accord.record.presence import present

    monkeypatch.setattr("accord.record.presence._PATIENCE", 0.2)
    shared = replace(world, database=os.environ["ACCORD_TEST_PG_URL"])
    campaign = begin(order(trials=3), shared)
    taken = pytest.raises(RecordError, match="another process is called")
    with present(os.environ["ACCORD_TEST_PG_URL"], f"campaign-{campaign.id}"), taken:
        run(campaign, shared)
    assert run(unfinished(shared, campaign.id), shared).campaign.outcomes.broke == 3


def test_the_state_of_a_campaign_is_finished_only_when_its_plan_was(order: Ordered, world: World) -> None:
    campaign: Campaigning = begin(order("vuln", case_text("direct", DIRECT), trials=2), world)
    run(campaign, world)
    with open_campaigns(world.state) as campaigns:
        found = campaigns.find(campaign.id)
    assert found is not None
    assert found.state == FINISHED
