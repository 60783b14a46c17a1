"""Texts that are there and may be used: corpus rows that may ship, our cases, the standard library's prose."""

from __future__ import annotations

import ast
import gzip
import json
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
CORPUS: Final = ROOT.parent / "shared" / "corpus" / "injection"
_BY_POSITION: Final = ("BIPIA-email", "BIPIA-table", "BIPIA-code")
_MODULES: Final = HERE / "modules.txt"


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
    """Yield the hostile texts of our own shipped cases, with the channel of each."""
    import yaml

    channels = {
        "tool-output": "tool_output",
        "tool-description": "tool_output",
        "retrieval": "document",
        "file": "document",
    }
    for path in sorted((ROOT / "src/accord/data/cases").rglob("*.yaml")):
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
    for name in (line for line in _MODULES.read_text("utf-8").splitlines() if line[0] != "#"):
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
