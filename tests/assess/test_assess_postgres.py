"""The same engine on PostgreSQL: nothing but the address changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from accord.assess.regate import find_assessment, regate_folder
from accord.testing import World

pytestmark = pytest.mark.postgres


def test_an_assessment_on_postgresql_is_used_again_and_decides_the_gate(tmp_path: Path) -> None:
    url = os.environ["ACCORD_TEST_PG_URL"]
    world = World(tmp_path)
    world.write("accord.yaml")
    first = world.assess(database=url)
    again = world.assess(database=url)
    assert not (world.state / "accord.db").exists()
    assert any(ref.reused for ref in again.evidence)
    assert {ref.check for ref in first.evidence} == {ref.check for ref in again.evidence}
    assert find_assessment("latest", world.asked(database=url)) == again
    gate = regate_folder(world.asked(database=url))
    assert gate is not None
    assert gate.passed is again.gate.passed
