"""The codec takes words and nothing else, says where it stopped, and writes what it reads."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, NewType, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.core.assessment import Assessment, Attestation, Waivers
from accord.core.call import HttpCall, HttpPlant, HttpState, HttpUndo, McpCall
from accord.core.canon import Digest
from accord.core.case import Case, Condition, Need, Step
from accord.core.catalogue import Catalogue
from accord.core.errors import ManifestError
from accord.core.finding import Evidence, Severity
from accord.core.guard import GuardPolicy
from accord.core.system import Call, OpenAiCall, System
from accord.core.threats import ThreatModel
from accord.core.trial import Transcript
from accord.record.codec import decode, dump_yaml, from_json, load, to_json

WORDS = (
    Assessment, Attestation, Case, Catalogue, Evidence, GuardPolicy, System, ThreatModel, Transcript, Waivers,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A word with one field of each kind."""

    name: str
    count: int = 0
    share: float = 0.0
    on: bool = False
    day: date | None = None
    moment: datetime | None = None
    bad: Severity | None = None
    what: Literal["a", "b"] | None = None
    sum: Digest | None = None
    names: tuple[str, ...] = ()
    loose: Mapping[str, str | int | bool] | None = None
    from_: str | None = None


def read(text: str | bytes) -> Sample:
    """Decode a sample."""
    return decode(text.encode() if isinstance(text, str) else text, Sample, path="s.yaml")


def refused(text: str | bytes) -> ManifestError:
    """Return the refusal of a sample."""
    with pytest.raises(ManifestError) as caught:
        read(text)
    return caught.value


def test_scalars_are_read_by_yaml_1_2_and_by_the_type_that_is_wanted() -> None:
    sample = read("name: NO\ncount: 0o17\nshare: 1e2\non: true\nday: 2027-01-31\nnames: [2.10, yes, 012, 2027-01-01]")
    assert sample.name == "NO"
    assert (sample.count, sample.share, sample.on, sample.day) == (15, 100.0, True, date(2027, 1, 31))
    assert sample.names == ("2.10", "yes", "012", "2027-01-01")


def test_a_value_of_several_types_is_read_by_its_own_form() -> None:
    sample = read('name: x\nloose: {a: 1, b: "1", c: true, d: "true", e: yes, f: 0x10}')
    assert sample.loose == {"a": 1, "b": "1", "c": True, "d": "true", "e": "yes", "f": 16}


def test_a_trailing_underscore_is_not_on_the_wire() -> None:
    assert read("name: x\nfrom: here").from_ == "here"
    assert b'"from": "here"' in to_json(read("name: x\nfrom: here"))


def test_times_are_read_as_utc() -> None:
    assert read("name: x\nmoment: 2027-01-31T12:00:00+02:00").moment == datetime(2027, 1, 31, 10, tzinfo=UTC)


def test_a_byte_order_mark_of_utf_8_is_not_part_of_the_text() -> None:
    assert read(b"\xef\xbb\xbfname: x").name == "x"


def test_json_is_a_subset() -> None:
    assert read('{"name": "x", "count": 3, "names": ["\\u00e9\\/"], "day": null}').names == ("é/",)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "ACC-E103", None, None),
        ("# only a comment\n", "ACC-E103", None, None),
        ("name: x\nnmae: y", "ACC-E107", 2, 1),
        ("name: x\nname: y", "ACC-E106", 2, 1),
        ("count: 1", "ACC-E108", 1, 1),
        ("name: &a x", "ACC-E105", 1, 7),
        ("name: *a", "ACC-E105", 1, 7),
        ("name: !!str x", "ACC-E105", 1, 7),
        ("!!python/object/apply:os.system [id]", "ACC-E105", 1, 1),
        ("name: x\n---\nname: y", "ACC-E105", 2, 1),
        ("%YAML 1.1\n---\nname: x", "ACC-E105", 1, 1),
        ("<<: {name: x}", "ACC-E105", 1, 1),
        ("1: x", "ACC-E105", 1, 1),
        ("true: x", "ACC-E105", 1, 1),
        ("? [a]\n: x", "ACC-E105", 1, 3),
        ("- name", "ACC-E109", 1, 1),
        ("name: [x]", "ACC-E109", 1, 7),
        ("name: true", "ACC-E109", 1, 7),
        ("name: ~", "ACC-E109", 1, 7),
        ("name:", "ACC-E109", 1, 6),
        ("name: .nan", "ACC-E109", 1, 7),
        ("name: x\ncount: 1.0", "ACC-E109", 2, 8),
        ("name: x\ncount: NO", "ACC-E109", 2, 8),
        ("name: x\ncount: 9007199254740992", "ACC-E109", 2, 8),
        ("name: x\ncount: " + "9" * 5000, "ACC-E109", 2, 8),
        ("name: x\nshare: .inf", "ACC-E109", 2, 8),
        ("name: x\nshare: 1e999", "ACC-E109", 2, 8),
        ("name: x\non: yes", "ACC-E109", 2, 5),
        ("name: x\nday: 2027-02-30", "ACC-E109", 2, 6),
        ("name: x\nday: 20270131", "ACC-E109", 2, 6),
        ("name: x\nmoment: 2027-01-31T12:00:00", "ACC-E109", 2, 9),
        ("name: x\nbad: hgih", "ACC-E109", 2, 6),
        ("name: x\nwhat: c", "ACC-E109", 2, 7),
        ("name: x\nsum: sha256:00", "ACC-E109", 2, 6),
        ("name: x\nnames: [a, {b: c}]", "ACC-E109", 2, 12),
        ("name: x\n\tcount: 1", "ACC-E103", 2, 1),
        ("name: [}", "ACC-E103", 1, 8),
        ("name: a\x07", "ACC-E102", 1, 8),
        (b"name: x\n# \xff", "ACC-E102", 2, 3),
        (b"name: \x00", "ACC-E102", 1, 7),
        ("name: x".encode("utf-16"), "ACC-E102", 1, 1),
    ],
)  # fmt: skip
def test_what_is_not_exactly_a_word_is_refused_at_its_place(
    text: str | bytes, code: str, line: int | None, column: int | None
) -> None:
    error = refused(text)
    assert (error.code, error.where and (error.where.line, error.where.column)) == (code, (line, column))
    assert error.hint
    assert "s.yaml" in error.message


def test_hints_name_the_nearest_word() -> None:
    assert "'name'" in refused("name: x\nnmae: y").hint
    assert "'high'" in refused("name: x\nbad: hgih").hint
    assert "quotes" in refused("name: true").hint


def test_a_lone_surrogate_is_refused_however_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused('name: "\\ud83d"').code == "ACC-E103"
    monkeypatch.delattr("yaml.CSafeLoader", raising=False)
    assert refused('name: "\\ud83d"').code == "ACC-E103"


def test_tabs_are_explained() -> None:
    assert "spaces" in refused("name: x\n\tcount: 1").hint


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"{a: " * 100_000,
        b"- " * 100_000,
        b"? " * 100_000,
        b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
        b"[" + b"0," * 400_000 + b"]",
        b"names: [" + b"x, " * 20_000 + b"]",
        b'name: "' + b"x" * 100_000 + b'"',
        b"{" + b"".join(b"k%d: 1, " % n for n in range(60_000)) + b"}",
        b'"' * 500_000,
        b"'\n" * 300_000,
        b"#" * 1_000_000,
        b"k\n" * 300_000,
        b" " * 1_000_000 + b"x",
        b"name: |+\n" + b"\n" * 900_000,
        b"x" * 50_000_000,
    ],
)
def test_bombs_end_soon(data: bytes) -> None:
    begin = time.monotonic()
    refused(data)
    assert time.monotonic() - begin < 10


def _word_or_code(data: bytes) -> str:
    try:
        read(data)
    except ManifestError as error:
        return error.code if error.where else "no place"
    return "a word"


@given(st.binary(max_size=200))
def test_binary_garbage_gives_a_word_or_one_message(data: bytes) -> None:
    assert _word_or_code(data).startswith(("a word", "ACC-E1"))


@given(st.text(alphabet="{}[]:,-?&*!|>%@`\"' \n\tab1.~#<=", max_size=60))
def test_yaml_like_garbage_gives_a_word_or_one_message(text: str) -> None:
    assert _word_or_code(("name: x\nloose: " + text).encode()).startswith(("a word", "ACC-E1"))


@given(st.text())
def test_every_text_survives_json_and_yaml(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    sample = Sample(name=text, names=(text,), loose={text: text})
    assert from_json(to_json(sample), Sample, path="s.json", limit=1 << 20) == sample
    assert read(dump_yaml(sample)) == sample


def _forms(kind: Any) -> st.SearchStrategy[Any]:
    """Return values of a type that a word may use."""
    scalars: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(st.characters(codec="utf-8"), max_size=8),
        int: st.integers(-(2**53) + 1, 2**53 - 1),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        date: st.dates(),
        datetime: st.datetimes(timezones=st.just(UTC)),
        object: st.one_of(st.integers(0, 9), st.text("ab", max_size=3), st.booleans(), st.just((1, "x"))),
        type(None): st.none(),
        Digest: st.just("sha256:" + "0f" * 32),
    }
    if kind in scalars:
        return scalars[kind]
    if is_dataclass(kind):
        return _word(kind)
    if isinstance(kind, NewType):
        return _forms(kind.__supertype__)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return st.sampled_from(list(kind))
    arguments = get_args(kind)
    if get_origin(kind) is Literal:
        return st.sampled_from(arguments)
    if get_origin(kind) is tuple:
        return st.lists(_forms(arguments[0]), max_size=2).map(tuple)
    if get_origin(kind) is Mapping:
        return st.dictionaries(_forms(arguments[0]), _forms(arguments[1]), max_size=2)
    return st.one_of([_forms(argument) for argument in arguments])


def _word(kind: Any) -> st.SearchStrategy[Any]:
    special: dict[Any, st.SearchStrategy[Any]] = {
        Condition: st.recursive(
            st.text("ab{", max_size=4).map(lambda text: Condition(says=text)),
            lambda inner: st.one_of(
                inner.map(lambda one: Condition(not_=one)),
                st.lists(inner, max_size=2).map(lambda many: Condition(any=tuple(many))),
            ),
            max_leaves=3,
        ),
        Step: st.sampled_from([Step(ask="x"), Step(ask="true")]),
        Need: st.just(Need(does="pay")),
        Call: st.sampled_from(
            [
                Call(python="a:b"),
                Call(openai=OpenAiCall(url="u", model="m")),
                Call(http=HttpCall(url="u")),
                Call(
                    http=HttpCall(
                        url="u", plant={"memory": HttpPlant(url="v", undo=HttpUndo(url="w"))}, state=HttpState(url="s")
                    )
                ),
                Call(mcp=McpCall()),
            ]
        ),
    }
    if kind in special:
        return special[kind]
    hints = get_type_hints(kind)
    return st.deferred(lambda: st.builds(kind, **{field.name: _forms(hints[field.name]) for field in fields(kind)}))


@pytest.mark.parametrize("kind", WORDS)
@given(data=st.data())
@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
def test_every_word_survives_json_and_yaml(kind: Any, data: st.DataObject) -> None:
    word = data.draw(_word(kind))
    assert from_json(to_json(word), kind, path="x.json", limit=1 << 24) == word
    assert decode(dump_yaml(word).encode(), kind, path="x.yaml", limit=1 << 24) == word


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "x", "name": "y"}',
        '{"name": "x", "nmae": "y"}',
        '{"name": "x", "share": NaN}',
        '{"name": "x", "share": Infinity}',
        '{"name": "x", "share": 1e999}',
        '{"name": "x", "count": 9007199254740992}',
        '{"name": "x", "count": ' + "1" * 5000 + "}",
        '{"name": "x", "on": 1}',
        '{"name": "x", "count": true}',
        '{"name": "\\ud800"}',
        '{"name": 1}',
        '{"count": 1}',
        "[" * 100_000,
        "",
        "{} {}",
    ],
)
def test_json_of_ours_is_read_as_strictly(text: str) -> None:
    with pytest.raises(ManifestError) as caught:
        from_json(text.encode(), Sample, path="s.json", limit=1 << 20)
    assert "s.json" in caught.value.message


def test_a_refusal_of_json_names_the_member() -> None:
    with pytest.raises(ManifestError) as caught:
        from_json(b'{"name": "x", "names": ["a", 1]}', Sample, path="s.json", limit=99)
    assert caught.value.where is not None
    assert caught.value.where.member == "names[1]"


@given(st.binary(max_size=100))
def test_binary_garbage_is_no_json_of_ours(data: bytes) -> None:
    with pytest.raises(ManifestError):
        from_json(data, Sample, path="s.json", limit=1 << 20)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_without_a_json_form_are_not_written(value: float) -> None:
    with pytest.raises(ValueError, match="NaN"):
        to_json(Sample(name="x", share=value))


def test_a_lone_surrogate_is_not_written() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        to_json(Sample(name="\ud800"))


def test_only_regular_files_are_read_and_never_beyond_the_limit(tmp_path: Path) -> None:
    (tmp_path / "good").write_text("name: x")
    assert load(tmp_path / "good", Sample, shown="good").name == "x"
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(100 << 30)
    (tmp_path / "loop").symlink_to("loop")
    for name in ("pipe", "sparse", "loop", "missing", "."):
        with pytest.raises(ManifestError) as caught:
            load(tmp_path / name, Sample, shown=name)
        assert caught.value.code == "ACC-E101"
        assert caught.value.hint
    with pytest.raises(ManifestError):
        load(Path("/dev/zero"), Sample, shown="zero")
