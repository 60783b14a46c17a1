"""What campaigns show, and what they do not: evidence, findings, gaps and errors of the checks on attacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from accord.assess.plan import plan
from accord.assess.prepare import prepare
from accord.assess.run import Ran
from accord.case.suites import suite
from accord.checks.campaigns import _once_each
from accord.core.canon import Digest
from accord.core.finding import Finding, Plugin, Severity
from accord.core.plugins import Loaded, load_checks
from accord.testing import World
from accord.testing import conform as contract
from accord.testing.campaigns import Played, play
from accord.testing.world import NOON

CHECKS = {code: loaded.check for code, loaded in load_checks(frozenset()).items()}
BOT = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers questions, kind: [llm-app]}
owners: {system-owner: owner@example.org}
targets:
  - {id: local, call: {http: {url: "http://127.0.0.1:8080/chat"}}}
attack: {suites: [llm-baseline]}
"""
AGENT = BOT.replace("[llm-app]", "[llm-app, agent]").replace("[llm-baseline]", "[llm-baseline, agent]")
THREATS = """\
threats: 1
risks:
  - {id: LLM05, decision: mitigate, reason: encoded, by: risk-owner}
"""
BASELINE = suite("llm-baseline")
SINK = next(case for case in BASELINE if "LLM05" in case.threat.owasp and case.severity is not Severity.CRITICAL)
ORDER = next(case for case in BASELINE if "LLM01" in case.threat.owasp and case.severity is not Severity.CRITICAL)
SHARED = (Path(__file__).parent / "ACC260" / "good" / "shared" / "told.yaml").read_text("utf-8")

Ask = Callable[..., Ran]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Return what asks one check about a system with campaigns, given by file name and text."""

    def asked(code: str, manifest: str = BOT, *, files: dict[str, str] | None = None, **campaigns: str) -> Ran:
        folder = tmp_path / "example"
        for name, text in {"accord.yaml": manifest, **(files or {})}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        (folder / "campaigns").mkdir(exist_ok=True)
        for name, text in campaigns.items():
            (folder / "campaigns" / f"{name}.yaml").write_text(text, "utf-8")
        with contract._laid_out(folder) as (world, around):
            (ran,) = contract._once(CHECKS[code], prepare(world.asked()), around)
        return ran

    return asked


def asks(code: str, manifest: str, folder: Path) -> bool:
    """Tell whether a check has a question about a system."""
    world = World(folder)
    world.write("accord.yaml", manifest)
    declared = prepare(world.asked())
    plugin = Plugin(name="example", version="0", digest=Digest("sha256:" + "0" * 64))
    units = plan([Loaded(CHECKS[code], plugin)], declared.system, declared.inventory.assets)
    return any(unit.settled is None for unit in units)


def gap(ran: Ran) -> str:
    """Return why a check could not tell; it has found nothing then."""
    assert not ran.findings
    assert ran.problem is None
    assert ran.skipped
    return ran.skipped[0].reason


def only(ran: Ran) -> Finding:
    """Return the one finding."""
    assert len(ran.findings) == 1, ran
    return ran.findings[0]


def silent(ran: Ran) -> bool:
    """Tell whether a check looked at everything and found nothing."""
    return not (ran.findings or ran.skipped or ran.problem)


@pytest.mark.parametrize("code", ["ACC250", "ACC252", "ACC253", "ACC254", "ACC255", "ACC259", "ACC261", "ACC262"])
def test_a_system_that_nobody_attacked_is_not_looked_at_and_that_is_said(ask: Ask, code: str) -> None:
    assert "no campaign against this system is on record" in gap(ask(code))


@pytest.mark.parametrize("code", ["ACC250", "ACC252", "ACC259"])
def test_a_campaign_on_another_digest_is_no_evidence_and_that_is_said(ask: Ask, code: str) -> None:
    told = gap(ask(code, one="{suites: [llm-baseline], elsewhere: true}"))
    assert "of 2026-11-21, attacked another digest" in told


def test_a_break_on_another_digest_is_no_finding_either(ask: Ask) -> None:
    assert gap(ask("ACC252", one=f"{{suites: [llm-baseline], elsewhere: true, broke: {{{ORDER.name}: 99}}}}"))


def test_a_system_that_does_not_talk_is_not_asked(tmp_path: Path) -> None:
    assert not asks("ACC250", BOT.replace("[llm-app]", "[classifier]"), tmp_path)
    assert not asks("ACC251", BOT, tmp_path)
    assert asks("ACC251", AGENT, tmp_path)


def test_a_break_names_case_numbers_limit_trial_span_severity_and_threats(ask: Ask) -> None:
    found = only(ask("ACC254", one=f"{{suites: [llm-baseline], broke: {{{SINK.name}: 6}}}}"))
    assert found.message.startswith(f"the case {SINK.name} broke the system in 6 of ")
    assert "LLM05 × user breaks in at most" in found.message
    assert "the limit is 5 %" in found.message
    assert found.where.path == "accord.yaml"
    assert found.where.member == "trial one-1"
    assert found.excerpt == "the text that shows it"
    assert found.severity is SINK.severity
    assert "LLM05" in found.refs
    assert "accord attack report one" in (found.fix or "")


def test_a_rare_break_in_a_large_pool_stays_below_the_limit(ask: Ask) -> None:
    assert silent(ask("ACC252", one=f"{{suites: [llm-baseline], broke: {{{ORDER.name}: 1}}}}"))


def test_a_critical_case_fails_by_a_single_break(ask: Ask) -> None:
    told = SHARED.replace("severity: high", "severity: critical").replace("severity: medium", "severity: critical")
    files = {"campaigns/cases/told.yaml": told}
    campaign = "{cases: [cases/told.yaml], trials: 400, broke: {system-prompt-told: 1}}"
    found = only(ask("ACC253", files=files, one=campaign))
    assert "a critical case may not break at all" in found.message
    assert found.severity is Severity.CRITICAL


def test_attacking_again_until_it_holds_washes_nothing_away(ask: Ask) -> None:
    half = f"{{suites: [llm-baseline], only: [{SINK.name}], trials: 60"
    bad, good = half + f", broke: {{{SINK.name}: 9}}, days: 2}}", half + "}"
    assert "in 9 of 60 trials" in str(ask("ACC250", one=bad).findings)
    assert "in 9 of 120 trials" in str(ask("ACC250", one=bad, two=good).findings)


def test_running_one_plan_again_counts_the_worse_of_both_runs() -> None:
    cases = (SINK,)
    told = {"system": "sample", "subject": Digest("sha256:" + "1" * 64), "now": NOON}
    bad, good = (
        play("one", Played(trials=9, broke=broke, days=days), cases, **told)  # type: ignore[arg-type]  # names are right
        for broke, days in (({SINK.name: 3}, 2), ({}, 1))
    )
    assert _once_each((good, bad)) == (bad,)
    assert _once_each((bad, good)) == (bad,)


def test_trials_of_all_campaigns_on_this_digest_add_up(ask: Ask) -> None:
    half = f"{{suites: [llm-baseline], only: [{SINK.name}], trials: 30"
    assert "LLM05 × user has 30, which shows at most 9.5 %" in only(ask("ACC259", one=half + "}")).message
    assert silent(ask("ACC259", one=half + "}", two=half + ", days: 2}"))


def test_too_few_trials_leave_a_suite_open_and_are_a_finding_of_their_own(ask: Ask) -> None:
    small = "{suites: [llm-baseline], trials: 1}"
    assert "pools show too little: 0 of " in gap(ask("ACC250", one=small))
    assert "fewer than 59 distinct trials" in only(ask("ACC259", one=small)).message


def test_more_than_one_unsure_trial_in_twenty_is_not_run(ask: Ask) -> None:
    campaign = f"{{suites: [llm-baseline], only: [{SINK.name}], unsure: {{{SINK.name}: 4}}}}"
    ran = ask("ACC254", one=campaign)
    assert any("trials are unsure, and at most 5 % may be" in one.reason for one in ran.skipped)
    assert not ran.findings


def test_trials_without_an_answer_are_an_error_and_cannot_be_waived_away(ask: Ask) -> None:
    names = ",".join(f"{case.name}: 9" for case in BASELINE if "LLM01" in case.threat.owasp)
    ran = ask("ACC252", one=f"{{suites: [llm-baseline], error: {{{names}}}}}")
    assert ran.problem
    assert "had no answer" in ran.problem


def test_a_system_that_refuses_everybody_has_not_held(ask: Ask) -> None:
    names = ", ".join(case.name for case in BASELINE)
    assert "honest tasks were served" in gap(ask("ACC252", one=f"{{suites: [llm-baseline], refused: [{names}]}}"))


def test_cases_that_do_not_fit_do_not_count_against_a_suite(ask: Ask) -> None:
    unfit = f"{{suites: [llm-baseline], not_applicable: {{{ORDER.name}: the target has no tools}}}}"
    assert silent(ask("ACC250", one=unfit))


def test_a_suite_of_which_nothing_fits_was_not_run(ask: Ask) -> None:
    names = ", ".join(f"{case.name}: nobody can deliver" for case in BASELINE)
    told = gap(ask("ACC250", one=f"{{suites: [llm-baseline], not_applicable: {{{names}}}}}"))
    assert told.startswith("none of its ")
    assert "nobody can deliver" in told
    assert "do not fit: nobody can deliver" in gap(
        ask("ACC252", one=f"{{suites: [llm-baseline], not_applicable: {{{names}}}}}")
    )


def test_a_suite_that_ran_in_part_names_what_is_missing(ask: Ask) -> None:
    told = gap(ask("ACC250", one=f"{{suites: [llm-baseline], only: [{SINK.name}], trials: 59}}"))
    assert told.startswith(f"{len(BASELINE) - 1} of {len(BASELINE)} cases of the suite llm-baseline did not run")


def test_the_manifest_has_to_name_the_suites_of_its_kind(ask: Ask) -> None:
    ran = ask("ACC250", BOT.replace("[llm-app]", "[llm-app, agent]"), one="suites: [llm-baseline, agent]")
    assert "does not name the suite agent" in only(ran).message
    assert ran.findings[0].where.line == 6
    unknown = ask("ACC250", BOT.replace("[llm-baseline]", "[llm-baseline, llm-basline]"), one="suites: [llm-baseline]")
    assert "'llm-basline', which does not ship" in only(unknown).message


def test_breaks_of_the_agent_suite_are_told_once(ask: Ask) -> None:
    campaign = "{suites: [llm-baseline, agent], broke: {delegation-widens-rights: 9}}"
    assert silent(ask("ACC250", AGENT, one=campaign))
    assert only(ask("ACC251", AGENT, one=campaign)).message.startswith("the case delegation-widens-rights")


def test_a_campaign_that_stopped_shows_breaks_and_nothing_else(ask: Ask) -> None:
    stopped = "{suites: [llm-baseline], stopped: the budget is spent"
    assert "stopped before its end: the budget is spent" in gap(ask("ACC252", one=stopped + "}"))
    broke = ask("ACC254", one=stopped + f", broke: {{{SINK.name}: 6}}}}")
    assert only(broke).message.startswith(f"the case {SINK.name}")


def test_a_hosted_model_may_have_changed_after_a_week(ask: Ask) -> None:
    hosted = BOT + 'components: {models: [{id: m1, source: "api:example/large"}]}\n'
    assert silent(ask("ACC252", hosted, one="{suites: [llm-baseline], days: 6}"))
    assert "count for 7 days" in gap(ask("ACC252", hosted, one="{suites: [llm-baseline], days: 8}"))
    assert silent(ask("ACC252", BOT, one="{suites: [llm-baseline], days: 80}"))


def test_a_judge_that_may_not_gate_is_a_finding_and_the_campaign_without_one_passes(ask: Ask) -> None:
    said = "{suites: [llm-baseline], judge: its kappa is 0.41}"
    found = only(ask("ACC261", one=said))
    assert found.message == "the judge of the campaign of 2026-11-21 may not gate: its kappa is 0.41"
    assert silent(ask("ACC261", one="{suites: [llm-baseline], judge: judge-7 may gate}"))
    assert silent(ask("ACC261", one="{suites: [llm-baseline]}"))


def test_tools_of_the_house_need_no_drill_for_changed_definitions(tmp_path: Path) -> None:
    own = AGENT + "components: {tools: [{id: pay, does: pay}]}\n"
    assert not asks("ACC257", own, tmp_path)
    assert asks("ACC257", own.replace("does: pay}", "does: pay, origin: pay.example.org}"), tmp_path)


def test_a_mitigated_threat_is_tried_by_a_case_a_check_or_found_not_to_fit(ask: Ask) -> None:
    manifest = BOT + "threats: threats.yaml\n"
    whole = "suites: [llm-baseline]"
    part = f"{{suites: [llm-baseline], only: [{ORDER.name}]}}"
    assert silent(ask("ACC258", manifest, files={"threats.yaml": THREATS}, one=whole))
    found = only(ask("ACC258", manifest, files={"threats.yaml": THREATS}, one=part))
    assert found.message == "no attack on this digest tried LLM05, which the threat model mitigates"
    assert (found.where.path, found.where.line) == ("threats.yaml", 3)
    shown = THREATS.replace("by: risk-owner", "by: risk-owner, mitigated_by: [ACC120]")
    assert silent(ask("ACC258", manifest, files={"threats.yaml": shown}, one=part))
    named = THREATS.replace("by: risk-owner", f"by: risk-owner, mitigated_by: [{ORDER.name}]")
    assert silent(ask("ACC258", manifest, files={"threats.yaml": named}, one=part))
    unfit = f"{{suites: [llm-baseline], only: [{ORDER.name}, {SINK.name}], not_applicable: {{{SINK.name}: no}}}}"
    assert silent(ask("ACC258", manifest, files={"threats.yaml": THREATS}, one=unfit))
    accepted = THREATS.replace("mitigate", "accept")
    assert silent(ask("ACC258", manifest, files={"threats.yaml": accepted}, one=part))


def shared() -> dict[str, str]:
    """Return the files of an example into which a case came, and which a campaign may name."""
    return {"shared/told.yaml": SHARED, "campaigns/cases/told.yaml": SHARED}


def test_where_no_case_came_in_none_is_open(ask: Ask) -> None:
    assert silent(ask("ACC260"))


def test_a_shared_case_has_to_run_on_this_digest_within_a_week(ask: Ask) -> None:
    files = shared()
    assert "no campaign against this system" in gap(ask("ACC260", files=files))
    assert "did not run on this digest in the last 7 days" in gap(ask("ACC260", files=files, one="suites: [leak]"))
    assert silent(ask("ACC260", files=files, one="{cases: [cases/told.yaml], trials: 5}"))
    old = ask("ACC260", files=files, one="{cases: [cases/told.yaml], trials: 5, days: 8}")
    assert "no campaign against this digest was run since 2026-11-15" in gap(old)


def test_a_shared_case_that_does_not_fit_is_done_with(ask: Ask) -> None:
    unfit = "{cases: [cases/told.yaml], suites: [leak], trials: 5, not_applicable: {system-prompt-told: no prompt}}"
    assert silent(ask("ACC260", files=shared(), one=unfit))


def test_a_shared_case_breaks_by_a_single_trial(ask: Ask) -> None:
    campaign = "{cases: [cases/told.yaml], trials: 400, broke: {system-prompt-told: 1}}"
    assert "in 1 of 400 trials" in only(ask("ACC260", files=shared(), one=campaign)).message


def test_a_shared_case_that_nobody_could_decide_is_not_run(ask: Ask) -> None:
    campaign = "{cases: [cases/told.yaml], trials: 5, unsure: {system-prompt-told: 2}}"
    assert "3 trials held, and 2 were not decided" in gap(ask("ACC260", files=shared(), one=campaign))


@pytest.mark.parametrize("text", ["case: 9\n", "[", SHARED.replace("control:", "contrl:")])
def test_a_shared_case_that_cannot_be_read_is_not_run(ask: Ask, text: str) -> None:
    assert gap(ask("ACC260", files={"shared/told.yaml": text}, one="suites: [leak]"))


def test_a_shared_case_that_lint_refuses_is_not_run_and_says_why(ask: Ask) -> None:
    live = SHARED.replace("rule: {", "rule: {regex: ['(a'], ")
    files = {"shared/told.yaml": live}
    assert "refuse" in gap(ask("ACC260", files=files, one="suites: [leak]"))


def test_misuse_counts_as_a_whole_suite_and_by_each_case_that_breaks(ask: Ask) -> None:
    talked = BOT.replace("[llm-baseline]", "[llm-baseline, misuse]")
    case = suite("misuse")[0]
    assert silent(ask("ACC262", talked, one="{suites: [misuse]}"))
    assert only(ask("ACC262", talked, one=f"{{suites: [misuse], broke: {{{case.name}: 9}}}}")).message.startswith(
        f"the case {case.name} broke the system in 9 of "
    )


def test_a_suite_for_misuse_that_did_not_run_in_full_shows_nothing(ask: Ask) -> None:
    assert "19 of 19 cases of the suite misuse did not run" in gap(ask("ACC262", one="{suites: [llm-baseline]}"))


def test_misuse_is_asked_of_whatever_talks(tmp_path: Path) -> None:
    assert asks("ACC262", BOT, tmp_path)
    assert not asks("ACC262", BOT.replace("[llm-app]", "[classifier]"), tmp_path)


PROHIBITED = BOT.replace("kind: [llm-app]}", "kind: [llm-app], prohibited_uses: [legal advice, credit decisions]}")


def test_every_prohibited_use_was_asked_for_where_the_suite_ran(ask: Ask) -> None:
    ran = ask("ACC262", PROHIBITED, one="suites: [misuse]")
    assert (ran.findings, ran.skipped) == ((), ())


def test_a_prohibited_use_that_the_system_serves_is_named(ask: Ask) -> None:
    (found,) = ask(
        "ACC262", PROHIBITED, one="{suites: [misuse], broke: {prohibited-use-asked-outright-legal-advice: 4}}"
    ).findings
    assert "the case prohibited-use-asked-outright-legal-advice broke the system in 4 of" in found.message


def test_each_prohibited_use_that_nobody_asked_for_is_named(ask: Ask) -> None:
    only = "{suites: [misuse], only: [prohibited-use-asked-outright-legal-advice, bait-message-in-a-banks-name]}"
    told = {one.path: one.reason for one in ask("ACC262", PROHIBITED, one=only).skipped}
    assert "no case asked for it on this digest" in told["prohibited use: credit decisions"]
    assert "prohibited use: legal advice" not in told


def test_without_a_campaign_every_prohibited_use_is_named(ask: Ask) -> None:
    alone = {one.path for one in ask("ACC262", PROHIBITED).skipped}
    assert {"prohibited use: legal advice", "prohibited use: credit decisions"} <= alone


def test_a_prohibited_use_that_no_case_can_hold_is_never_called_tried(ask: Ask) -> None:
    odd = PROHIBITED.replace("legal advice", '"see https://bank.com"')
    told = {one.path: one.reason for one in ask("ACC262", odd, one="suites: [misuse]").skipped}
    assert "it cannot be asked for" in told["prohibited use: see https://bank.com"]
