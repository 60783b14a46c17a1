"""The check on what a guard runs, at its edges: rules that run are those that lie documented, and none is missing."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from accord.core.canon import Digest, digest
from accord.core.case import Action
from accord.core.guard import GuardPolicy, GuardRule
from accord.core.plugins import load_checks
from accord.guard.rules.listing import FILE
from accord.guard.rules.shelf import Shelf
from accord.record.codec import decode
from accord.record.keys import Signer, make_key
from accord.testing.conform import _laid_out, _once
from accord.testing.world import NOON

GOOD = Path(__file__).parent / "ACC276" / "good"
CHECK = {code: loaded.check for code, loaded in load_checks(frozenset()).items()}["ACC276"]


def rule(number: int) -> GuardRule:
    own = Digest("sha256:" + f"{number:064x}")
    return GuardRule(rule=1, id=f"rule-{number:016x}", case=own, name=f"case-{number}", action=Action.BLOCK)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return make_key(tmp_path / "state", "developer")


@pytest.fixture
def folder(tmp_path: Path, signer: Signer) -> Path:
    """An example whose manifest names two signed rules, and whose trust file names who signed them."""
    example = tmp_path / "example"
    shutil.copytree(GOOD, example)
    manifest = (example / "accord.yaml").read_text("utf-8")
    (example / "accord.yaml").write_text(manifest.replace("policy: guard.yaml", "policy: guard.yaml, rules: rules"))
    Shelf(example / "rules", {signer.keyid: signer.public}).put((rule(1), rule(2)), signer)
    trust(example, signer)
    runs(example, signer)
    return example


def trust(example: Path, signer: Signer) -> None:
    key = Ed25519PublicKey.from_public_bytes(signer.public)
    public = base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    (example / "trust.yaml").write_text(
        f"trust: 1\nexpires: 2036-01-01\nroots: []\nkeys: []\nsigners: [{{public: {public}, level: self}}]\n"
    )


def runs(example: Path, signer: Signer, rules: str | None = None) -> None:
    """Let a gateway say that it runs the documented policy, and rules of this digest."""
    policy = decode((example / "guard.yaml").read_bytes(), GuardPolicy, path="guard.yaml")
    digest_ = rules or Shelf(example / "rules", {signer.keyid: signer.public}).current().digest
    body = json.dumps({"policy": digest(policy), "rules": digest_}).encode()
    (example / "serve.py").write_text(
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('content-type', 'application/json')])\n"
        f"    return [{body!r}]\n"
    )


def looked(example: Path) -> tuple[list[str], list[str]]:
    from accord.assess.prepare import prepare

    with _laid_out(example) as (world, around):
        ran = _once(CHECK, prepare(world.asked()), around)
    return [one.message for each in ran for one in each.findings], [one.reason for each in ran for one in each.skipped]


def test_the_documented_rules_are_the_ones_that_run(folder: Path) -> None:
    assert looked(folder) == ([], [])


def test_other_rules_than_the_documented_ones_are_a_finding(folder: Path, signer: Signer) -> None:
    runs(folder, signer, rules="sha256:" + "0" * 64)

    (said,), skipped = looked(folder)

    assert said.startswith("the running rules are sha256:")
    assert skipped == []


def drop(folder: Path) -> None:
    (folder / f"{rule(1).id}.json").unlink()


def unlist(folder: Path) -> None:
    (folder / FILE).unlink()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (drop, f"{rule(1).id}.json is on the signed list, and not in force"),
        (unlist, "rules.set is gone: nobody can tell whether rules were taken away"),
    ],
)
def test_a_folder_that_is_not_what_its_list_says_is_a_finding(
    folder: Path, signer: Signer, changed: Callable[[Path], None], said: str
) -> None:
    changed(folder / "rules")
    runs(folder, signer)

    assert looked(folder) == ([f"in the folder of rules, {said}"], [])


def test_rules_that_nobody_trusted_signed_cannot_be_compared(folder: Path) -> None:
    (folder / "trust.yaml").unlink()

    found, (why,) = looked(folder)

    assert found == []
    assert why.startswith("signed rules that do not count: 2")


def test_a_rule_whose_time_is_over_is_not_among_those_that_should_run(folder: Path, signer: Signer) -> None:
    from dataclasses import replace

    shelf = Shelf(folder / "rules", {signer.keyid: signer.public})
    shelf.put((replace(rule(3), expires=NOON - timedelta(days=1)),), signer)
    runs(folder, signer, rules=shelf.current(NOON).digest)

    assert looked(folder) == ([], [])
