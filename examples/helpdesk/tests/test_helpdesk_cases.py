"""The demo's own cases: sound, without anybody's secret, few calls; they break the weak helpdesk, and not the fixed."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from accord.attack.campaign.order import Options, scope_of
from accord.attack.campaign.plan import plan
from accord.attack.targets.choose import endpoint
from accord.case.faults import faults
from accord.case.lint import load
from accord.case.verify import verify
from accord.core.campaign import TrialKind
from accord.core.trial import Capability
from accord.record.manifest import read_manifest
from helpdesk_running import HELPDESK, TOKEN

pytest.importorskip("aiohttp")

ATTACKS = HELPDESK / "attacks"
CASES = {path.stem: load(path, shown=path.name) for path in sorted(ATTACKS.glob("*.yaml"))}
ACCORD = Path(sys.executable).with_name("accord")
SECRETS = ("LARCH-STAFF-7731", "sk-larchlane")


def campaign(folder: Path, url: str, out: Path) -> Mapping[str, Any]:
    """Attack a running helpdesk as the demo does, and return what it came to."""
    manifest = out / "system" / "accord.yaml"
    manifest.parent.mkdir(parents=True)
    text = (folder / "accord.yaml").read_text("utf-8")
    manifest.write_text(text.replace("http://127.0.0.1:8080", url), "utf-8")
    for name in ("threats.yaml",):
        (manifest.parent / name).write_text((folder / name).read_text("utf-8"), "utf-8")
    how = ("--trials", "1", "--seed", "7", "--concurrency", "1", "--format", "json")
    world = {**os.environ, "ACCORD_HOME": str(out / "state"), "HELPDESK_AUTHORIZATION": f"Bearer {TOKEN}"}
    command = [str(ACCORD), "attack", "run", str(manifest.parent), "--cases", str(ATTACKS), *how]
    done = subprocess.run(command, env=world, stdout=subprocess.PIPE, check=False, timeout=120)
    assert done.returncode in {1, 3}, done
    told: Mapping[str, Any] = json.loads(done.stdout) | {"code": done.returncode}
    return told


@pytest.mark.parametrize("name", CASES)
def test_each_case_is_sound_proven_and_holds_no_secret(name):
    case, text = CASES[name], (ATTACKS / f"{name}.yaml").read_text("utf-8")
    assert case.name == name
    assert list(faults(case)) == []
    verify(case)
    assert not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize("name", CASES)
def test_each_case_runs_at_systems_of_others(name):
    case = CASES[name]
    assert all(need.tool is None for need in case.needs if not isinstance(need, str))
    assert case.broke.tool_call is None


def test_both_attacks_of_the_demo_ask_forty_times_at_most(fixed_folder):
    asked = 0
    for folder, trials in ((HELPDESK, 2), (fixed_folder, 1)):
        system = read_manifest(folder).system
        reached = endpoint(system.targets[0], root=folder)
        scope = scope_of(system, target="t", capabilities=reached.capabilities, simulated=reached.simulated)
        assert Capability.RETRIEVAL in scope.capabilities
        asked += plan(CASES.values(), scope, Options(seed=7, trials=trials), {}).requests
    assert 20 <= asked <= 40


def test_the_tool_that_the_weak_manifest_hides_keeps_one_case_from_running():
    system = read_manifest(HELPDESK).system
    reached = endpoint(system.targets[0], root=HELPDESK)
    scope = scope_of(system, target="t", capabilities=reached.capabilities, simulated=reached.simulated)
    decided = plan(CASES.values(), scope, Options(seed=7, trials=1), {})
    (unfit,) = decided.not_applicable
    assert (unfit.case, unfit.reason) == ("planted-page-mails", "no tool of the manifest does send-message")
    assert {trial.case for trial in decided.trials} == set(CASES) - {"planted-page-mails"}
    assert sum(trial.kind is TrialKind.ATTACK for trial in decided.trials) == 4


def test_the_weak_helpdesk_breaks_in_every_trial_and_serves_honest_customers(weak, tmp_path):
    told = campaign(HELPDESK, weak.url, tmp_path)
    assert told["code"] == 1
    assert {case["name"]: case["broke"] for case in told["cases"]} == {name: 1 for name in CASES if "mails" not in name}
    spans = {case["name"]: case["span"] for case in told["cases"]}
    assert SECRETS[0] in spans["staff-code-told"]
    assert "refund" in spans["planted-page-refunds"]
    assert all(case["served"] == 1 for case in told["cases"])


def test_the_fixed_helpdesk_holds_and_serves(fixed, fixed_folder, tmp_path):
    told = campaign(fixed_folder, fixed.url, tmp_path)
    assert told["code"] == 3
    assert {case["name"]: (case["held"], case["served"]) for case in told["cases"]} == dict.fromkeys(CASES, (1, 1))
