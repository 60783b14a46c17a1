"""What the checks on development, deployment and operation decide at edges that their example folders do not show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.assess.prepare import prepare
from accord.assess.run import Ran
from accord.checks.operation.invalid_security_txt import _expiry, _lines
from accord.core.plugins import load_checks
from accord.testing import World
from accord.testing.conform import _once
from accord.testing.world import NOON

HEAD = """\
accord: 1
system: {id: sample, name: Sample, version: "1.10", purpose: answers questions, kind: [%s]}
owners: {system-owner: owner@example.org}
"""
CHECKS = {code: loaded.check for code, loaded in load_checks(frozenset()).items()}
HASH = "sha256:" + "0" * 64
Ask = Callable[..., list[Ran]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Run one check on a system of a few files."""

    def run(code: str, rest: str = "", kind: str = "llm-app", files: Mapping[str, str] | None = None) -> list[Ran]:
        world = World(tmp_path)
        world.write("accord.yaml", HEAD % kind + rest)
        for path, text in (files or {}).items():
            world.write(path, text)
        return _once(CHECKS[code], prepare(world.asked()))

    return run


def messages(looks: list[Ran]) -> list[str]:
    assert [look.problem for look in looks] == [None] * len(looks)
    return [finding.message for look in looks for finding in look.findings]


def skips(looks: list[Ran]) -> list[str]:
    return [one.reason for look in looks for one in look.skipped]


def test_a_second_lock_file_is_not_undeclared_where_the_manifest_names_one(ask: Ask) -> None:
    locks = {"requirements.txt": "a==1\n", "requirements-dev.txt": "b==1\n"}
    rest = "components: {software: {lockfile: requirements.txt}}\n"
    assert messages(ask("ACC201", rest, files=locks)) == []
    assert len(messages(ask("ACC201", files=locks))) == 2


def test_a_client_of_a_hosted_model_in_code_is_undeclared_with_its_line(ask: Ask) -> None:
    code = "import openai\n\nc = openai.OpenAI()\nc.chat.completions.create(model='small-1', messages=[])\n"
    (look,) = ask("ACC201", files={"app.py": code})
    assert [(one.where.path, one.where.line) for one in look.findings] == [("app.py", 4)]
    assert "small-1" in look.findings[0].message


def test_an_agent_without_tools_and_a_rag_without_store_are_incomplete(ask: Ask) -> None:
    found = messages(ask("ACC202", kind="agent, rag"))
    assert [one.split(",")[0].removeprefix("the manifest declares no ") for one in found] == [
        "model", "prompt", "tool", "retrieval store",
    ]  # fmt: skip


def test_a_folder_counts_as_there(ask: Ask) -> None:
    rest = "components: {models: [{id: m, source: 'api:a/b'}], datasets: [{id: d, path: data/}]}\n"
    assert messages(ask("ACC202", rest, "classifier", {"data/rows.csv": "a,b\n1,2\n"})) == []


def test_what_may_be_there_and_cannot_be_read_is_not_said_to_be_missing(ask: Ask, tmp_path: Path) -> None:
    rest = "components: {models: [{id: m, source: 'file:m.gguf'}]}\n"
    (tmp_path / "system").mkdir()
    (tmp_path / "elsewhere.gguf").write_text("GGUF")
    (tmp_path / "system" / "m.gguf").symlink_to(tmp_path / "elsewhere.gguf")
    looks = ask("ACC202", rest, "classifier")
    assert messages(looks) == []
    assert skips(looks) == ["m.gguf is not opened: it is a symbolic link"]
    (tmp_path / "system" / "m.gguf").unlink()
    assert messages(ask("ACC202", rest, "classifier")) == ["the model m is declared at m.gguf, where nothing is"]


def test_a_digest_of_what_does_not_lie_here_is_not_said_to_match(ask: Ask) -> None:
    rest = f"components: {{models: [{{id: m, source: 'hf:a/b@main', digest: '{HASH}'}}]}}\n"
    looks = ask("ACC203", rest)
    assert messages(looks) == []
    assert skips(looks) == ["nothing of m lies here to be hashed"]


def test_a_mismatch_can_never_be_waived_and_neither_can_an_expired_waiver() -> None:
    mine = [code for code in CHECKS if code >= "ACC201"]
    assert [code for code in mine if not CHECKS[code].waivable] == ["ACC203", "ACC216", "ACC220", "ACC240"]


def test_a_signed_model_needs_no_digest(ask: Ask) -> None:
    rest = "components: {models: [{id: m, source: 'file:m.gguf', signature: m.sig}]}\n"
    assert messages(ask("ACC204", rest, files={"m.gguf": "GGUF"})) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "[project]\nname = 'a'\ndependencies = ['numpy>=1']\n"),
        ("requirements.in", "numpy\n"),
        ("package.json", '{\n  "dependencies": {"left": "^1"}\n}\n'),
        ("setup.py", "from setuptools import setup\nsetup(\n    install_requires=['numpy'])\n"),
    ],
)
def test_a_list_of_packages_without_a_lock_file_is_found(path: str, text: str, ask: Ask) -> None:
    assert messages(ask("ACC205", files={path: text})) == [f"the file {path} lists packages, and there is no lock file"]


def test_code_without_any_list_of_packages_is_not_said_to_be_pinned(ask: Ask) -> None:
    assert len(skips(ask("ACC205", files={"app.py": "import numpy\n"}))) == 1
    project = "[project]\nname = 'a'\n"
    assert messages(ask("ACC205", files={"pyproject.toml": project})) == []


@pytest.mark.parametrize("name", ["small-latest", "small:latest", "latest", "org/small@main", "small-preview"])
def test_an_alias_of_a_hosted_model_is_unpinned(name: str, ask: Ask) -> None:
    assert messages(ask("ACC206", f"components: {{models: [{{id: m, source: 'api:a/{name}'}}]}}\n"))


@pytest.mark.parametrize("name", ["small-2026-05-01", "latest-fashion-classifier", "automatic", "small-1"])
def test_a_dated_or_numbered_name_is_pinned(name: str, ask: Ask) -> None:
    assert messages(ask("ACC206", f"components: {{models: [{{id: m, source: 'api:a/{name}'}}]}}\n")) == []


def test_a_model_fetched_in_code_without_revision_is_unpinned_where_it_stands(ask: Ask) -> None:
    code = "from transformers import AutoModel\nm = AutoModel.from_pretrained('org/small')\n"
    (look,) = ask("ACC206", files={"load.py": code})
    assert [(one.where.path, one.where.line) for one in look.findings] == [("load.py", 2)]


def test_a_version_in_a_card_counts_only_on_the_line_of_the_prompt(ask: Ask) -> None:
    rest = "components: {prompts: [{id: p, path: prompts/a.md}]}\n"
    files = {"prompts/a.md": "Answer.\n", "docs/prompt-card.md": "# Prompt card 1.0.0\n\nprompts/a.md: every answer\n"}
    assert len(messages(ask("ACC207", rest, files=files))) == 1
    files["docs/prompt-card.md"] = "# Prompt card\n\nprompts/a.md, 1.0.0: every answer\n"
    assert messages(ask("ACC207", rest, files=files)) == []


def test_evaluation_data_needs_no_training_source(ask: Ask) -> None:
    dataset = "components: {datasets: [{id: d, path: d.csv, used_for: [%s]}]}\n"
    assert ask("ACC211", dataset % "evaluation") == []
    assert messages(ask("ACC211", dataset % "")) == [
        "the dataset d (d.csv, an unstated use) has no origin and no licence"
    ]


@pytest.mark.parametrize(
    ("facts", "found", "skipped"),
    [
        ("retention: P1Y, collected: 2025-11-22", 0, 0),
        ("retention: P1Y, collected: 2025-11-21", 1, 0),
        ("retention: P1Y, collected: 2024-01/2025-12", 0, 0),
        ("retention: P1Y, collected: '2024'", 1, 0),
        ("retention: P1Y, collected: 2025-02-31", 0, 1),
        ("retention: P1Y", 0, 1),
        ("sensitivity: personal", 1, 0),
        ("sensitivity: confidential", 1, 0),
        ("sensitivity: public", 0, 0),
    ],
)
def test_retention_runs_from_the_last_day_of_collection(facts: str, found: int, skipped: int, ask: Ask) -> None:
    looks = ask("ACC213", f"components: {{datasets: [{{id: d, path: d.csv, {facts}}}]}}\n")
    assert (len(messages(looks)), len(skips(looks))) == (found, skipped)


@pytest.mark.parametrize(
    "line",
    ["Review by: 2026-11-21", "next review 2026-11-21.", "| **Next review** | 2026-11-21 |", "review_by: 2026-11-21",
     "To be reviewed again by 2026-11-21", "Valid until 2026-11-21"],
)  # fmt: skip
def test_a_day_of_review_is_read_in_many_forms(line: str, ask: Ask) -> None:
    assert messages(ask("ACC214", files={"docs/a.md": f"# A\n\n{line}\n"})) == [
        "the document docs/a.md was to be reviewed by 2026-11-21: 1 days ago"
    ]


def test_a_document_without_a_day_of_review_is_not_said_to_be_in_time(ask: Ask) -> None:
    looks = ask("ACC214", files={"docs/a.md": "Reviewed on 2020-01-01. Next review: 2026-99-99.\n"})
    assert messages(looks) == []
    assert skips(looks) == ["no document says when it is reviewed next"]


WAIVER = """\
  - {id: W-%s, check: %s, subject: "%s", reason: r, requested_by: legal, approved_by: risk-owner,
     created: 2026-01-01, expires: %s}
"""


def test_an_ended_waiver_that_was_renewed_is_not_overdue(ask: Ask) -> None:
    waivers = "waivers: 1\ngranted:\n" + "".join(
        WAIVER % (n, "ACC101", HASH, day) for n, day in enumerate(("2026-02-01", "2027-01-01"))
    )
    assert messages(ask("ACC216", "waivers: w.yaml\n", files={"w.yaml": waivers})) == []


def test_thirteen_waivers_at_once_are_too_many_and_twelve_are_not(ask: Ask) -> None:
    for count in (12, 13):
        waivers = "".join(WAIVER % (n, f"ACC{n + 100}", HASH, "2027-01-01") for n in range(count))
        found = messages(ask("ACC217", "waivers: w.yaml\n", files={"w.yaml": "waivers: 1\ngranted:\n" + waivers}))
        assert len(found) == (count == 13)


def test_support_that_ends_today_has_not_ended(ask: Ask) -> None:
    assert messages(ask("ACC218", "")) == ["the manifest does not say when support ends"]


def test_a_decommission_plan_says_what_is_missing(ask: Ask) -> None:
    files = {"docs/decommissioning.md": "# Decommissioning\n\nDelete the model.\n"}
    assert messages(ask("ACC219", files=files)) == [
        "the plan docs/decommissioning.md does not say what happens to data and access"
    ]


def test_how_to_start_it_is_no_scope_and_a_postmortem_no_plan(ask: Ask) -> None:
    files = {"README.md": "# S\n\n## Usage\n\nRun it.\n\n## Limits\n\nEnglish only.\n"}
    assert messages(ask("ACC212", files=files)) == ["nothing is said about intended scope in README.md"]
    files = {"docs/incident-2026-03-report.md": "# Report\n\nThe team stopped it and told the users.\n"}
    assert messages(ask("ACC302", files=files)) == ["no document says what to do in an incident"]


def test_an_empty_signature_is_none(ask: Ask) -> None:
    rest = "components: {models: [{id: m, source: 'file:m.gguf', signature: m.sig}]}\n"
    files = {"m.gguf": "GGUF", "m.sig": ""}
    assert messages(ask("ACC301", rest, files=files)) == ["the signature of the model m is missing or empty: m.sig"]


def test_a_risk_of_ones_own_is_looked_for_by_its_id(ask: Ask) -> None:
    threats = "threats: 1\nrisks: [{id: R-1, decision: accept}, {id: LLM01, decision: not-applicable}]\n"
    files = {"t.yaml": threats, "docs/incident-plan.md": "# Incident plan\n\nR-10 and others.\n"}
    assert messages(ask("ACC303", "threats: t.yaml\n", files=files)) == [
        "the plan docs/incident-plan.md has no scenario for R-1"
    ]


USE = "# Privacy\n\nMessages are kept for 30 days. %s\n"
TRAINED = "components: {datasets: [{id: d, path: d.csv, sensitivity: personal, used_for: [fine-tune]}]}\n"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Your messages are used to train our models.", []),
        ("Your messages are never used for training.", ["denies"]),
        ("Staff may read them.", ["does not say"]),
    ],
)
def test_training_on_personal_data_must_be_said_and_not_denied(said: str, found: list[str], ask: Ask) -> None:
    heard = messages(ask("ACC308", TRAINED, files={"docs/privacy.md": USE % said}))
    assert [one for one, word in zip(heard, found, strict=True) if word not in one] == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:8081/v1", "http://model:8081/v1", "http://10.0.0.7/v1"])
def test_a_model_on_a_local_address_sends_nothing_to_a_provider(address: str, ask: Ask) -> None:
    assert (
        ask("ACC308", f"components: {{models: [{{id: m, source: 'api:example/small', base_url: '{address}'}}]}}\n")
        == []
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("You are chatting with an AI assistant.", True),
        ("Answers are generated by a language model.", True),
        ("Fern is a chat window.", False),
        ("Our team maintains the service.", False),
    ],
)
def test_a_notice_is_a_sentence_about_talking_to_an_ai(line: str, *, told: bool, ask: Ask) -> None:
    assert (
        messages(ask("ACC309", "components: {prompts: [{id: p, path: p.md}]}\n", files={"web/a.html": line})) == []
    ) is told


@pytest.mark.parametrize(
    ("line", "held"),
    [
        ("We will not take legal action against you.", True),
        ("We consider such research\nauthorised.", True),
        ("Testing without a contract is prosecuted.", False),
    ],
)
def test_a_promise_is_more_than_a_heading(line: str, *, held: bool, ask: Ask) -> None:
    files = {"SECURITY.md": f"# Security\n\n## Safe harbour\n\n{line}\n"}
    assert (messages(ask("ACC402", files=files)) == []) is held


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Contact: mailto:a@example.org\nExpires: 2027-11-01T00:00:00Z\n", None),
        ("Contact: https://example.org/s\nExpires: 2027-11-01T00:00:00+01:00\n", None),
        ("Contact: http://example.org/s\nExpires: 2027-11-01T00:00:00Z\n", "no https, mailto or tel"),
        ("Expires: 2027-11-01T00:00:00Z\n", "has no Contact"),
        ("Contact: tel:+1-555-0100\n", "0 times Expires"),
        ("Contact: tel:+1-555-0100\nExpires: 2027-11-01\n", "no RFC 3339 time"),
        ("Contact: tel:+1-555-0100\nExpires: 2026-11-22T12:00:00Z\n", "expired on"),
        ("Contact: tel:+1-555-0100\nExpires: 2028-11-01T00:00:00Z\n", "more than a year"),
        ("Contact: tel:+1-555-0100\nExpires: 0001-01-01T00:00:00+23:59\n", "no RFC 3339 time"),
        ("hello\nContact: tel:+1-555-0100\nExpires: 2027-11-01T00:00:00Z\n", "no field"),
    ],
)
def test_security_txt_is_held_against_the_standard(text: str, problem: str | None) -> None:
    found = [one for _, one in (*_lines(text), *_expiry(text, NOON))]
    assert len(found) == (problem is not None)
    assert problem is None or problem in found[0]


@given(st.text(max_size=200))
def test_any_text_is_read_as_security_txt(text: str) -> None:
    assert [*_lines(text), *_expiry(text, NOON)]


def test_a_longer_version_is_not_the_one_that_is_named(ask: Ask) -> None:
    log = "# Changelog\n\nThe interface is versioned.\n\n## %s\n- Less noise.\n"
    assert messages(ask("ACC404", files={"CHANGELOG.md": log % "1.10.2"}))
    assert messages(ask("ACC404", files={"CHANGELOG.md": log % "v1.10, 2026"})) == []


@pytest.mark.parametrize("code", [code for code in CHECKS if "ACC201" <= code < "ACC500"])
def test_a_bare_system_breaks_no_check(code: str, ask: Ask) -> None:
    messages(ask(code, "", "classifier"))
