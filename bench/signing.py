"""Sign and verify models beside `model-signing`: both ways, file and folder, tampered and whole; then the speed.

    python bench/signing.py --peer PATH/TO/bin/model_signing [--gib 2]

The peer is installed apart (`pip install model-signing==1.1.1 pyopenssl`: it needs the second and does not say so).
Exit code 1 when any of the cells is not as it has to be.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ACCORD: Final = str(Path(sys.executable).parent / "accord")
SHARDS: Final = """
import sys
import model_signing as ms
form = ms.hashing.Config().use_shard_serialization(shard_size=1 << 20)
signer = ms.signing.Config().use_elliptic_key_signer(private_key=sys.argv[1])
signer.set_hashing_config(form).sign(sys.argv[3], sys.argv[2])
"""
"""Only its library signs in shards; what it signs so, it cannot read itself (1.1.1 takes the size for a fraction)."""

CURVES: Final = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}


def keys(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a key pair on a curve and return its two PEM files."""
    private = ec.generate_private_key(CURVES[name])
    key, public = folder / f"{name}.pem", folder / f"{name}.pub"
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    key.chmod(0o600)
    public.write_bytes(
        private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return key, public


def model(folder: Path) -> Path:
    """Make a folder with names that sort in ways of their own, and return it."""
    for path, data in {
        "config.json": b"{}", "a/b.bin": b"b", "a-b.bin": b"c", "a.b/c": b"d", "z.safetensors": os.urandom(3 << 20),
        ".gitignore": b"*.tmp", "ü/π.txt": b"e", "A/x y.txt": b"f",
    }.items():  # fmt: skip
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return folder


def run(*command: object) -> int:
    """Run a command quietly and return its exit code."""
    environ = {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "ACCORD_HOME": tempfile.gettempdir()}
    return subprocess.run([*map(str, command)], env=environ, capture_output=True, check=False).returncode


def cells(peer: str, folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield the name of each cell of the table, and whether it is as it has to be."""
    for name in CURVES:
        key, public = keys(folder, name)
        for what in (model(folder / name), model(folder / f"{name}-file") / "z.safetensors"):
            ours, theirs = folder / "ours.sig", folder / "theirs.sig"
            label = f"{name} {'file' if what.is_file() else 'folder'}"
            run(ACCORD, "sign", what, "--key", key, "--out", ours)
            read = run(peer, "verify", "key", "--signature", ours, "--public_key", public, what)
            yield f"{label}: signed by Accord, read by model-signing", read == 0
            library = (Path(peer).with_name("python"), "-c", SHARDS, key, theirs, what)
            shards = (ACCORD, "verify-model", what, "--signature", theirs, "--key", public)
            yield f"{label}: signed in shards by model-signing, read by Accord", run(*library) == run(*shards) == 0
            run(peer, "sign", "key", "--private_key", key, "--signature", theirs, what)
            verify = (ACCORD, "verify-model", what, "--signature", theirs, "--key", public)
            yield f"{label}: signed by model-signing, read by Accord", run(*verify) == 0
            (what if what.is_file() else what / "a" / "b.bin").write_bytes(b"other")
            yield f"{label}: a change is seen by Accord", run(*verify) == 1
            changed = run(peer, "verify", "key", "--signature", ours, "--public_key", public, what)
            yield f"{label}: a change is seen by model-signing", changed != 0


def timed(work: Callable[[], object]) -> float:
    """Return the least seconds of three runs."""
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def speed(peer: str, folder: Path, gib: int) -> None:
    """Print the seconds of signing and verifying one large file, beside those of sha256sum and the peer."""
    key, public = keys(folder, "p256")
    big = folder / "big"
    big.mkdir()
    with (big / "weights.safetensors").open("wb") as file:
        file.writelines(os.urandom(1 << 20) * 16 for _ in range(gib * 64))
    ours, theirs = folder / "big.sig", folder / "big2.sig"
    rows = {
        "sha256sum": lambda: run("sha256sum", big / "weights.safetensors"),
        "accord sign": lambda: run(ACCORD, "sign", big, "--key", key, "--out", ours),
        "accord verify-model": lambda: run(ACCORD, "verify-model", big, "--signature", ours, "--key", public),
        "model_signing sign": lambda: run(peer, "sign", "key", "--private_key", key, "--signature", theirs, big),
    }
    for name, work in rows.items():
        print(f"{timed(work):8.2f} s  {name}, {gib} GiB")


def main() -> int:
    """Print the table and return 1 where a cell is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", required=True, help="the model_signing program")
    parser.add_argument("--gib", type=int, default=0, help="measure the speed on a file of so many GiB as well")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        seen = dict(cells(asked.peer, Path(name)))
        for cell, good in seen.items():
            print(f"{'good ' if good else 'WRONG'} {cell}")
        if asked.gib:
            speed(asked.peer, Path(name), asked.gib)
    return 0 if all(seen.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
