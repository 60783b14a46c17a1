"""Sizes, origins, allowed sources, documentation, days of signing, and looks before loading."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.assess.prepare import prepare
from accord.checks.loading import command_verifies
from accord.checks.origins import allows
from accord.core.assessment import Assessment
from accord.core.canon import canonical
from accord.core.errors import ManifestError
from accord.core.finding import State
from accord.core.plugins import load_checks
from accord.record.dsse import STATEMENT_TYPE, pae
from accord.record.model_signature import make_model_key, public_pem
from accord.testing import World
from accord.testing.conform import _once

HEAD = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers questions about plants, kind: [llm-app]}
owners: {system-owner: owner@example.org}
profile: {level: LEVEL}
components:
"""
HUB = "{id: m1, source: 'hf:example-org/small@0123456789abcdef0123456789abcdef01234567'}"
CHECKS = {code: loaded.check for code, loaded in load_checks(frozenset()).items()}
NUMBERS = '{"weights": [[1, 0], [0, 1]]}\n'


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def declare(world: World, *parts: str, level: str = "baseline") -> World:
    world.write("accord.yaml", HEAD.replace("LEVEL", level) + "".join(f"  {part}\n" for part in parts))
    return world


def found(world: World, code: str) -> list[str]:
    looks = _once(CHECKS[code], prepare(world.asked()))
    assert [look.problem for look in looks] == [None] * len(looks)
    return sorted(finding.message for look in looks for finding in look.findings)


def state(assessment: Assessment, code: str) -> State:
    return next(one.state for one in assessment.evidence if one.check == code)


def weights(**notes: str) -> bytes:
    said = {"__metadata__": notes, "w": {"dtype": "F32", "shape": [8], "data_offsets": [0, 32]}}
    header = json.dumps(said).encode()
    return struct.pack("<Q", len(header)) + header + bytes(32)


# sizes


def test_the_header_of_a_file_records_its_size_and_refutes_a_wrong_one(world: World) -> None:
    world.write("m.safetensors", weights())
    assert found(declare(world, "models: [{id: m1, source: 'file:m.safetensors'}]"), "ACC225") == []
    close = "models: [{id: m1, source: 'file:m.safetensors', parameters: 8}]"
    assert found(declare(world, close), "ACC225") == []
    wrong = "models: [{id: m1, source: 'file:m.safetensors', parameters: 7000000000}]"
    message = "the model m1 has 8 parameters by the header of its file, not 7000000000 as declared"
    assert found(declare(world, wrong), "ACC225") == [message]


@pytest.mark.parametrize(
    ("card", "told"),
    [
        ("A language model of 135 million parameters.", True),
        ("It has 7B params in four layers.", True),
        ("## Size\nIts provider does not publish it.", True),
        ("- **Parameters**: 1,100,000,000 as published.", True),
        ("## Size\nTBD", False),
        ("A small model that answers questions.", False),
    ],
)
def test_a_card_tells_the_size_or_that_it_is_not_published(world: World, card: str, *, told: bool) -> None:
    world.write("docs/model-card.md", f"# Model card: small\n\n{card}\n")
    declare(world, "models: [{id: m1, source: 'api:example/small', card: docs/model-card.md}]")
    assert (found(world, "ACC225") == []) is told


def test_in_a_card_of_several_models_only_the_section_of_the_model_counts(world: World) -> None:
    world.write(
        "docs/card.md", "# Cards\n\n## Writer\nIt has 135 million parameters.\n\n## Router\nIt sorts letters.\n"
    )
    models = [f"{{id: {name}, source: 'api:example/{name}', card: docs/card.md}}" for name in ("writer", "router")]
    declare(world, f"models: [{', '.join(models)}]")
    assert found(world, "ACC225") == ["the model router (api:example/router) has no recorded number of parameters"]


# origins


@pytest.mark.parametrize(
    "origin", ["unknown", "TBD", "n/a", "from the internet", "Hugging Face", "downloaded", "?", "-"]
)
def test_an_origin_that_says_nothing_is_told(world: World, origin: str) -> None:
    declare(world, f"models: [{{id: m1, source: 'file:m.json', origin: '{origin}'}}]")
    assert found(world, "ACC226") == [f"the model m1 has an origin that says nothing: {origin}"]


@pytest.mark.parametrize(
    "origin", ["trained here", "Example Org, downloaded 2026-05-01", "from the GitHub of example-org"]
)
def test_an_origin_that_says_something_is_enough(world: World, origin: str) -> None:
    declare(world, f"models: [{{id: m1, source: 'file:m.json', origin: '{origin}'}}]")
    assert found(world, "ACC226") == []


def test_an_evaluation_set_and_a_tool_need_an_origin_too(world: World) -> None:
    tools = "tools: [{id: pay}, {id: mail, origin: 'Example Mail server 1.2'}, {id: lookup}, {id: wiki}]"
    declare(world, "datasets: [{id: d1, path: eval/rows.csv, used_for: [evaluation]}]", tools)
    world.write("app.py", "def lookup(order: str) -> str:\n    return order\n")
    world.write("mcp.json", '{"mcpServers": {"wiki": {"command": "uvx", "args": ["wiki==1.0"]}}}')
    assert found(world, "ACC226") == [
        "the dataset d1 (eval/rows.csv) has no origin",
        "the tool pay is not part of this code, and has no origin",
    ]


# sources


def test_everything_from_outside_is_compared_with_the_list(world: World) -> None:
    world.write("requirements.txt", "--extra-index-url https://simple.example.net/py\nplants==1.0\n")
    world.write(
        "mcp.json", '{"servers": {"far": {"url": "https://tools.example.net/mcp"}, "near": {"command": "npx"}}}'
    )
    world.write("app.py", "import openai\nopenai.OpenAI().chat.completions.create(model='gpt-x')\n")
    models = f"models: [{HUB}, {{id: m2, source: 'api:friend/x', base_url: 'https://api.example.net/v1'}}]"
    parts = (models, "software: {lockfile: requirements.txt}")
    message = found(declare(world, *parts), "ACC227")
    assert len(message) == 1
    for source in ("hf:example-org/small", "https://api.example.net", "pkg:pypi", "https://simple.example.net/py",
                   "https://tools.example.net", "pkg:npm", "api:openai/gpt-x"):  # fmt: skip
        assert source in message[0]
    listed = (
        "sources: ['hf:example-org', 'api:friend', 'api:openai', 'pkg:npm', 'pkg:pypi', 'https://tools.example.net']"
    )
    assert found(declare(world, *parts, listed), "ACC227") == [
        "an index of requirements.txt comes from https://simple.example.net/py, which is not among the allowed sources",
        "the model m2 comes from https://api.example.net, which is not among the allowed sources",
    ]


def test_this_machine_and_the_systems_own_folders_are_no_source(world: World) -> None:
    world.write("requirements.txt", "-e ./own\n")
    declare(world, "models: [{id: m1, source: 'api:vllm/x', base_url: 'http://127.0.0.1:8000/v1'}]")
    assert [one for one in found(world, "ACC227") if "own" in one or "vllm" in one] == []


@given(st.lists(st.text("abc:/.", min_size=1, max_size=9), max_size=4), st.text("abc:/.", min_size=1, max_size=12))
def test_a_list_allows_what_it_names_and_what_lies_below(allowed: list[str], source: str) -> None:
    assert allows((*allowed, source), f"{source}/below")
    assert allows(tuple(allowed), source) == any(
        source == one.rstrip("/") or source.startswith(one.rstrip("/") + "/") for one in allowed
    )


def test_a_list_never_allows_a_longer_name() -> None:
    assert not allows(("hf:example", "https://host.example"), "hf:example-org/x")
    assert not allows(("https://host.example",), "https://host.example.net/x")


@pytest.mark.parametrize("source", ["", "hf:", "everything", "hf:*", "https://a b", "*"])
def test_a_source_that_names_nothing_is_refused(world: World, source: str) -> None:
    declare(world, f"sources: ['{source}']")
    with pytest.raises(ManifestError, match="names no source"):
        world.assess()


def test_a_model_of_no_parameters_is_refused(world: World) -> None:
    declare(world, "models: [{id: m1, source: 'file:m.json', parameters: 0}]")
    with pytest.raises(ManifestError, match="no number of parameters"):
        world.assess()


# documentation


def test_a_part_from_outside_is_documented_by_a_card_a_description_or_a_page(world: World) -> None:
    parts = (
        f"models: [{HUB}]",
        "datasets: [{id: d1, path: data/rows.csv}, {id: d2, path: d2.csv, origin: written here, licence: CC0-1.0}]",
        "tools: [{id: pay, origin: Bank}, {id: mail, origin: Example Mail, description: sends a mail to a customer}]",
        "retrieval: [{id: kb, store: qdrant}]",
    )
    assert found(declare(world, *parts), "ACC228") == [
        f"nothing documents the {one}: no card, no description, no page that names it"
        for one in ("dataset d1", "model m1", "store kb", "tool pay")
    ]
    page = "The writer is example-org/small. Rows of data/rows.csv were written by hand. Pages lie in Qdrant, pay pays."
    world.write("README.md", f"# Plants\n\n{page}\n")
    assert found(world, "ACC228") == []
    world.write("README.md", "# example-org/small\n\nTODO\n")
    assert len(found(world, "ACC228")) == 4


# days


def signed(days: str, **more: str) -> str:
    return f"models: [{{id: m1, source: 'file:m.json', signature: m.sig, {days}}}]"


@pytest.mark.parametrize(
    ("days", "level", "said"),
    [
        ("trained: 2026-05-01, signed: 2026-05-08", "baseline", None),
        ("trained: 2026-05-01, signed: 2026-05-09", "standard", "was signed 8 days after its training ended"),
        ("trained: 2026-05-01, signed: 2026-05-03", "critical", "was signed 2 days after its training ended"),
        ("trained: 2026-05-01, signed: 2026-04-30", "baseline", "was signed on 2026-04-30, before its training ended"),
        ("trained: 2026-05-01", "baseline", "ended its training on 2026-05-01, and nobody recorded when it was signed"),
    ],
)  # fmt: skip
def test_the_days_between_training_and_signature_are_counted(
    world: World, days: str, level: str, said: str | None
) -> None:
    world.write("m.json", NUMBERS)
    declare(world, signed(days), level=level)
    messages = found(world, "ACC246")
    assert len(messages) == bool(said)
    assert all(one.startswith(f"the model m1 {said}") for one in messages)


def test_a_system_that_trains_says_when_and_one_that_does_not_is_not_asked(world: World) -> None:
    world.write("m.json", NUMBERS)
    models = "models: [{id: m1, source: 'file:m.json', signature: m.sig}]"
    assert state(declare(world, models).assess(), "ACC246") is State.NOT_APPLICABLE
    declare(world, models, "datasets: [{id: d1, path: rows.csv, used_for: [fine-tuning]}]")
    said = "the dataset d1 trains a model, and no model in a file says when its training ended"
    assert found(world, "ACC246") == [said]


def test_verified_provenance_says_when_training_ended_and_refutes_another_day(world: World, tmp_path: Path) -> None:
    import hashlib

    world.write("m.json", NUMBERS)
    signer = make_model_key(tmp_path / "keys", "model")
    payload = canonical({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "m.json", "digest": {"sha256": hashlib.sha256(NUMBERS.encode()).hexdigest()}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"runDetails": {"builder": {"id": "ci"}, "metadata": {"finishedOn": "2026-05-01T10:00:00Z"}}},
    })  # fmt: skip
    signature = base64.b64encode(signer.sign(pae(payload, STATEMENT_TYPE))).decode()
    said = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": STATEMENT_TYPE,
        "signatures": [{"sig": signature}],
    }
    world.write("p.intoto.jsonl", json.dumps(said))
    world.write("p.intoto.pub", public_pem(signer.public))
    built = "provenance: p.intoto.jsonl, signed: 2026-05-02"
    assert found(declare(world, signed(f"{built}, trained: 2026-05-01")), "ACC246") == []
    assert found(declare(world, signed(f"{built}, trained: 2026-04-01")), "ACC246") == [
        "the model m1 ended its training on 2026-04-01 by the manifest, and on 2026-05-01 by its provenance"
    ]


# loading

LOADING = "models: [{id: m1, source: 'file:models/m1.pt'}]"
NOWHERE = "the model m1 (models/m1.pt) is verified nowhere before it is loaded"
BARE = "import torch\nmodel = torch.load('models/m1.pt', weights_only=True)\n"


def test_a_bare_load_is_told_where_it_stands(world: World) -> None:
    world.write("models/m1.pt", b"x")
    world.write("serve.py", BARE)
    done = declare(world, LOADING).assess()
    finding = next(one for one in done.findings if one.check == "ACC247")
    assert (finding.where.path, finding.where.line) == ("serve.py", 2)
    assert finding.message == "the model m1 (models/m1.pt) is loaded here, and nothing verified it before"


def test_a_model_that_nothing_here_loads_has_to_be_verified_by_a_script(world: World) -> None:
    world.write("models/m1.pt", b"x")
    declare(world, LOADING)
    assert found(world, "ACC247") == [NOWHERE]
    world.write("start.sh", "accord verify-model models/m1.pt\nexec llama-server -m models/m1.pt\n")
    assert found(world, "ACC247") == []


@pytest.mark.parametrize(
    ("line", "verifies"),
    [
        ("accord verify-model models/m1.pt", True),
        ("RUN accord verify-model models", True),
        ('command: ["accord", "verify-model", "models/m1.pt"]', True),
        ("python -m model_signing verify key models/m1.pt --signature m1.sig", True),
        ("sha256sum --check models.sha256", True),
        ("cosign verify-blob --key k.pub --signature s $MODEL", True),
        ("accord verify-model models/other.pt", False),
        ("accord verify-model othermodels", False),
        ("accord scan models/m1.pt", False),
        ("sha256sum models/m1.pt > sums", False),
        ("echo models/m1.pt", False),
    ],
)
def test_commands_that_verify_a_model(line: str, *, verifies: bool) -> None:
    assert command_verifies(line, "models/m1.pt") is verifies


@pytest.mark.parametrize("line", ["# accord verify-model models/m1.pt", "accord verify-model models/m1.pt || true"])
def test_commands_that_cannot_fail_verify_nothing(world: World, line: str) -> None:
    world.write("models/m1.pt", b"x")
    world.write("start.sh", f"{line}\npython serve.py\n")
    world.write("serve.py", BARE)
    assert len(found(declare(world, LOADING), "ACC247")) == 1


def test_a_pipeline_verifies_nothing_where_the_model_is_loaded(world: World) -> None:
    world.write("models/m1.pt", b"x")
    world.write(".github/workflows/change.yml", "jobs: {a: {steps: [{run: accord verify-model models/m1.pt}]}}\n")
    world.write("serve.py", BARE)
    assert len(found(declare(world, LOADING), "ACC247")) == 1


HONEST = {
    "in the function that loads": {
        "serve.py": """
import hashlib, torch
def load():
    data = open('models/m1.pt', 'rb').read()
    digest = hashlib.sha256(data).hexdigest()
    if digest != 'abc':
        raise SystemExit(1)
    return torch.load('models/m1.pt', weights_only=True)
""",
    },
    "by a helper of another module": {
        "app/trust.py": """
import hashlib, hmac
def digest_of(path):
    h = hashlib.sha256()
    h.update(open(path, 'rb').read())
    return h.hexdigest()
def is_reviewed(path, wanted):
    return hmac.compare_digest(digest_of(path), wanted)
""",
        "app/serve.py": """
import torch
from app.trust import is_reviewed
PATH = 'models/m1.pt'
def load():
    if not is_reviewed(PATH, 'abc'):
        raise SystemExit(1)
    return torch.load(PATH, weights_only=True)
""",
    },
    "before the function that loads is called": {
        "serve.py": """
import subprocess, torch
MODEL = 'models/m1.pt'
def load(path):
    return torch.load(path, weights_only=True)
def main():
    subprocess.run(['accord', 'verify-model', MODEL], check=True)
    return load(MODEL)
""",
    },
    "with a library": {
        "serve.py": """
import model_signing, torch
MODEL = 'models/m1.pt'
model_signing.verifying.Config().use_elliptic_key_verifier(public_key='k').verify(MODEL, 'm1.sig')
model = torch.load(MODEL, weights_only=True)
""",
    },
    "the call that fetches it": {
        "serve.py": """
import pooch, torch
model = torch.load(pooch.retrieve('https://host.example/m1.pt', known_hash='sha256:abc', path='models/m1.pt'))
""",
    },
    "a constant that lies elsewhere": {
        "app/settings.py": "WEIGHTS_FILE = 'models/m1.pt'\n",
        "app/serve.py": """
import hashlib, torch
from app import settings
def load():
    with open(settings.WEIGHTS_FILE, 'rb') as file:
        assert hashlib.file_digest(file, 'sha256').hexdigest() == 'abc'
    return torch.load(settings.WEIGHTS_FILE, weights_only=True)
""",
    },
}


@pytest.mark.parametrize("how", HONEST)
def test_honest_code_verifies_in_many_ways(world: World, how: str) -> None:
    world.write("models/m1.pt", b"x")
    for path, text in HONEST[how].items():
        world.write(path, text)
    assert found(declare(world, LOADING), "ACC247") == []


CHECKED = "    if hashlib.sha256(data).hexdigest() != 'abc':\n        raise SystemExit(1)\n"
LOADED = "    model = torch.load(MODEL)\n"
CARELESS = {
    "it verifies too late": LOADED + CHECKED,
    "nothing comes of it": f"    print(hashlib.sha256(data).hexdigest())\n{LOADED}",
    "a digest is stated only": f"    spec = dict(path=MODEL, sha256='abc')\n{LOADED}",
    "another function does, and nobody calls it": f"{LOADED}def check(data):\n{CHECKED}",
}


@pytest.mark.parametrize("how", CARELESS)
def test_careless_code_verifies_in_none(world: World, how: str) -> None:
    world.write("models/m1.pt", b"x")
    world.write("serve.py", f"import hashlib, torch\nMODEL = 'models/m1.pt'\ndef load(data):\n{CARELESS[how]}")
    assert len(found(declare(world, LOADING), "ACC247")) == 1


def test_what_else_a_module_loads_is_not_the_model(world: World) -> None:
    world.write("models/m1.pt", b"x")
    world.write(
        "train.py",
        "import json, torch\nrows = json.loads(open('rows.json').read())\ntorch.save(rows, 'models/m1.pt')\n",
    )
    assert found(declare(world, LOADING), "ACC247") == [NOWHERE]


@given(st.text("abdefimnorpst(){}[]=:\n '\"._", max_size=200))
def test_no_source_ends_the_reading_of_loads(text: str) -> None:
    from accord.checks.code import Code
    from accord.checks.loading import _Known, _loads, _module, _settled

    module = _module(Code("a.py", f"{text}\nload('m1.pt')\n"))
    if module:
        known: _Known = _settled([module])
        assert all(one.place.path == "a.py" for one in _loads(module, "m1.pt", set(), known))
