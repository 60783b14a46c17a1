"""Measures `accord scan` beside picklescan, modelscan, fickling and modelaudit: what they find, and how fast.

    .venv/bin/python bench/scan.py [--corpus DIR] [--only quality|speed] [--out bench/results/scan.json]

The peers run from the environments that `make bench-env` makes. The labelled corpus and the harness that drives
all scanners alike lie outside this repository; where they are absent, only speed is measured, and that is said.
Times compare only within one run: they are whole commands, the median of `--runs`.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
SHARED: Final = ROOT.parent / "shared"
HARNESS: Final = SHARED / "tools" / "scan_peers.py"
OURS: Final = ROOT / ".venv" / "bin" / "accord"
SEED: Final = 20261122
GIB: Final = 1 << 30


class Peer(NamedTuple):
    """Another scanner: its environment, its package, and its command on a path."""

    package: str
    command: tuple[str, ...]
    driver: str

    @property
    def home(self) -> Path:
        """Return the environment it is installed in."""
        return ROOT / f".venv-bench-peers-{self.package}"

    @property
    def there(self) -> bool:
        """Tell whether it is installed."""
        return (self.home / "bin" / self.command[0]).exists()


PEERS: Final = (
    Peer("picklescan", ("picklescan", "-p"), "picklescan"),
    Peer("picklescan", ("picklescan", "--strict", "-p"), "picklescan-strict"),
    Peer("modelscan", ("modelscan", "-p"), "modelscan"),
    Peer("fickling", ("fickling", "--check-safety"), "fickling"),
    Peer("modelaudit", ("modelaudit", "scan"), "modelaudit"),
)


def main() -> int:
    """Measure, print tables, and keep the numbers."""
    asked = _asked()
    said: dict[str, object] = {"machine": _machine(), "seed": SEED, "versions": _versions()}
    print(json.dumps(said))
    if asked.only in {None, "quality"}:
        said["quality"] = quality(asked.corpus)
    if asked.only in {None, "speed"}:
        said["speed"] = speed(asked.runs)
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n", "utf-8")
    return 0


def quality(corpus: Path) -> object:
    """Run every scanner over the labelled corpus and print recall, false alarms and crashes."""
    if not HARNESS.exists() or not (corpus / "labels.csv").exists():
        print(f"\nNo corpus at {corpus}: recall and false alarms are not measured here.")
        return None
    scanners = [f"accord[batch=1]={OURS} scan --batch"]
    scanners += [
        f"{one.driver}[batch=1]={one.home}/bin/python {HARNESS} --driver {one.driver}" for one in PEERS if one.there
    ]
    with tempfile.NamedTemporaryFile(suffix=".json") as kept:
        flags = [flag for scanner in scanners for flag in ("--scanner", scanner)]
        subprocess.run(
            [sys.executable, str(HARNESS), "--corpus", str(corpus), "--json", kept.name, *flags],
            check=True,
            env=_quiet(),
        )
        found: dict[str, dict[str, object]] = json.load(kept)
    print("\n| scanner | named malicious | refused | harmless not clean | crashes, timeouts | slowest file |")
    print("|---|---|---|---|---|---|")
    for name, one in found.items():
        alarms = f"{int(str(one['false_positives'])) + int(str(one['benign_errors']))} of {one['benign']}"
        broken = f"{one['crashes']}, {one['timeouts']}"
        named, refused = float(str(one["recall"])), float(str(one["recall_fail_closed"]))
        print(f"| {name} | {named:.1%} | {refused:.1%} | {alarms} | {broken} | {one['max_s']} s |")
    return {name: {key: one[key] for key in one if key != "per_file"} for name, one in found.items()}


def speed(runs: int) -> object:
    """Time whole commands on big and on many small files, and print the medians."""
    table: dict[str, dict[str, float | None]] = {}
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        subjects = list(_subjects(Path(folder)))
        for name, path in subjects:
            table[name] = {"accord": _time([str(OURS), "scan", str(path)], runs)}
            for peer in PEERS:
                command = [str(peer.home / "bin" / peer.command[0]), *peer.command[1:], str(path)]
                one_file = peer.package == "fickling" and path.is_dir()
                table[name][peer.driver] = _time(command, runs) if peer.there and not one_file else None
    print("\n| subject | " + " | ".join(next(iter(table.values()))) + " |")
    print("|---|" + "---|" * len(next(iter(table.values()))))
    for name, row in table.items():
        print(f"| {name} | " + " | ".join("–" if one is None else f"{one:.2f} s" for one in row.values()) + " |")
    return table


def _subjects(folder: Path) -> Iterator[tuple[str, Path]]:
    for name, make in SUBJECTS.items():
        path = folder / name.replace(" ", "-")
        make(path)
        yield name, path


def _torch_zip(path: Path) -> None:
    """Write what torch.save writes of one tensor of 1 GiB, without torch."""
    storage = b"ctorch\nFloatStorage\n"
    data = (
        b"\x80\x02ccollections\nOrderedDict\n)R(X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n"
        b"((X\x07\x00\x00\x00storage" + storage + b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
        + b"\x8a\x04" + struct.pack("<i", GIB // 4) + b"tQK\x00\x8a\x04" + struct.pack("<i", GIB // 4)
        + b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtRu."
    )  # fmt: skip
    noise = random.Random(SEED).randbytes(1 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/byteorder", "little")
        with archive.open(zipfile.ZipInfo("archive/data/0"), "w", force_zip64=True) as member:
            for _ in range(1024):
                member.write(noise)
        archive.writestr("archive/version", "3\n")


def _safetensors(path: Path) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [GIB // 4], "data_offsets": [0, GIB]}}).encode()
    noise = random.Random(SEED).randbytes(1 << 20)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for _ in range(1024):
            file.write(noise)


def _small_files(path: Path) -> None:
    rng = random.Random(SEED)
    path.mkdir()
    for number in range(2000):
        weights = {f"layer{index}": [rng.random() for _ in range(60)] for index in range(8)}
        (path / f"model{number}.pkl").write_bytes(pickle.dumps(weights, protocol=number % 6))


def _tokens(path: Path) -> None:
    rng = random.Random(SEED)
    words = {"".join(rng.choices("abcdefghijklmnopqrstuvwxyz ", k=12)): number for number in range(50_000)}
    path.write_bytes(pickle.dumps(words))


SUBJECTS: Final[dict[str, Callable[[Path], None]]] = {
    "torch zip 1 GiB": _torch_zip,
    "safetensors 1 GiB": _safetensors,
    "2000 small pickles": _small_files,
    "token dictionary 1 MB": _tokens,
}


def _time(command: list[str], runs: int) -> float | None:
    taken = []
    for _ in range(runs):
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_quiet())
        watch = threading.Timer(120, process.kill)  # waiting with a timeout of its own would poll, and round the times
        watch.start()
        code = process.wait()
        watch.cancel()
        if code == -9:
            return None
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def _quiet() -> dict[str, str]:
    return {**os.environ, "PROMPTFOO_DISABLE_TELEMETRY": "1", "NO_ANALYTICS": "1"}


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def _versions() -> dict[str, str]:
    found = {"accord": _version(ROOT / ".venv", "accord")}
    return found | {one.package: _version(one.home, one.package) for one in PEERS if one.there}


def _version(home: Path, package: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    done = subprocess.run([home / "bin" / "python", "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "?"


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=SHARED / "corpus" / "models")
    parser.add_argument("--only", choices=["quality", "speed"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
