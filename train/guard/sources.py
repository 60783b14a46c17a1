"""Texts that are there and may be used: corpus rows that may ship, our cases, the standard library's prose."""

from __future__ import annotations

import ast
import gzip
import hashlib
import json
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
CORPUS: Final = ROOT.parent / "shared" / "corpus" / "injection"
_BY_POSITION: Final = ("BIPIA-email", "BIPIA-table", "BIPIA-code")
_MODULES: Final = HERE / "modules.txt"
_CASES: Final = HERE / "cases.txt"


def corpus(part: str) -> list[dict[str, object]]:
    """Return the rows of one part of the shared corpus; none where it is not at hand."""
    path = CORPUS / f"{part}.jsonl.gz"
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def may_train(row: dict[str, object]) -> bool:
    """Say whether a row may teach what ships: its licence allows it, and its label speaks of intent, not position."""
    return bool(row["ship"]) and not (row["label"] == 1 and str(row["source"]).startswith(_BY_POSITION))


def shipped_cases() -> Iterator[dict[str, object]]:
    """Yield the hostile texts of those of our own shipped cases that are listed, with the channel of each.

    A case that ships later teaches nothing: else the weights that ship could not be made again.
    """
    import yaml

    channels = {
        "tool-output": "tool_output",
        "tool-description": "tool_output",
        "retrieval": "document",
        "file": "document",
    }
    for path in sorted(ROOT / f"src/accord/data/cases/{name}.yaml" for name in named(_CASES)):
        case = yaml.safe_load(path.read_text("utf-8"))
        if not isinstance(case, dict) or "steps" not in case:
            continue
        for step in case["steps"]:
            deliver = step.get("deliver", {})
            text = step.get("ask") or deliver.get("text")
            channel = "user" if "ask" in step else str(deliver.get("channel", "user"))
            if not isinstance(text, str) or channel == "system" or (channel == "user" and len(case["steps"]) > 2):
                continue
            yield {
                "text": text,
                "label": 1,
                "channel": channels.get(channel, channel),
                "lang": "en",
                "source": "own:cases",
            }


def library_prose() -> Iterator[tuple[str, str]]:
    """Yield docstrings and pieces of code of Python's standard library (PSF licence): `document` or `code`."""
    root = Path(sysconfig.get_paths()["stdlib"])
    for name in named(_MODULES):
        path = root / f"{name}.py" if (root / f"{name}.py").is_file() else root / name / "__init__.py"
        if not path.is_file():
            continue
        source = path.read_text("utf-8", errors="replace")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node)
                if text and len(text) > 80:
                    yield text[:3000], "document"
        for begin in range(400, len(source) - 1500, 9000):
            yield source[begin : begin + 1400], "code"


def named(path: Path) -> list[str]:
    """Return the lines of a list that are no remarks."""
    return [line for line in path.read_text("utf-8").splitlines() if line and line[0] != "#"]


def digest(texts: Iterable[object]) -> str:
    """Return what tells whether weights were taught with the same texts: the SHA-256 of how they are written."""
    found = hashlib.sha256()
    for text in texts:
        found.update(repr(text).encode("utf-8", "backslashreplace"))
    return found.hexdigest()
