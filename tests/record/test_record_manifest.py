"""The manifest is taken as it stands or refused with one message, at the line that has to change."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import AccordError, ManifestError
from accord.core.system import System
from accord.record.codec import decode, dump_yaml
from accord.record.manifest import PARTIES, Manifest, read_manifest, read_threats, read_waivers, side_path

SMALL = """\
accord: 1
system: {id: s, name: S, version: 2.10, purpose: p, kind: [llm-app]}
owners: {system-owner: a@example.org}
"""

FULL = (
    SMALL
    + """\
components:
  models:
  - {id: m1, source: "file:models/a.gguf", fallback: m2, signature: models/a.sig}
  - {id: m2, source: "api:p/gpt", base_url: "https://api.example/v1"}
  datasets: [{id: d1, path: data/t.parquet, retention: P2Y}]
  prompts: [{id: p1, path: prompts/system.md}]
  tools: [{id: t1, does: pay}]
  retrieval: [{id: kb, path: kb/}]
  software: {lockfile: requirements.txt}
flows: [{from: user, to: m1, guard: g1}, {from: m1, to: x-partner}]
targets: [{id: staging, call: {openai: {url: "http://127.0.0.1:8080/v1", model: m1}}}]
guard: {id: g1, policy: guard.yaml}
disclose: {policy: "https://example.org/policy"}
threats: threats.yaml
waivers: waivers.yaml
"""
)


def read(folder: Path, text: str) -> Manifest:
    """Write a manifest and read it."""
    (folder / "accord.yaml").write_text(text, "utf-8")
    found = read_manifest(folder)
    assert found is not None
    return found


def refused(folder: Path, text: str) -> ManifestError:
    """Return the refusal of a manifest."""
    with pytest.raises(ManifestError) as caught:
        read(folder, text)
    return caught.value


def test_a_folder_without_a_manifest_has_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None


def test_a_small_manifest_is_enough(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL).system.system.version == "2.10"


def test_comments_and_layout_do_not_change_the_digest(tmp_path: Path) -> None:
    first = read(tmp_path, FULL)
    assert read(tmp_path, "# a comment\n" + FULL.replace("version: 2.10", 'version: "2.10"')).digest == first.digest
    assert read(tmp_path, FULL.replace("2.10", "2.11")).digest != first.digest
    assert read(tmp_path, dump_yaml(first.system)) == first


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("accord: 1", "accord: 2", "ACC-E115", 1),
        ("id: s,", 'id: "a\\tb",', "ACC-E115", 2),
        ("id: s,", f"id: {'x' * 81},", "ACC-E115", 2),
        ("name: S", 'name: " "', "ACC-E115", 2),
        ("kind: [llm-app]", "kind: []", "ACC-E115", 2),
        ("system-owner", "risk-owner", "ACC-E108", 3),
        ("a@example.org", '""', "ACC-E108", 3),
        ("id: p1", "id: m1", "ACC-E104", 9),
        ("id: g1", "id: kb", "ACC-E104", 15),
        ("from: user", "from: m3", "ACC-E112", 13),
        ("to: m1,", "to: intrenet,", "ACC-E112", 13),
        ("guard: g1}", "guard: g2}", "ACC-E112", 13),
        ("fallback: m2", "fallback: m9", "ACC-E112", 6),
        ("fallback: m2", "fallback: m1", "ACC-E114", 6),
        ("base_url:", "fallback: m1, base_url:", "ACC-E114", 6),
        ("file:models/a.gguf", "file:/etc/passwd", "ACC-E113", 6),
        ("file:models/a.gguf", "file:models/../../a", "ACC-E113", 6),
        ("file:models/a.gguf", "https://x.example/a", "ACC-E115", 6),
        ("file:models/a.gguf", "models/a", "ACC-E115", 6),
        ("models/a.sig", "C:/a.sig", "ACC-E113", 6),
        ("data/t.parquet", "..\\t", "ACC-E113", 8),
        ("data/t.parquet", '"a\\0b"', "ACC-E113", 8),
        ("data/t.parquet", '"\\e[31m"', "ACC-E113", 8),
        ("requirements.txt", "~/r.txt", "ACC-E113", 12),
        ("policy: guard.yaml", 'policy: "https://example.org"', "ACC-E113", 15),
        ("waivers: waivers.yaml", "waivers: ../w.yaml", "ACC-E113", 18),
        ("retention: P2Y", "retention: two years", "ACC-E115", 8),
        ("http://127.0.0.1:8080/v1", "file:///etc/passwd", "ACC-E115", 14),
        ("http://127.0.0.1:8080/v1", "http://[::1", "ACC-E115", 14),
        ("http://127.0.0.1:8080/v1", "http://a:99999/", "ACC-E115", 14),
        ("https://api.example/v1", "api.example", "ACC-E115", 7),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_line(tmp_path: Path, old: str, new: str, code: str, line: int) -> None:
    assert old in FULL
    error = refused(tmp_path, FULL.replace(old, new, 1))
    assert (error.code, error.where and error.where.line) == (code, line)
    assert error.hint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accord.yaml"]


def test_a_call_has_exactly_one_way(tmp_path: Path) -> None:
    error = refused(tmp_path, FULL.replace("model: m1}}", "model: m1}, python: a}"))
    assert "exactly one" in error.message
    assert error.where is not None
    assert error.where.line == 14


@pytest.mark.parametrize("party", PARTIES)
def test_people_may_stand_at_either_end_of_a_flow(tmp_path: Path, party: str) -> None:
    assert read(tmp_path, FULL.replace("from: user", f"from: {party}"))


def test_a_flow_to_something_misspelt_names_the_nearest(tmp_path: Path) -> None:
    assert "internet" in refused(tmp_path, FULL.replace("to: m1,", "to: intrenet,")).hint


def test_more_than_ten_thousand_entries_are_refused(tmp_path: Path) -> None:
    many = SMALL + "flows:\n" + "- {from: user, to: user}\n" * 10_001
    assert refused(tmp_path, many).code == "ACC-E111"


def test_a_long_chain_of_fallbacks_is_followed_once(tmp_path: Path) -> None:
    models = "".join(f"  - {{id: m{n}, source: 'api:p/x', fallback: m{n + 1}}}\n" for n in range(3000))
    read(tmp_path, SMALL + "components:\n  models:\n" + models + "  - {id: m3000, source: 'api:p/x'}\n")


def test_a_manifest_that_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "accord.yaml").mkdir()
    with pytest.raises(ManifestError):
        read_manifest(tmp_path)


def test_a_dangling_link_is_not_taken_for_absence(tmp_path: Path) -> None:
    (tmp_path / "accord.yaml").symlink_to("nowhere")
    with pytest.raises(ManifestError):
        read_manifest(tmp_path)


@given(position=st.integers(0, len(FULL)), text=st.text(max_size=3), cut=st.integers(0, 20))
def test_a_damaged_manifest_gives_a_system_or_one_message(
    tmp_path_factory: pytest.TempPathFactory, position: int, text: str, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("m")
    damaged = FULL[:position] + text + FULL[position + cut :]
    (folder / "accord.yaml").write_bytes(damaged.encode("utf-8", "surrogatepass"))
    try:
        read_manifest(folder)
    except AccordError as error:
        assert isinstance(error, ManifestError)  # noqa: PT017  # either way is right; anything else is a traceback


def _system(extra: str) -> System:
    return decode((SMALL + extra).encode(), System, path="accord.yaml")


def test_a_missing_threat_model_is_none_and_missing_waivers_are_no_waivers(tmp_path: Path) -> None:
    assert read_threats(tmp_path, _system("")) is None
    assert read_threats(tmp_path, _system("threats: threats.yaml")) is None
    assert read_waivers(tmp_path, _system("")).granted == ()
    assert read_waivers(tmp_path, _system("waivers: waivers.yaml")).granted == ()
    (tmp_path / "waivers.yaml").symlink_to("nowhere")
    with pytest.raises(ManifestError) as caught:
        read_waivers(tmp_path, _system("waivers: waivers.yaml"))
    assert caught.value.code == "ACC-E116"


def test_a_threat_model_names_each_part_and_risk_once(tmp_path: Path) -> None:
    system = _system("threats: t.yaml")
    (tmp_path / "t.yaml").write_text("threats: 1\nrisks:\n- {id: LLM01, decision: accept}\n")
    model = read_threats(tmp_path, system)
    assert model is not None
    assert model.risks[0].id == "LLM01"
    (tmp_path / "t.yaml").write_text("threats: 1\nrisks:\n- {id: a, decision: accept}\n- {id: a, decision: avoid}\n")
    with pytest.raises(ManifestError) as caught:
        read_threats(tmp_path, system)
    assert caught.value.code == "ACC-E104"
    assert caught.value.where is not None
    assert (caught.value.where.path, caught.value.where.line) == ("t.yaml", 4)


def test_a_side_file_behind_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.yaml").write_text("waivers: 1")
    (root / "waivers.yaml").symlink_to("../outside.yaml")
    (root / "loop").symlink_to("loop")
    with pytest.raises(ManifestError) as caught:
        read_waivers(root, _system("waivers: waivers.yaml"))
    assert caught.value.code == "ACC-E113"
    with pytest.raises(ManifestError) as caught:
        side_path(root, "loop")
    assert caught.value.code == "ACC-E116"


def test_waivers_are_read_and_their_version_is_known(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text("waivers: 2")
    with pytest.raises(ManifestError) as caught:
        read_waivers(tmp_path, _system("waivers: w.yaml"))
    assert caught.value.code == "ACC-E115"
    (tmp_path / "w.yaml").write_text("waivers: 1")
    assert read_waivers(tmp_path, _system("waivers: w.yaml")).waivers == 1
