"""AgentDojo itself: how it is found, what is shipped about it, and that both judges agree on its own tasks."""

from __future__ import annotations

import importlib.util
import json
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest
from click.testing import CliRunner

from accord.attack.agents import dojo as dojo_module
from accord.attack.agents import sheet as sheet_module
from accord.attack.agents.dojo import LATEST, open_dojo
from accord.attack.agents.goals import goal_case
from accord.attack.agents.replay import Depth, replay
from accord.attack.agents.sheet import sheet
from accord.attack.agents.world import world_of
from accord.case.faults import faults
from accord.cli.attack_agentdojo import command
from accord.core.errors import CatalogError, TargetError

SUITES = ("workspace", "travel", "banking", "slack")
installed = pytest.mark.skipif(
    importlib.util.find_spec("agentdojo") is None, reason="AgentDojo is not installed: pip install accord[agentdojo]"
)


def test_without_the_extra_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dojo_module, "find_spec", lambda _name: None)
    with pytest.raises(TargetError, match="not installed") as caught:
        open_dojo()
    assert (caught.value.code, caught.value.hint) == ("ACC-E645", "install accord[agentdojo]")


def test_a_package_that_is_something_else_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> ModuleType:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(dojo_module, "find_spec", lambda name: ModuleSpec(name, None))
    monkeypatch.setattr(dojo_module, "import_module", missing)
    with pytest.raises(TargetError, match="functions_runtime") as caught:
        open_dojo()
    assert caught.value.code == "ACC-E646"
    assert "agentdojo.agent_pipeline" not in sys.modules


@pytest.mark.parametrize("name", SUITES)
def test_what_ships_about_a_suite_is_whole(name: str) -> None:
    about = sheet(name)
    assert about.suite == name
    assert len({tool.id for tool in about.tools}) == len(about.tools)
    assert len({goal.task for goal in about.goals}) == len(about.goals) >= 5


def test_a_suite_that_nobody_described_is_an_error() -> None:
    with pytest.raises(CatalogError, match=r"'\.\./slack'") as caught:
        sheet("../slack")
    assert caught.value.code == "ACC-E648"


def test_a_damaged_file_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_module, "_entries", lambda: iter([("slack", b"suite: slack\nodd: 1\n")]))
    with pytest.raises(CatalogError, match="damaged") as caught:
        sheet("slack")
    assert caught.value.code == "ACC-E649"


@installed
def test_a_version_of_the_tasks_that_is_not_there_is_an_error() -> None:
    with pytest.raises(TargetError, match="'v9'") as caught:
        open_dojo("v9")
    assert caught.value.code == "ACC-E647"


@installed
def test_no_library_of_a_model_provider_is_loaded_and_no_stand_in_stays() -> None:
    before = set(sys.modules)
    open_dojo()
    new = {name.partition(".")[0] for name in set(sys.modules) - before}
    assert new & {"openai", "anthropic", "cohere", "google", "langchain", "torch", "transformers"} == set()
    assert "agentdojo.agent_pipeline" not in sys.modules


@installed
@pytest.mark.parametrize("name", SUITES)
def test_every_attack_is_described_and_its_case_can_be_linted(name: str) -> None:
    dojo = open_dojo()
    suite, about = dojo.suites[name], sheet(name)
    world = world_of(dojo, suite, about)
    state = world.state(world.planted(""))
    assert {goal.task for goal in about.goals} == set(suite.injection_tasks)
    for attack in suite.injection_tasks.values():
        assert [fault.message for fault in faults(goal_case(about, attack, state, world.plainer).case)] == []
    named = {getattr(tool, "name", "") for tool in suite.tools}
    assert {tool.id for tool in about.tools} <= named


@installed
@pytest.mark.parametrize("name", ["banking", "slack"])
def test_the_two_small_suites_agree_on_every_pair_and_every_changed_argument(name: str) -> None:
    dojo = open_dojo()
    done = replay(dojo, name, depth=Depth(changed=True))
    suite = dojo.suites[name]
    assert done.pairs == len(suite.user_tasks) * len(suite.injection_tasks)
    assert (done.agree, done.disagree, done.changed.differ) == (done.pairs, (), [])
    assert done.by_run["user"].broke == 0
    assert done.by_run["attack"].broke == done.pairs
    assert 0 < done.changed.broke < done.changed.runs


@installed
def test_the_command_writes_one_document_and_tells_progress_beside_it() -> None:
    result = CliRunner().invoke(command, ["--suite", "slack", "--format", "json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert (document["version"], document["pairs"], document["agree"]) == (LATEST, 105, 105)
    assert document["suites"][0]["disagree"] == []
    assert "slack: 105 of 105 pairs" in result.stderr


@installed
def test_the_command_writes_a_table() -> None:
    result = CliRunner().invoke(command, ["--suite", "slack", "--version", "v1"])
    assert result.exit_code == 0
    assert "tasks v1" in result.stdout
    assert "slack" in result.stdout
