"""Fuzzes every reader for as long as it is given, and keeps what it learns.

    .venv/bin/python bench/fuzz.py --seconds 60 [--seed N] [--corpus build/fuzz]
    .venv/bin/python bench/fuzz.py --seconds 60 --keep tests/scan/corpus

Seeds are small files made here, what was mended (`fuzz_seeds.py`), the kept corpus (`tests/scan/corpus`), those in
`--corpus`, and the labelled corpus where there is one. A round flips, cuts, doubles, splices or rewrites bytes of one,
under one of many names, and rates it in this process. A round that raises, or takes more than two seconds, is written
to the corpus folder, from where the next run starts. Lines of our readers that no input reached before make an input
worth keeping for further rounds. `--keep` starts from files of our own only, and writes the smallest inputs that
together reach what was reached. A test replays what is kept and what was mended, and runs some hundred rounds.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import hashlib
import io
import json
import lzma
import pickle
import random
import resource
import struct
import sys
import tarfile
import time
import traceback
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

from fuzz_seeds import mended

from accord.scan.engine import read
from accord.scan.look import Limits, Look
from accord.scan.part import Part

ROOT: Final = Path(__file__).resolve().parent.parent
LABELLED: Final = ROOT.parent / "shared" / "corpus" / "models"
NAMES: Final = (
    "model.pkl", "model.pt", "model.bin", "a.npy", "a.npz", "m.joblib", "m.gguf", "m.safetensors", "m.onnx", "m.keras",
    "m.h5", "saved_model.pb", "graph.pb", "graph.pbtxt", "m.tflite", "m.xml", "m.pmml", "m.rds", "c.msgpack", "m.nemo",
    "m.mar", "m.skops", "config.json", "tokenizer_config.json", "mcp.json", "conf.yaml", "MLmodel", "n.ipynb", "x.py",
    "t.jinja", "m.tar", "m.7z", "m.zip", "m.gz", "m.mlmodel", "m-symbol.json", "m.t7", "x.dat", "m.cbm", "m.ubj",
)  # fmt: skip
KEPT: Final = ROOT / "tests" / "scan" / "corpus"
SLOW: Final = 2.0
MOST: Final = 1 << 18
MOST_KEPT, LONGEST_KEPT, LINES, SHORT = 80, 4096, 4, 1 << 13
Lines = set[tuple[str, int]]


class Trouble(NamedTuple):
    """What went wrong with an input."""

    name: str
    data: bytes
    what: str


class Report(NamedTuple):
    """What a run came to."""

    rounds: int
    lines: int
    troubles: list[Trouble]
    telling: list[tuple[str, bytes]]


def main() -> int:
    """Fuzz, print what was found, and exit 1 when anything was."""
    asked = _asked()
    others = () if asked.keep else (asked.corpus, LABELLED)
    pool = [
        *seeds(),
        *(one.data for one in mended() if len(one.data) <= SHORT),
        *_files(KEPT, ROOT / "tests" / "checks", *others),
    ]
    print(f"seed {asked.seed}, {len(pool)} inputs to start from, {asked.seconds} s")
    report = fuzz(pool, random.Random(asked.seed), seconds=asked.seconds)
    for one in report.troubles:
        _keep(asked.corpus, one)
        print(f"- {one.name}: {one.what}")
    if asked.keep:
        kept = distilled(report.telling)
        asked.keep.mkdir(parents=True, exist_ok=True)
        for name, data in kept:
            _keep(asked.keep, Trouble(name, data, ""))
        print(f"kept {len(kept)} inputs of {sum(len(data) for _, data in kept)} bytes in {asked.keep}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{report.rounds} rounds, {report.lines} lines reached, {len(report.troubles)} troubles, peak {peak} MiB")
    return 1 if report.troubles else 0


def fuzz(pool: list[bytes], rng: random.Random, *, seconds: float = 1e9, most: int = 1 << 60) -> Report:
    """Rate mutations of the inputs, which are added to where they reach new lines, until time or rounds are over."""
    troubles: list[Trouble] = []
    telling: list[tuple[str, bytes]] = []
    reached: Lines = set()
    end, rounds = time.monotonic() + seconds, 0
    while time.monotonic() < end and rounds < most:
        name, data = rng.choice(NAMES), _mutated(rng, pool)
        before = len(reached)
        trouble = _tried(name, data, reached if rounds % 4 == 0 else None)
        if trouble:
            troubles.append(trouble)
        elif len(reached) > before + 2 and len(pool) < 5000:
            pool.append(data)
            telling.append((name, data))
        rounds += 1
    return Report(rounds, len(reached), troubles, telling)


def replay(name: str, data: bytes) -> Trouble | None:
    """Rate one input as a round does."""
    return _tried(name, data, None)


def distilled(telling: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return few small inputs that reach what the seeds do not, each cut as short as it still does so."""
    covered: Lines = set()
    for data in seeds():
        covered |= _lines("model.bin", data) | _lines("config.json", data)
    for one in mended():
        covered |= _lines(one.name, one.data) if len(one.data) <= SHORT else set()
    kept: list[tuple[str, bytes]] = []
    for name, data in sorted(telling, key=lambda one: len(one[1])):
        new = _lines(name, data) - covered if len(data) <= SHORT and len(kept) < MOST_KEPT else set()
        short = _shortened(name, data, new) if len(new) >= LINES else b""
        if 0 < len(short) <= LONGEST_KEPT:
            covered |= _lines(name, short)
            kept.append((name, short))
    return kept


def _shortened(name: str, data: bytes, new: Lines) -> bytes:
    """Leave out stretches of an input, ever smaller ones, while it reaches the same new lines."""
    step = max(len(data) // 2, 1)
    while step:
        for at in range(0, min(len(data), step * 8), step):
            less = data[:at] + data[at + step :]
            if new <= _lines(name, less):
                data = less
        step //= 2
    return data


def _lines(name: str, data: bytes) -> Lines:
    reached: Lines = set()
    _tried(name, data, reached)
    return reached


def _tried(name: str, data: bytes, reached: Lines | None) -> Trouble | None:
    """Rate an input; what it must not do is raise, or take long."""

    def trace(frame: FrameType, _event: str, _argument: object) -> object:
        if "/accord/scan/" not in frame.f_code.co_filename:
            return None
        if reached is not None:
            reached.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    begin = time.process_time()
    sys.settrace(trace if reached is not None else None)
    try:
        for sight in read(Part(data, name=name), Look(read, Limits(seconds=20))):
            if not sight.kind:
                return Trouble(name, data, "a reason without a kind")
    except Exception:  # whatever it is, it is what we look for
        return Trouble(name, data, traceback.format_exc(limit=-2).replace("\n", " | "))
    finally:
        sys.settrace(None)
    taken = time.process_time() - begin
    bound = SLOW * (10 if reached is not None else 1)
    return Trouble(name, data, f"it took {taken:.1f} s") if taken > bound else None


def _mutated(rng: random.Random, pool: list[bytes]) -> bytes:
    data = bytearray(rng.choice(pool)[:MOST])
    for _ in range(rng.choice((0, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(7):
            case 0 if data:
                data[at % len(data)] = rng.randrange(256)
            case 1:
                del data[at:]
            case 2:
                del data[at : at + rng.randrange(1, 64)]
            case 3:
                data[at:at] = data[at : at + rng.randrange(1, 256)] * rng.randrange(1, 4)
            case 4:
                data[at : at + 8] = rng.choice((b"\xff" * 8, b"\0" * 8, b"\x7f" + b"\xff" * 7, rng.randbytes(8)))
            case 5:
                other = rng.choice(pool)
                cut = rng.randrange(len(other) + 1)
                data[at:] = other[cut : cut + MOST]
            case _:
                data[at:at] = rng.choice(pool)[:4096]
    return bytes(data[:MOST])


def seeds() -> Iterator[bytes]:
    """Yield small files of many formats, made here; nothing in them does harm."""
    yield b""
    for protocol in range(6):
        yield pickle.dumps({"w": [1.5, 2**70, "x" * 300], "n": (None, True, b"raw")}, protocol)
    yield b"cos\nsystem\n(S'true'\ntR."
    yield b"\x93NUMPY\x01\0\x76\0{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }".ljust(128, b" ") + bytes(16)
    yield struct.pack("<Q", 61) + b'{"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}' + bytes(8)
    yield b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 3) + b"a.b" + struct.pack("<IQ", 8, 2) + b"ok"
    yield b"\x08\x08\x12\x07pytorch\x3a\x0c\x0a\x06\x22\x04Relu\x12\x02ok\x42\x02\x10\x11"
    yield json.dumps({"auto_map": {"AutoModel": "m.M"}, "chat_template": "{{ messages[0] }}"}).encode()
    yield b"a: !!python/object/apply:os.system [true]\n_target_: torch.nn.Linear\n"
    yield b'<?xml version="1.0"?><PMML version="4.4"><Header/></PMML>'
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", method) as archive:
            archive.writestr("archive/data.pkl", pickle.dumps({"w": 1}))
            archive.writestr("config.json", '{"class_name": "Sequential", "config": {"layers": []}}')
        yield made.getvalue()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        member = tarfile.TarInfo("model_config.yaml")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"a: 1"))
    yield made.getvalue()
    yield from (gzip.compress(b"K\x01." * 9), bz2.compress(b"K\x01."), lzma.compress(b"K\x01."))


def _files(*folders: Path) -> Iterator[bytes]:
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.is_file() and path.stat().st_size <= MOST:
                yield path.read_bytes()


def _keep(corpus: Path, trouble: Trouble) -> None:
    corpus.mkdir(parents=True, exist_ok=True)
    (corpus / f"{hashlib.sha256(trouble.data).hexdigest()[:12]}-{trouble.name}.seed").write_bytes(trouble.data)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--keep", type=Path, help="a folder for the smallest inputs that reach what was reached")
    parser.add_argument("--corpus", type=Path, default=ROOT / "build" / "fuzz")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
