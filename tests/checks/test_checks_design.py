"""What the design checks decide at the edges that their example folders do not show."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from accord.assess.prepare import prepare
from accord.assess.run import Ran
from accord.checks import design
from accord.core.check import Check
from accord.testing import World
from accord.testing.conform import _once

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

HEAD = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers questions, kind: [%s]}
owners: {system-owner: owner@example.org}
"""
MODEL = 'components: {models: [{id: m1, source: "api:example/small"}]}\n'
Answer = Callable[[Mapping[str, object], bytes], tuple[int, str]]
BURST = "30 requests in a row and none answered with 429 or 503 at POST /chat"


def named(name: str) -> Check:
    found = getattr(import_module(f"accord.checks.design.{name}"), name)
    assert isinstance(found, Check)
    return found


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., list[Ran]]:
    """Run one check on a system of a few files."""

    def run(name: str, rest: str = "", kind: str = "llm-app", files: Mapping[str, str] | None = None) -> list[Ran]:
        world = World(tmp_path)
        world.write("accord.yaml", HEAD % kind + rest)
        for path, text in (files or {}).items():
            world.write(path, text)
        return _once(named(name), prepare(world.asked()))

    return run


def messages(looks: list[Ran]) -> list[str]:
    assert [look.problem for look in looks] == [None] * len(looks)
    return [finding.message for look in looks for finding in look.findings]


def skips(looks: list[Ran]) -> list[str]:
    return [one.reason for look in looks for one in look.skipped]


ABOUT_THREATS = (
    "uncovered_components", "uncovered_flows", "undecided_llm_threats", "undecided_agent_threats", "unstated_impact",
    "undecided_atlas_techniques", "unreasoned_decisions", "unstated_attacker_value", "outdated_threat_model",
)  # fmt: skip


@pytest.mark.parametrize("name", ABOUT_THREATS)
def test_without_a_threat_model_nothing_is_said_to_pass(name: str, ask: Callable[..., list[Ran]]) -> None:
    looks = ask(name, MODEL, "agent")
    assert messages(looks) == []
    assert ["ACC102" in reason for reason in skips(looks)] == [True]


DESIGN = sorted(path.stem for path in Path(design.__path__[0]).glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", DESIGN)
def test_a_folder_without_a_manifest_breaks_no_check(name: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write("app/model.py", "import pickle\n\nMODEL = pickle.load(open('m.pkl', 'rb'))\n")
    looks = _once(named(name), prepare(world.asked()))
    assert all(one.path or one.url for look in looks for one in (found.where for found in look.findings))
    assert messages(looks) or name not in {"unassigned_roles", "missing_threat_model", "unsafe_load_calls"}


def test_a_threat_model_that_is_named_but_not_there_is_missing(ask: Callable[..., list[Ran]]) -> None:
    assert messages(ask("missing_threat_model", "threats: threats.yaml\n")) == [
        "the threat model threats.yaml is not there"
    ]


def test_an_empty_threat_model_is_none(ask: Callable[..., list[Ran]]) -> None:
    looks = ask("missing_threat_model", "threats: threats.yaml\n", files={"threats.yaml": "threats: 1\n"})
    assert messages(looks) == ["the threat model speaks of no component", "the threat model speaks of no risk"]


def test_roles_are_asked_for_as_the_level_does(ask: Callable[..., list[Ran]]) -> None:
    baseline = messages(ask("unassigned_roles", "profile: {level: baseline}\n"))
    critical = messages(ask("unassigned_roles", "profile: {level: critical}\n"))
    assert all("system-owner" not in one.partition(":")[0] for one in baseline + critical)
    assert len("".join(baseline)) < len("".join(critical))


@pytest.mark.parametrize(
    ("reviewed", "said"),
    [
        ("", "does not say when"),
        ("reviewed: 2026-12-24\n", "in the future"),
        ("reviewed: 2026-05-25\n", "more than 180 days"),
        ("reviewed: 2026-05-26\n", ""),
        ("reviewed: 2026-11-22\n", ""),
    ],
)
def test_a_review_counts_for_180_days(reviewed: str, said: str, ask: Callable[..., list[Ran]]) -> None:
    looks = ask("outdated_threat_model", "threats: threats.yaml\n", files={"threats.yaml": "threats: 1\n" + reviewed})
    assert [said in one for one in messages(looks)] == ([True] if said else [])


def test_a_decision_on_a_technique_covers_its_sub_techniques_but_not_the_other_way(
    ask: Callable[..., list[Ran]],
) -> None:
    rest = "components: {prompts: [{id: p, path: p.md}], tools: [{id: t, does: pay}]}\nthreats: threats.yaml\n"
    decided = "".join(
        f"  - {{id: {one}, decision: accept, reason: why, by: who}}\n"
        for one in ("AML.T0051", "AML.T0080.000", "AML.T0054", "AML.T0056", "AML.T0086")
    )
    files = {"p.md": "You help.\n", "threats.yaml": "threats: 1\nrisks:\n" + decided}
    said = " ".join(messages(ask("undecided_atlas_techniques", rest, files=files)))
    assert "AML.T0053" in said
    assert "AML.T0080 " in said
    assert "AML.T0051" not in said


def test_a_system_with_a_model_has_a_flow(ask: Callable[..., list[Ran]]) -> None:
    looks = ask("uncovered_flows", MODEL + "threats: threats.yaml\n", files={"threats.yaml": "threats: 1\n"})
    assert messages(looks) == ["the manifest declares no data flow, though the system has a model"]


@pytest.mark.parametrize(
    ("tool", "unlimited", "unapproved"),
    [
        ("{id: t}", ["the tool t has no declared effect"], []),
        ("{id: t, effect: none}", [], []),
        ("{id: t, effect: read}", ["the tool t has no scopes"], []),
        ("{id: t, does: fetch-url, scopes: [web]}", [], []),
        ("{id: t, effect: write, scopes: [x]}", ["the tool t has no limits"], []),
        ("{id: t, effect: irreversible, scopes: [x], limits: {a: 1}}", [], ["irreversible"]),
        ("{id: t, does: pay, scopes: [x], limits: {a: 1}, approval: human}", [], []),
        ("{id: t, does: pay, effect: reversible, scopes: [x], limits: {a: 1}}", [], []),
        ("{id: t, does: x-wave, scopes: [x]}", ["the tool t has no limits"], []),
    ],
)
def test_what_a_tool_has_to_say_follows_its_effect(
    tool: str, unlimited: list[str], unapproved: list[str], ask: Callable[..., list[Ran]]
) -> None:
    rest = f"components: {{tools: [{tool}]}}\n"
    assert messages(ask("unlimited_tools", rest)) == unlimited
    found = messages(ask("unapproved_irreversible_tools", rest))
    assert len(found) == len(unapproved)
    assert all(word in one for word, one in zip(unapproved, found, strict=True))


def test_a_tool_that_only_the_code_knows_is_found_and_its_approval_left_open(ask: Callable[..., list[Ran]]) -> None:
    code = (
        "from langchain_core.tools import tool\n\n\n@tool\ndef wipe(name: str) -> str:\n"
        '    """Delete a customer and everything about that customer."""\n    return name\n'
    )
    assert messages(ask("unlimited_tools", files={"app/tools.py": code})) == [
        "the tool app/tools.py#wipe is not in the manifest"
    ]
    looks = ask("unapproved_irreversible_tools", files={"app/tools.py": code})
    assert messages(looks) == []
    assert len(skips(looks)) == 1


@pytest.mark.parametrize(
    ("source", "origin", "found"),
    [
        ("file:m.json", "", 1),
        ("file:m.json", "trained here", 0),
        ("hf:org/name@abc", "", 0),
        ("api:provider/name", "", 0),
    ],
)
def test_a_model_says_where_it_comes_from(source: str, origin: str, found: int, ask: Callable[..., list[Ran]]) -> None:
    said = f", origin: {origin}" if origin else ""
    rest = f'components: {{models: [{{id: m1, source: "{source}"{said}}}]}}\n'
    assert len(messages(ask("unknown_model_origin", rest, files={"m.json": "{}"}))) == found


def test_loads_in_tests_do_not_count_and_broken_code_is_told_of(ask: Callable[..., list[Ran]]) -> None:
    load = "import pickle\n\npickle.load(open('x', 'rb'))\n"
    files = {"tests/test_it.py": load, "app.py": "def load(:\n", "bad.ipynb": "{"}
    looks = ask("unsafe_load_calls", files=files)
    assert messages(looks) == []
    assert {one.path for look in looks for one in look.skipped} == {"app.py", "bad.ipynb"}


def test_a_load_in_a_notebook_is_placed_in_its_cell(ask: Callable[..., list[Ran]]) -> None:
    cells = [
        {"cell_type": "code", "source": ["import pickle\n", "%time"]},
        {"cell_type": "markdown", "source": "pickle.load is bad"},
        {"cell_type": "code", "source": "x = 1\ny = pickle.loads(b'')"},
    ]
    looks = ask("unsafe_load_calls", files={"look.ipynb": json.dumps({"cells": cells})})
    places = [(one.where.member, one.where.line, one.excerpt) for look in looks for one in look.findings]
    assert places == [("cell 3", 2, "y = pickle.loads(b'')")]


def test_remote_code_in_a_comment_or_refused_does_not_count(ask: Callable[..., list[Ran]]) -> None:
    files = {
        "run.sh": "# --trust-remote-code\nvllm serve x\n",
        "conf.yaml": "trust_remote_code: false\n",
        "m/config.json": '{"auto_map": {}}',
    }
    assert messages(ask("remote_code_flags", files=files)) == []


def test_an_unreadable_model_configuration_is_told_of(ask: Callable[..., list[Ran]]) -> None:
    looks = ask("remote_code_flags", files={"m/config.json": '{"auto_map": '})
    assert skips(looks) == ["not readable as JSON"]


def test_a_model_of_unknown_format_is_not_said_to_be_safe(ask: Callable[..., list[Ran]]) -> None:
    rest = 'components: {models: [{id: m1, source: "file:m.bin"}]}\n'
    looks = ask("code_carrying_format", rest, files={"m.bin": "\0\1\2\3 unheard of \0\0"})
    assert messages(looks) == []
    assert ["format is not known" in one for one in skips(looks)] == [True]


def test_a_secret_is_never_shown(ask: Callable[..., list[Ran]]) -> None:
    value = "garden-garden-garden-7-plant-7-plant"
    looks = ask("hard_coded_secrets", files={"app/a.py": f'API_KEY = "{value}"\n', ".env": f"API_KEY={value}\n"})
    assert len(messages(looks)) == 2
    assert value not in repr(looks)
    assert "gard" not in repr(looks)


def test_an_env_file_that_git_ignores_is_left_alone(ask: Callable[..., list[Ran]]) -> None:
    files = {".gitignore": ".env\n", ".env": "API_KEY=garden-garden-garden-7-plant-7-plant\n"}
    assert messages(ask("hard_coded_secrets", files=files)) == []


@pytest.mark.parametrize(
    ("step", "lacks"),
    [
        ("pytest -q\naccord assess .", 0),
        ("python -m unittest\nbandit -r app", 0),
        ("make test\naccord gate", 0),
        ("pytest -q\naccord assess . || true", 1),
        ("# pytest\n# accord assess .", 2),
        ("echo attest accordion", 2),
    ],
)
def test_a_pipeline_needs_tests_and_a_gate_that_can_fail(step: str, lacks: int, ask: Callable[..., list[Ran]]) -> None:
    assert len(messages(ask("missing_ci_gate", files={".ci/run": step + "\n"}))) == lacks


def test_a_pipeline_that_hands_over_is_followed(ask: Callable[..., list[Ran]]) -> None:
    files = {".gitlab-ci.yml": "check:\n  script: [make all]\n", "Makefile": "all:\n\tpytest\n\taccord assess .\n"}
    assert messages(ask("missing_ci_gate", files=files)) == []


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def seen() -> list[tuple[str, bytes]]:
    """Return the paths and bodies that the service was asked."""
    return []


@pytest.fixture
def probe(ask: Callable[..., list[Ran]], seen: list[tuple[str, bytes]]) -> Iterator[Callable[..., list[Ran]]]:
    """Run one check against a service that answers as told."""
    answers: list[Answer] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        seen.append((environ["PATH_INFO"], body))
        status, text = answers[0](environ, body)
        left = [("X-RateLimit-Remaining", text)] if text.isdecimal() else []
        start_response(f"{status} Said", [("Content-Type", "text/plain"), *left])
        return [text.encode()]

    with make_server("127.0.0.1", 0, app, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()

        def run(name: str, answer: Answer, call: str = 'http: {url: "@/chat"}') -> list[Ran]:
            answers[:] = [answer]
            target = call.replace("@", f"http://127.0.0.1:{server.server_port}")
            return ask(name, f"targets: [{{id: t, call: {{{target}}}, budget: {{requests: 40}}}}]\n")

        yield run
        server.shutdown()
        thread.join()


def says(status: int, text: str = "hello") -> Answer:
    return lambda _environ, _body: (status, text)


PROBES = ("leaked_error_detail", "unauthenticated_endpoint", "missing_rate_limit", "unbounded_input")


@pytest.mark.parametrize("name", PROBES)
def test_a_target_that_is_no_endpoint_is_not_looked_at(name: str, ask: Callable[..., list[Ran]]) -> None:
    looks = ask(name, 'targets: [{id: t, call: {mcp: {url: "http://127.0.0.1:9/mcp"}}}]\n')
    assert skips(looks) == ["the target takes no plain HTTP request"]


@pytest.mark.parametrize("name", PROBES)
def test_a_target_that_is_down_is_not_looked_at(name: str, ask: Callable[..., list[Ran]]) -> None:
    looks = ask(name, 'targets: [{id: t, call: {http: {url: "http://127.0.0.1:9/chat"}}}]\n')
    assert messages(looks) == []
    assert ["does not answer" in one for one in skips(looks)] == [True]


@pytest.mark.parametrize("name", ["leaked_error_detail", "missing_rate_limit", "unbounded_input"])
def test_what_lies_behind_a_refusal_is_not_said_to_be_fine(name: str, probe: Callable[..., list[Ran]]) -> None:
    looks = probe(name, says(401))
    assert messages(looks) == []
    assert len(skips(looks)) == 1


@pytest.mark.parametrize(("status", "skipped"), [(401, 0), (403, 0), (302, 0), (404, 2), (500, 2)])
def test_only_a_refusal_shows_authentication(status: int, skipped: int, probe: Callable[..., list[Ran]]) -> None:
    looks = probe("unauthenticated_endpoint", says(status))
    assert messages(looks) == []
    assert len(skips(looks)) == min(skipped, 1)  # one entry for each target


def test_a_made_up_token_must_not_open_the_door(probe: Callable[..., list[Ran]]) -> None:
    looks = probe(
        "unauthenticated_endpoint", lambda environ, _: (200 if environ.get("HTTP_AUTHORIZATION") else 401, "")
    )
    assert ["with a made-up token" in one for one in messages(looks)] == [True]


def test_the_bare_request_carries_no_declared_credential(probe: Callable[..., list[Ran]]) -> None:
    call = 'http: {url: "@/chat?key=abc&page=1", headers: {Authorization: Bearer staging, X-Api-Key: k}}'
    keys: list[object] = []

    def answer(environ: Mapping[str, object], _body: bytes) -> tuple[int, str]:
        keys.extend([environ["QUERY_STRING"], environ.get("HTTP_X_API_KEY"), environ.get("HTTP_AUTHORIZATION")])
        return 200, "served"

    assert len(messages(probe("unauthenticated_endpoint", answer, call))) == 1
    assert keys == ["page=1", None, None]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('File "/srv/app/main.py", line 12', "a line of its source"),
        ("boom at /app/server.js:10:5", "a line of its source"),
        ("at org.shop.Chat.ask(Chat.java:12)", "a stack trace"),
        ("see /home/fern/service/app.py", "a path of the server"),
        ("KeyError('message')", "an exception"),
        ("SQLSTATE[42000]", "a database error"),
        ('{"error": "not a message"}', ""),
        ('{"error": {"type": "BadRequestError", "message": "no"}}', ""),
    ],
)
def test_details_are_told_from_plain_errors(text: str, kind: str, probe: Callable[..., list[Ran]]) -> None:
    found = messages(probe("leaked_error_detail", says(500, text)))
    assert all(kind in one for one in found)
    assert len(found) == (3 if kind else 0)


def test_a_burst_stays_within_thirty_requests_and_the_budget(
    probe: Callable[..., list[Ran]], seen: list[tuple[str, bytes]]
) -> None:
    found = messages(probe("missing_rate_limit", says(200)))
    assert found == [BURST]
    assert len(seen) == 30


def test_a_limit_that_counts_down_is_a_limit_and_one_that_stands_still_is_none(
    probe: Callable[..., list[Ran]], seen: list[tuple[str, bytes]]
) -> None:
    assert messages(probe("missing_rate_limit", lambda *_: (200, str(60 - len(seen))))) == []
    assert len(seen) == 2
    assert messages(probe("missing_rate_limit", says(200, "60"))) == [BURST]


@pytest.mark.parametrize(("status", "found", "skipped"), [(200, 1, 0), (413, 0, 0), (422, 0, 0), (500, 0, 1)])
def test_long_input_is_refused_or_it_is_found(
    status: int, found: int, skipped: int, probe: Callable[..., list[Ran]]
) -> None:
    looks = probe("unbounded_input", says(status))
    assert (len(messages(looks)), len(skips(looks))) == (found, skipped)


def test_an_openai_target_is_asked_for_one_token(
    probe: Callable[..., list[Ran]], seen: list[tuple[str, bytes]]
) -> None:
    probe("unauthenticated_endpoint", says(401), 'openai: {url: "@/v1", model: small}')
    path, body = seen[0]
    assert path == "/v1/chat/completions"
    assert json.loads(body)["max_tokens"] == 1
