"""The ledger: hashes as RFC 6962 says, proofs that hold, history that cannot change unseen."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from accord.core.canon import digest
from accord.core.errors import RecordError, TamperError
from accord.record import merkle
from accord.record.keys import Signer, make_key
from accord.record.ledger import (
    Entry,
    Receipt,
    checkpoint_of,
    entries,
    open_ledger,
    proof_of,
    verify_ledger,
    verify_receipt,
)
from accord.record.note import Checkpoint, read_checkpoint, sign_checkpoint, verify_checkpoint

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEAVES = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return make_key(tmp_path_factory.mktemp("keys"), "developer")


def entry(number: int) -> Entry:
    return Entry(kind="assessment", id=f"a{number}", digest=digest(number), time=NOON)


def append(state: Path, signer: Signer, *numbers: int) -> list[Receipt]:
    return [open_ledger(state, signer).append(entry(number)) for number in numbers]


def keys(signer: Signer) -> dict[str, bytes]:
    return {signer.keyid: signer.public}


def naive_root(data: list[bytes]) -> bytes:
    """The definition of RFC 6962 §2.1, word by word."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\0" + data[0]).digest()
    split = 1
    while split * 2 < len(data):
        split *= 2
    return hashlib.sha256(b"\1" + naive_root(data[:split]) + naive_root(data[split:])).digest()


@given(data=LEAVES)
def test_roots_are_those_of_two_other_implementations(data: list[bytes]) -> None:
    tree = InmemoryTree(algorithm="sha256")
    for item in data:
        tree.append_entry(item)
    ours = merkle.root_hash([merkle.leaf_hash(item) for item in data])
    assert ours == naive_root(data) == tree.get_root()


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert merkle.root_hash([]) == naive_root([])


@given(data=LEAVES, at=st.integers(0, 1000), other=st.integers(0, 1000))
def test_an_inclusion_proof_holds_for_its_leaf_and_place_only(data: list[bytes], at: int, other: int) -> None:
    leaves = [merkle.leaf_hash(item) for item in data]
    index, size, root = at % len(leaves), len(leaves), merkle.root_hash(leaves)
    proof = merkle.inclusion_proof(leaves, index)
    assert merkle.included(leaves[index], index, size=size, root=root, proof=proof)
    assert not merkle.included(merkle.leaf_hash(b"never added"), index, size=size, root=root, proof=proof)
    elsewhere = other % len(leaves)
    twin = leaves[elsewhere] == leaves[index] and merkle.inclusion_proof(leaves, elsewhere) == proof
    assert merkle.included(leaves[index], elsewhere, size=size, root=root, proof=proof) is twin
    assert not merkle.included(leaves[index], index, size=size, root=root, proof=(*proof, root))
    assert not merkle.included(leaves[index], size, size=size, root=root, proof=proof)


@given(data=LEAVES, cut=st.integers(0, 1000))
def test_a_consistency_proof_holds_for_the_tree_of_then_only(data: list[bytes], cut: int) -> None:
    leaves = [merkle.leaf_hash(item) for item in data]
    old, size, root = cut % (len(leaves) + 1), len(leaves), merkle.root_hash(leaves)
    proof = merkle.consistency_proof(leaves, old)
    before = merkle.root_hash(leaves[:old])
    assert merkle.consistent(old, before, size=size, root=root, proof=proof)
    assert not merkle.consistent(old, merkle.leaf_hash(b"another past"), size=size, root=root, proof=proof)
    assert not merkle.consistent(old, before, size=size, root=root, proof=(*proof, root))
    if 0 < old < size:
        assert not merkle.consistent(old, before, size=size, root=merkle.leaf_hash(b"x"), proof=proof)
        assert not merkle.consistent(old, before, size=size, root=root, proof=proof[:-1])


def test_every_receipt_is_verified_by_itself(tmp_path: Path, signer: Signer) -> None:
    receipts = append(tmp_path, signer, *range(9))
    for number, receipt in enumerate(receipts):
        assert (receipt.index, receipt.size) == (number, number + 1)
        assert verify_receipt(receipt, keys(signer), entry=entry(number).data()) == signer.keyid
        assert verify_receipt(proof_of(tmp_path, number), keys(signer), entry=entry(number).data()) == signer.keyid


def test_a_receipt_shows_nothing_else_than_its_entry(tmp_path: Path, signer: Signer) -> None:
    receipt = append(tmp_path, signer, 0, 1, 2)[2]
    with pytest.raises(TamperError, match="another entry"):
        verify_receipt(receipt, keys(signer), entry=entry(1).data())


def test_a_changed_receipt_does_not_hold(tmp_path: Path, signer: Signer) -> None:
    receipt = append(tmp_path, signer, 0, 1, 2)[2]
    for changed in (
        replace(receipt, index=1),
        replace(receipt, size=4),
        replace(receipt, leaf="00" * 32),
        replace(receipt, root="00" * 32),
        replace(receipt, proof=()),
        replace(receipt, proof=("zz",)),
        replace(receipt, origin="accord.local/other"),
        replace(receipt, checkpoint=receipt.checkpoint.replace("\n3\n", "\n4\n")),
    ):
        with pytest.raises(TamperError):
            verify_receipt(changed, keys(signer))


def test_a_checkpoint_by_an_unknown_key_shows_nothing(tmp_path: Path, signer: Signer) -> None:
    stranger = make_key(tmp_path / "other", "developer")
    receipt = append(tmp_path, signer, 0)[0]
    with pytest.raises(TamperError, match="no known key"):
        verify_receipt(receipt, keys(stranger))


def test_entries_lie_as_tlog_tiles_bundles_do(tmp_path: Path, signer: Signer) -> None:
    append(tmp_path, signer, 0, 1)
    data = b"".join(len(item.data()).to_bytes(2, "big") + item.data() for item in (entry(0), entry(1)))
    assert (tmp_path / "ledger" / "entries").read_bytes() == data
    assert entries(tmp_path) == (entry(0).data(), entry(1).data())


def test_the_checkpoint_is_a_signed_note(tmp_path: Path, signer: Signer) -> None:
    receipt = append(tmp_path, signer, 0)[0]
    lines = receipt.checkpoint.split("\n")
    assert lines[0] == receipt.origin == f"accord.local/{signer.keyid[:16]}"
    assert (lines[1], lines[3]) == ("1", "")
    assert lines[4].startswith(f"— {receipt.origin} ")
    assert checkpoint_of(tmp_path) == receipt.checkpoint.encode()


@given(origin=st.from_regex(r"[a-z.]{1,20}/[a-z0-9]{1,16}", fullmatch=True), size=st.integers(0, 10**14))
def test_any_checkpoint_comes_back(signer: Signer, origin: str, size: int) -> None:
    checkpoint = Checkpoint(origin, size, merkle.leaf_hash(origin.encode()))
    assert verify_checkpoint(sign_checkpoint(checkpoint, signer), keys(signer)) == (checkpoint, signer.keyid)


@given(noise=st.binary(max_size=200))
def test_noise_is_no_checkpoint(noise: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        read_checkpoint(noise)
    assert caught.value.code == "ACC-E541"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(1, 60))
def test_a_torn_last_entry_is_dropped_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, signer: Signer, cut: int
) -> None:
    state = tmp_path_factory.mktemp("torn")
    before = append(state, signer, 0, 1)
    torn = len(entry(2).data()).to_bytes(2, "big") + entry(2).data()
    with (state / "ledger" / "entries").open("ab") as file:
        file.write(torn[:cut])
    assert verify_ledger(state, keys(signer)) == read_checkpoint(before[1].checkpoint.encode())
    after = append(state, signer, 3)[0]
    assert (after.index, after.size) == (2, 3)
    assert entries(state) == (entry(0).data(), entry(1).data(), entry(3).data())


def test_a_whole_entry_without_a_checkpoint_stays(tmp_path: Path, signer: Signer) -> None:
    append(tmp_path, signer, 0)
    with (tmp_path / "ledger" / "entries").open("ab") as file:
        file.write(len(entry(1).data()).to_bytes(2, "big") + entry(1).data())
    receipt = append(tmp_path, signer, 2)[0]
    assert (receipt.index, receipt.size) == (2, 3)
    assert verify_receipt(proof_of(tmp_path, 1), keys(signer), entry=entry(1).data())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_any_changed_byte_of_history_is_found(
    tmp_path_factory: pytest.TempPathFactory, signer: Signer, position: int, flip: int
) -> None:
    state = tmp_path_factory.mktemp("changed")
    append(state, signer, 0, 1, 2)
    path = state / "ledger" / "entries"
    data = bytearray(path.read_bytes())
    data[position % len(data)] ^= flip
    path.write_bytes(bytes(data))
    with pytest.raises(TamperError) as caught:
        verify_ledger(state, keys(signer))
    assert caught.value.code == "ACC-E540"
    with pytest.raises(TamperError):
        append(state, signer, 3)
    assert path.read_bytes() == bytes(data)


def test_the_changed_entry_is_named(tmp_path: Path, signer: Signer) -> None:
    append(tmp_path, signer, 0, 1, 2)
    path = tmp_path / "ledger" / "entries"
    path.write_bytes(path.read_bytes().replace(b'"a1"', b'"b1"'))
    with pytest.raises(TamperError, match="entry 1 was changed"):
        verify_ledger(tmp_path, keys(signer))


def test_missing_entries_are_found(tmp_path: Path, signer: Signer) -> None:
    append(tmp_path, signer, 0, 1)
    (tmp_path / "ledger" / "entries").write_bytes(b"")
    with pytest.raises(TamperError, match="entry 0 and all after it are missing"):
        verify_ledger(tmp_path, keys(signer))


def test_history_rewritten_with_another_key_is_not_signed_on(tmp_path: Path, signer: Signer) -> None:
    forger = make_key(tmp_path / "forger", "developer")
    append(tmp_path / "state", forger, 0)
    with pytest.raises(TamperError, match="no known key"):
        open_ledger(tmp_path / "state", signer, keys={}).append(entry(1))
    assert len(entries(tmp_path / "state")) == 1


def test_another_key_goes_on_under_the_same_origin(tmp_path: Path, signer: Signer) -> None:
    first = append(tmp_path / "state", signer, 0)[0]
    second = make_key(tmp_path / "other", "pipeline")
    receipt = open_ledger(tmp_path / "state", second, keys=keys(signer)).append(entry(1))
    assert receipt.origin == first.origin
    assert verify_receipt(receipt, keys(second)) == second.keyid


def test_an_entry_that_does_not_fit_is_refused(tmp_path: Path, signer: Signer) -> None:
    with pytest.raises(RecordError, match="too long"):
        open_ledger(tmp_path, signer).append(Entry(kind="k", id="x" * 70_000, digest=digest(0), time=NOON))


def test_there_is_no_receipt_for_what_is_not_there(tmp_path: Path, signer: Signer) -> None:
    assert verify_ledger(tmp_path, keys(signer)) is None
    with pytest.raises(RecordError, match="no entry 0"):
        proof_of(tmp_path, 0)


PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from accord.core.canon import digest
from accord.record.keys import signing_key
from accord.record.ledger import Entry, open_ledger
state, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
ledger = open_ledger(state, signing_key(state, {}))
for number in range(count):
    entry = Entry(kind="assessment", id=f"{name}{number}", digest=digest(number), time=datetime(2026, 1, 1, tzinfo=UTC))
    print(ledger.append(entry).leaf, flush=True)
"""


def test_two_processes_append_without_losing_an_entry(tmp_path: Path) -> None:
    signer = make_key(tmp_path, "developer")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    running = [subprocess.Popen([*command, name, "15"], stdout=subprocess.DEVNULL) for name in ("a", "b")]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    assert len(set(entries(tmp_path))) == 30
    checkpoint = verify_ledger(tmp_path, keys(signer))
    assert checkpoint is not None
    assert checkpoint.size == 30


def test_a_killed_writer_loses_nothing_that_has_a_receipt(tmp_path: Path) -> None:
    signer = make_key(tmp_path, "developer")
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), "a", "100000"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    leaves = [process.stdout.readline().strip() for _ in range(12)]
    os.kill(process.pid, signal.SIGKILL)
    leaves += process.stdout.read().split()
    process.wait()
    process.stdout.close()
    kept = [merkle.leaf_hash(item).hex() for item in entries(tmp_path)]
    whole = [leaf for leaf in leaves if len(leaf) == 64]
    assert kept[: len(whole)] == whole
    verify_ledger(tmp_path, keys(signer))
    assert append(tmp_path, signer, 1)[0].index == len(kept)
