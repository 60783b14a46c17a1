"""What checks share: places in the manifest, probes, code of notebooks, and the lists that ship."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.assess.context import Look
from accord.assess.context import World as Surroundings
from accord.assess.files import Files
from accord.assess.inputs import Inputs
from accord.checks import places, probes
from accord.checks.code import _notebook, python_code
from accord.checks.pipelines import pipelines, runs
from accord.checks.threat_models import threat_sets
from accord.core import Asset, Place, Source, System
from accord.core.call import HttpCall
from accord.core.canon import digest
from accord.core.settings import Settings
from accord.core.system import About, OpenAiCall, Role
from accord.record.catalogue import framework, load_catalogue
from accord.scan.walk import walk
from accord.testing.world import NOON

MANIFEST = """\
accord: 1
system: {id: sample, name: "a: b"}
owners: {system-owner: x}
components:
  prompts: [{id: owners, path: p.md}]
  tools:
    - id: "refund"
      does: pay
    - {"id": "mail"}
flows:
  - {from: user, to: m1}
  - from: kb
    to: m1
"""


def looking(root: Path, files: Mapping[str, str], threats: str | None = None) -> Look:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    about = About(id="s", name="S", version="1", purpose="answers", kind=("llm-app",))
    system = System(accord=1, system=about, owners={Role.SYSTEM_OWNER: "o"}, threats=threats)
    walked = Files(root, walk(root, max_files=1000, max_depth=10, seconds=10).files, Settings())
    world = Surroundings(
        system=system, assets=(), catalogue=load_catalogue(), threats=None, now=NOON,
        inputs=Inputs(manifest=digest(system), assets=(), files=walked),
    )  # fmt: skip
    return Look(world, network=False)


@pytest.mark.parametrize(
    ("name", "line"), [("sample", 2), ("owners", 5), ("refund", 7), ("mail", 9), ("flows", 10), ("nobody", None)]
)
def test_an_id_is_found_before_a_section_of_its_name(name: str, line: int | None, tmp_path: Path) -> None:
    look = looking(tmp_path, {"accord.yaml": MANIFEST})
    assert places.manifest_place(look, name) == Place(path="accord.yaml", line=line)


def test_a_section_is_found_whatever_has_its_name(tmp_path: Path) -> None:
    assert places.section_place(looking(tmp_path, {"accord.yaml": MANIFEST}), "owners").line == 3


@pytest.mark.parametrize(("ends", "line"), [(("user", "m1"), 11), (("kb", "m1"), 12), (("m1", "user"), 10)])
def test_a_flow_is_found_by_its_ends_else_by_its_section(ends: tuple[str, str], line: int, tmp_path: Path) -> None:
    assert places.flow_place(looking(tmp_path, {"accord.yaml": MANIFEST}), *ends).line == line


def test_without_a_manifest_the_place_is_the_file_alone(tmp_path: Path) -> None:
    look = looking(tmp_path, {})
    assert places.manifest_place(look, "sample") == Place(path="accord.yaml")
    assert places.flow_place(look, "user", "m1") == Place(path="accord.yaml")
    assert look.skipped == ()


def test_threats_are_placed_in_their_own_file(tmp_path: Path) -> None:
    look = looking(tmp_path, {"t.yaml": "threats: 1\nrisks:\n  - {id: AML.T0051.001}\n"}, threats="t.yaml")
    assert places.threats_place(look, "AML.T0051.001") == Place(path="t.yaml", line=3)


@given(st.text(max_size=400), st.text(max_size=20))
def test_a_place_lies_inside_whatever_text_there_is(text: str, name: str) -> None:
    lines = places._lines(text)
    for found in (lines.ids, lines.keys, lines.flows):
        assert all(1 <= line <= text.count("\n") + 1 for line in found.values())
    assert lines.ids.get((name,), 1) >= 1


def test_every_technique_of_the_sets_is_one_of_atlas_and_every_kind_one_of_assets() -> None:
    known = framework("atlas").ids
    sets = threat_sets().atlas
    assert {one for ids in sets.values() for one in ids} - set(known) == set()
    assert all(len(set(ids)) == len(ids) for ids in sets.values())
    kinds = {"model.file", "model.hub", "model.api", "dataset", "prompt", "retrieval", "tool", "target"}
    assert set(sets) == kinds


def test_the_shipped_commands_are_patterns() -> None:
    known = pipelines()
    assert all(re.compile(one) for one in (*known.tests, *known.gates, *known.runners))
    assert runs("  - run: accord assess .", known.gates)
    assert not runs("  - run: accord-assess-me", known.gates)


def call(**fields: Any) -> HttpCall:
    return HttpCall(url="http://127.0.0.1:1/chat", **fields)


@given(st.text(max_size=200))
def test_whatever_is_said_arrives_as_it_was(text: str) -> None:
    plain = probes._http(call(), text).body
    asked = probes._http(call(body='{"q": {"say": "{{text}}"}}'), text).body
    model = probes._openai(OpenAiCall(url="http://127.0.0.1:1/v1/", model="m"), text).body
    assert json.loads(plain or b"") == {"message": text}
    assert json.loads(asked or b"") == {"q": {"say": text}}
    assert json.loads(model or b"")["messages"][0]["content"] == text


def test_a_get_without_a_body_stays_one() -> None:
    made = probes._http(call(method="get"), "hello")
    assert (made.method, made.body) == ("GET", None)


@given(
    st.dictionaries(st.sampled_from(["Authorization", "X-Api-Key", "Cookie", "X-Auth-Token", "Accept"]), st.just("v")),
    st.sampled_from(["", "?key=1", "?page=2", "?api_key=1&page=2", "?access_token=1"]),
)
def test_nothing_that_looks_like_a_credential_stays(headers: dict[str, str], query: str) -> None:
    bare = probes.anonymous(probes.Probe("http://127.0.0.1:1/chat" + query, "POST", headers, b"{}"))
    assert set(bare.headers) <= {"Accept"}
    assert ("Accept" in bare.headers) == ("Accept" in headers)
    assert bare.url.partition("?")[2] == ("page=2" if "page" in query else "")


@given(st.one_of(st.none(), st.binary(max_size=80), st.just(b'{"a": "x"}'), st.just(b"[1]")))
def test_odd_requests_can_be_made_of_any_request(body: bytes | None) -> None:
    request = probes.Probe("http://127.0.0.1:1/chat?x=1", "GET", {"content-type": "text/plain"}, body)
    said = json.loads(probes.mistyped(request).body or b"")
    assert not any(isinstance(value, str) for value in said.values())
    assert probes.malformed(request).headers == {"Content-Type": "text/plain"}
    assert probes.lost(request).line == "GET /accord-probe-no-such-path"
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(probes.malformed(request).body or b"")


def test_a_target_that_is_not_declared_is_recorded(tmp_path: Path) -> None:
    look = looking(tmp_path, {})
    assert probes.probe(look, Asset(id="t", kind="target")) is None
    assert [one.path for one in look.skipped] == ["t"]


def code_of(look: Look) -> Iterator[tuple[str, str]]:
    return ((one.path, one.text) for one in python_code(look))


def test_tests_are_left_out_and_magics_blanked(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": ["%pip install x\n", "a = 1\n", "!ls"]}]
    files = {"a.py": "x = 1\n", "tests/test_a.py": "y = 1\n", "b.ipynb": json.dumps({"cells": cells})}
    look = looking(tmp_path, files)
    assert list(code_of(look)) == [("a.py", "x = 1\n"), ("b.ipynb", "pass\na = 1\npass")]
    assert look.skipped == ()


@given(st.lists(st.lists(st.from_regex(r"[a-z =1]{0,20}", fullmatch=True), min_size=1, max_size=4), max_size=5))
def test_every_line_of_a_notebook_is_placed_where_it_stands(cells: list[list[str]]) -> None:
    text = json.dumps({"cells": [{"cell_type": "code", "source": "\n".join(lines)} for lines in cells]})
    code = _notebook(Source("n.ipynb", text))
    assert code is not None
    wanted = [(f"cell {n}", at) for n, lines in enumerate(cells, 1) for at in range(1, len(lines) + 1)]
    found = [code.place(number) for number in range(1, len(wanted) + 1)]
    assert [(one.member, one.line) for one in found] == wanted


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(["cells", "cell_type", "source", "x"])
    return st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), nested))
def test_a_notebook_may_hold_anything(value: object) -> None:
    code = _notebook(Source("n.ipynb", json.dumps(value)))
    assert code is None or code.path == "n.ipynb"
    assert _notebook(Source("n.ipynb", "[" * 100_000)) is None
