"""The schemas say what the codec says."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from accord.core.assessment import Attestation, Waivers
from accord.core.case import Case
from accord.core.errors import CatalogError, ManifestError
from accord.core.guard import GuardPolicy
from accord.core.system import Role, System
from accord.core.threats import ThreatModel
from accord.record.codec import decode, to_json
from accord.record.schema import NAMES, schema

DIGEST = "sha256:" + "0" * 64
GOOD: dict[str, tuple[type, dict[str, Any]]] = {
    "manifest": (
        System,
        {
            "accord": 1,
            "system": {
                "id": "s",
                "name": "S",
                "version": "1",
                "purpose": "p",
                "kind": ["agent"],
                "end_of_support": "2028-01-01",
            },
            "owners": {"system-owner": "a"},
            "components": {
                "models": [{"id": "m", "source": "api:a/b", "digest": DIGEST}],
                "tools": [{"id": "t", "limits": {"n": 1}}],
            },
            "flows": [{"from": "user", "to": "m"}],
            "targets": [{"id": "t", "call": {"http": {"url": "u"}}}],
            "disclose": {"fix_days": {"high": 3}},
        },
    ),
    "threats": (
        ThreatModel,
        {"threats": 1, "reviewed": "2027-01-01", "risks": [{"id": "LLM01", "decision": "accept"}]},
    ),
    "waivers": (
        Waivers,
        {
            "waivers": 1,
            "granted": [
                {
                    "id": "w",
                    "check": "ACC201",
                    "subject": DIGEST,
                    "reason": "r",
                    "requested_by": "ml-lead",
                    "approved_by": "risk-owner",
                    "created": "2027-01-01",
                    "expires": "2027-02-01",
                }
            ],
        },
    ),
    "attestation": (
        Attestation,
        {
            "attestation": 1,
            "provision": "1.1.a",
            "system": "s",
            "role": "risk-owner",
            "statement": "x",
            "effective": "2027-01-01",
            "expires": "2027-12-01",
            "attachments": [{"path": "a.pdf", "digest": DIGEST}],
        },
    ),
    "case": (
        Case,
        {
            "case": 1,
            "name": "n",
            "summary": "s",
            "severity": "high",
            "control": "tasks",
            "vars": {"c": {"kind": "token"}},
            "needs": ["retrieval", {"does": "pay"}],
            "steps": [{"ask": {"task": "any"}}, {"deliver": {"channel": "user", "text": "x"}}],
            "broke": {"any": [{"says": "x"}, {"not": {"state": {"a": True, "b": 1, "c": "x"}}}]},
        },
    ),
    "guard": (
        GuardPolicy,
        {
            "guard": 1,
            "mode": "shadow",
            "canaries": ["x"],
            "on_error": {"read": "open", "write": "closed"},
            "detector": "off",
        },
    ),
}
WRONG: tuple[Any, ...] = (None, True, 7, -1.5, "", "x", "high", "2027-02-30", [], ["x"], {}, {"x": 1}, 2**53, DIGEST)


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_closed_and_valid(name: str) -> None:
    found = schema(name)
    Draft202012Validator.check_schema(found)
    assert found["$id"] == f"urn:accord:schema:{name}:1"
    words = [found, *found["$defs"].values()]
    assert all(word["additionalProperties"] is False and word["description"] for word in words)


def test_names_are_those_on_the_wire() -> None:
    assert {"from", "to"} <= set(schema("manifest")["$defs"]["Flow"]["properties"])
    assert "not" in schema("case")["$defs"]["Condition"]["properties"]


def test_texts_are_texts_where_accord_writes_and_may_look_like_numbers_where_people_do() -> None:
    assert schema("assessment")["$defs"]["Finding"]["properties"]["message"] == {"type": "string"}
    assert schema("manifest")["$defs"]["About"]["properties"]["version"] == {"type": ["string", "number"]}


def test_what_to_json_writes_is_good_to_the_schema() -> None:
    signed = Attestation(
        attestation=1,
        provision="1.1.a",
        system="s",
        role=Role.LEGAL,
        statement="x",
        effective=date(2027, 1, 1),
        expires=date(2027, 2, 1),
    )
    Draft202012Validator(schema("attestation")).validate(json.loads(to_json(signed)))


def test_an_unknown_schema_is_an_error() -> None:
    with pytest.raises(CatalogError):
        schema("manifesto")


def _agree(name: str, document: Any) -> bool:
    """Return whether the document is accepted, after both have said the same."""
    kind, good = GOOD[name]
    found = schema(name)
    found["properties"][next(iter(good))] = {"type": "integer"}  # the version is for the reader, not for the codec
    by_schema = Draft202012Validator(found, format_checker=FormatChecker(["date"])).is_valid(document)
    try:
        decode(json.dumps(document).encode(), kind, path="x")
    except ManifestError as error:
        assert not by_schema or (error.code in ("ACC-E103", "ACC-E109") and "2^53" in error.message), error.message  # noqa: PT017
        return False
    assert by_schema
    return True


@pytest.mark.parametrize("name", GOOD)
def test_good_documents_are_good_to_both(name: str) -> None:
    assert _agree(name, GOOD[name][1])


def _spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(spot for key, item in items for spot in _spots(item, (*path, key)))]


@pytest.mark.parametrize("name", GOOD)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_schema_and_codec_refuse_the_same(name: str, data: st.DataObject) -> None:
    document = copy.deepcopy(GOOD[name][1])
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(_spots(document)[1:] or [()]))
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        match data.draw(st.sampled_from(("replace", "delete", "add"))) if path else "leave":
            case "replace":
                parent[path[-1]] = copy.deepcopy(data.draw(st.sampled_from(WRONG)))
            case "delete":
                del parent[path[-1]]
            case "add" if isinstance(parent, dict):
                parent[data.draw(st.sampled_from(("x", "id", "path", "says", "ask", "python")))] = "x"
    _agree(name, document)
