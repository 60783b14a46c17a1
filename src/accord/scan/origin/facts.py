"""Facts of a model for its bill of materials: from headers, `config.json` and the model card, read without loading."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from accord.core.errors import AccordError
from accord.core.text import one_line
from accord.record.yaml12 import Limits, parse
from accord.scan.origin.headers import header_of, said
from accord.scan.walk import open_inside

_WEIGHTS: Final = re.compile(r"\.(?:safetensors|gguf|onnx)$", re.I)
_FRONT = re.compile(rb"\A---[ \t]*\r?\n(.{1,65536}?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"^#{1,6}[ \t]+(.{1,200})$", re.MULTILINE)
_CONFIG_LIMIT, _CARD_LIMIT, _MOST_WEIGHTS, _LONGEST = 1 << 20, 1 << 20, 500, 500
_FRONT_KEYS: Final[Mapping[str, str]] = {
    "license": "licence",
    "base_model": "base_model",
    "datasets": "datasets",
    "language": "language",
    "pipeline_tag": "task",
    "library_name": "library",
}
_CONFIG_KEYS: Final[Mapping[str, str]] = {
    "architectures": "architecture",
    "model_type": "family",
    "max_position_embeddings": "context_length",
}
_SECTIONS: Final = (
    ("uses", re.compile(r"intended|\buses?\b|scope", re.I)),
    ("limitations", re.compile(r"limit|\bbias|\brisks?\b|known fail", re.I)),
    ("training_data", re.compile(r"training (?:data|set)|train(?:ed|ing) on", re.I)),
    ("evaluation", re.compile(r"evaluat|\bmetrics?\b|\bresults?\b", re.I)),
)


def facts_of(root: Path, path: str, *, below: Iterable[str], card: str | None = None) -> dict[str, str]:
    """Return what is known of a model at `path` below `root` as short texts; what cannot be read says nothing.

    `below` are the files in it where it is a folder. Headers win over `config.json`, that over the model card.
    """
    inside = sorted(below)
    weights = [one for one in inside if _WEIGHTS.search(one)] or ([path] if not inside else [])
    folder = path if inside else str(PurePosixPath(path).parent)
    found: dict[str, str] = {}
    for facts in (
        _weights(root, weights),
        _config(_read(root, f"{folder}/config.json", _CONFIG_LIMIT)),
        _card(_read(root, card or f"{folder}/README.md", _CARD_LIMIT), whole=card is not None or folder != "."),
    ):
        found = {**facts, **found}
    return {key: line for key in sorted(found) if (line := one_line(found[key], _LONGEST))}


def _weights(root: Path, paths: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    types: Counter[str] = Counter()
    whole = bool(paths) and len(paths) <= _MOST_WEIGHTS
    for path in paths[:_MOST_WEIGHTS]:
        try:
            with open_inside(root, path) as stream:
                size = stream.seek(0, 2)
                stream.seek(0)
                told = header_of(stream, size)
        except (AccordError, OSError):
            whole = False
            continue
        found = {**told.facts, **found}
        whole = whole and told.types is not None
        types.update(told.types or {})
    return {**found, **(said(types) if whole else {})}


def _config(data: bytes) -> dict[str, str]:
    try:
        config = json.loads(data) if data else None
    except (ValueError, RecursionError):
        return {}
    if not isinstance(config, dict):
        return {}
    found = {name: _short(config[key]) for key, name in _CONFIG_KEYS.items() if key in config}
    method = config.get("quantization_config")
    if isinstance(method, dict):
        found["quantization"] = _short([method.get("quant_method"), method.get("bits")])
    dtype = config.get("torch_dtype", config.get("dtype"))
    return found | ({"dtype": dtype} if isinstance(dtype, str) else {})


def _card(data: bytes, *, whole: bool) -> dict[str, str]:
    """Return what a card's front matter says, and the first lines of its sections where it surely is one."""
    front = _FRONT.match(data)
    found: dict[str, str] = {}
    if front:
        try:
            said = parse(front[1], path="README.md", limits=Limits()).value
        except AccordError:
            said = {}
        keys = _FRONT_KEYS.items() if isinstance(said, dict) else ()
        found = {name: _short(said[key]) for key, name in keys if key in said}
    if not front and not whole:
        return found
    text = data[front.end() if front else 0 :].decode("utf-8", "replace")
    return dict(_sections(text)) | found


def _sections(text: str) -> Iterator[tuple[str, str]]:
    headings = list(_HEADING.finditer(text))
    taken: set[str] = set()
    for number, heading in enumerate(headings):
        end = headings[number + 1].start() if number + 1 < len(headings) else len(text)
        body = text[heading.end() : end].strip()
        name = next((name for name, pattern in _SECTIONS if name not in taken and pattern.search(heading[1])), None)
        if name and body:
            taken.add(name)
            yield name, body[: 4 * _LONGEST]


def _short(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value[:20] if isinstance(one, str | int) and one != "")
    return str(value) if isinstance(value, str | int | float) else ""


def _read(root: Path, path: str, limit: int) -> bytes:
    try:
        with open_inside(root, path.removeprefix("./")) as stream:
            data = stream.read(limit + 1)
    except (AccordError, OSError):
        return b""
    return data if len(data) <= limit else b""
