"""A bill of materials stays one document with one meaning whatever its assets are called."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from accord.core.assessment import Assessment, AssetRef
from accord.report.cyclonedx import faults, write

HOSTILE = (
    "\x1b[31mred",
    "\u202egpj.exe",
    '"}]}',
    "a\nb",
    "</script>",
    "\ud83d",
    "system",
    "../../x",
    " ",
    "é" * 300,
    "${x}",
)


def bom(assessment: Assessment) -> Any:
    out = io.StringIO()
    write(assessment, out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize(
    "ids", [("a", "a~1", "a\x00", "a~2"), ("a~2", "a", "a\x00"), ("x~1~1", "x~1", "x", "x\x7f"), HOSTILE]
)
def test_references_never_meet(ids: tuple[str, ...], make: Callable[..., Assessment]) -> None:
    assets = tuple(AssetRef(id=one, kind="model.file", path="m.bin", declared=True, digest=None) for one in ids)
    said = bom(replace(make(), assets=assets))
    references = [one["bom-ref"] for one in said["components"]]
    assert len(set(references)) == len(ids)
    assert list(faults(said)) == []
    assert "\x1b" not in json.dumps(said, ensure_ascii=False)
    assert "\u202e" not in json.dumps(said, ensure_ascii=False)
