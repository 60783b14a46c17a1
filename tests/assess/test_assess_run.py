"""A check may crash, hang, eat memory or lie: what becomes of it is evidence, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from accord.core.assessment import Assessment, EvidenceRef
from accord.core.errors import PluginError
from accord.core.settings import MIB, Settings
from accord.testing import World

Stranger = Callable[..., str]

CONNECTS = """\
import socket
server = socket.create_server(('127.0.0.1', 0))
socket.create_connection(server.getsockname(), 1)
yield from ()
"""

SEES_A_FILE = """\
if ctx.text('secret.txt'):
    yield Finding(message='secret.txt is here', where=Place(path='secret.txt'), fix='remove it')
"""


def assess(tmp_path: Path, plugin: str, settings: Settings | None = None) -> Assessment:
    chosen = settings or Settings(check_seconds=1, check_memory=1024 * MIB)
    world = World(tmp_path / "w", settings=Settings(**{**_fields(chosen), "plugins": (plugin,)}))
    world.write("accord.yaml")
    return world.assess()


def _fields(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}


def of(assessment: Assessment) -> Mapping[str, EvidenceRef]:
    return {ref.check: ref for ref in assessment.evidence if not ref.check.startswith("ACC")}


def test_a_crash_is_evidence(tmp_path: Path, stranger: Stranger) -> None:
    name = stranger({"ACME001": "raise ValueError('out of\\x1b[31m luck')"})
    ref = of(assess(tmp_path, name))["ACME001"]
    assert (ref.state, ref.reason) == ("error", "ValueError: out of luck")


def test_a_hang_is_ended_and_is_evidence(tmp_path: Path, stranger: Stranger) -> None:
    name = stranger({"ACME001": "while True: pass", "ACME002": "yield from ()"})
    found = of(assess(tmp_path, name))
    assert (found["ACME001"].state, found["ACME001"].reason) == ("error", "took longer than 1 s")
    assert found["ACME002"].state == "pass"


def test_eating_memory_is_bounded_and_is_evidence(tmp_path: Path, stranger: Stranger) -> None:
    name = stranger({"ACME001": "x = bytearray(8 << 30)\nyield from ()", "ACME002": "yield from ()"})
    found = of(assess(tmp_path, name))
    assert (found["ACME001"].state, found["ACME001"].reason) == ("error", "MemoryError:")
    assert found["ACME002"].state == "pass"


def test_ending_the_worker_is_evidence(tmp_path: Path, stranger: Stranger) -> None:
    name = stranger({"ACME001": "import os\nos._exit(7)", "ACME002": "yield from ()"})
    found = of(assess(tmp_path, name))
    assert (found["ACME001"].state, found["ACME001"].reason) == ("error", "the check ended its worker (exit code 7)")
    assert found["ACME002"].state == "pass"


def test_a_missing_package_is_evidence(tmp_path: Path, stranger: Stranger) -> None:
    name = stranger({"ACME001": "import no_such_package\nyield from ()"})
    ref = of(assess(tmp_path, name))["ACME001"]
    assert (ref.state, ref.reason) == ("not-run", "skipped: the package no_such_package is not installed")


def test_what_was_not_looked_at_never_passes(tmp_path: Path, stranger: Stranger) -> None:
    name = stranger({"ACME001": "ctx.skip('big.bin', 'too large')\nyield from ()"})
    ref = of(assess(tmp_path, name))["ACME001"]
    assert (ref.state, ref.reason) == ("not-run", "not looked at: big.bin: too large")


def test_printing_does_not_reach_the_results(
    tmp_path: Path, stranger: Stranger, capfd: pytest.CaptureFixture[str]
) -> None:
    name = stranger({"ACME001": "import os\nprint('hello')\nos.write(1, b'hello')\nyield from ()"})
    assess(tmp_path, name)
    assert "hello" not in capfd.readouterr().out


def test_a_check_without_network_gets_none(tmp_path: Path, stranger: Stranger) -> None:
    ref = of(assess(tmp_path, stranger({"ACME001": CONNECTS})))["ACME001"]
    if ref.isolation == "declared":
        pytest.skip("this kernel lets nobody make a network namespace: isolation is declared only")
    assert ref.state == "error"


def test_thousands_of_findings_are_cut_and_said(tmp_path: Path, stranger: Stranger) -> None:
    body = "for n in range(5000):\n    yield Finding(message=f'number {n}', where=Place(path='a'), fix='x')"
    ref = of(assess(tmp_path, stranger({"ACME001": body})))["ACME001"]
    assert len(ref.findings) == 1000
    assert ref.skipped[0].reason == "more than 1000 findings: the rest was not kept"


def test_a_plugin_that_nobody_allowed_is_not_even_imported(tmp_path: Path, stranger: Stranger) -> None:
    stranger({"ACME001": "yield from ()"})
    (tmp_path / "site" / "acme_checks" / "__init__.py").write_text("raise SystemExit('imported')")
    world = World(tmp_path / "w")
    world.write("accord.yaml")
    assert not of(world.assess())


def test_a_plugin_that_is_not_installed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="offers no checks here"):
        assess(tmp_path, "no-such-plugin")


def test_a_plugin_cannot_take_a_code_of_ours(tmp_path: Path, stranger: Stranger) -> None:
    with pytest.raises(PluginError, match="codes that start with ACC"):
        assess(tmp_path, stranger({"ACC999": "yield from ()"}))


def test_a_broken_plugin_says_so(tmp_path: Path, stranger: Stranger) -> None:
    name = stranger({"ACME001": "yield from ()"})
    (tmp_path / "site" / "acme_checks" / "acme001.py").write_text("import no_such_package")
    with pytest.raises(PluginError, match="cannot be imported"):
        assess(tmp_path, name)


def test_a_stranger_adds_a_check_with_one_file(tmp_path: Path, stranger: Stranger) -> None:
    name = stranger({"ACME001": SEES_A_FILE}, claim="1.3.m/defaults-equal-secure-baseline")
    world = World(tmp_path / "w", settings=Settings(plugins=(name,)))
    world.write("accord.yaml")
    world.write("secret.txt", "x")
    assessment = world.assess()
    verdict = next(one for one in assessment.provisions if one.id == "1.3.m")
    assert verdict.verdict == "not-met"
    assert any(reason.provision == "1.3.m" and "secret.txt" in reason.message for reason in assessment.gate.reasons)
    (world.root / "secret.txt").unlink()
    assert next(one for one in world.assess().provisions if one.id == "1.3.m").verdict == "met"
