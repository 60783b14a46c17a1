"""Telling a dataset from other tables by its first bytes."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

HEAD = 65_536
"""How many bytes of a file's start `dataset` wants to see."""

_TELLING: Final = frozenset({
    "text", "prompt", "prompts", "completion", "messages", "conversations", "conversation", "label", "labels",
    "instruction", "response", "question", "answer", "answers", "chosen", "rejected", "expected_output", "ground_truth",
    "reference_answer", "ideal", "sentence", "sentence1", "premise", "hypothesis", "utterance", "intent", "sentiment",
    "transcript", "is_toxic", "target", "y_true", "expected", "expected_answer",
})  # fmt: skip
_PAIRS: Final = (
    frozenset({"input", "output"}),
    frozenset({"query", "passage"}),
    frozenset({"query", "context"}),
    frozenset({"system", "user"}),
)
_LABELLED: Final = frozenset({
    "label", "labels", "target", "class", "y", "species", "outcome", "prompt", "completion", "messages", "instruction",
    "intent", "sentiment", "ground_truth",
})  # fmt: skip
_EXTENSION: Final = re.compile(
    r"\.(jsonl|ndjson|json|csv|tsv|parquet|arrow|feather|tfrecords?|orc|avro|npz|npy|h5|hdf5)(?:\.gz)?$"
)
_KEY: Final = re.compile(rb'"([A-Za-z_][\w -]{0,60})"\s*:')


class Rows(NamedTuple):
    """A table of rows: its format, and whether its columns alone show that it teaches or tests a model."""

    format: str
    telling: bool


def may_hold_rows(path: str) -> bool:
    """Tell whether a file's name is one that tables have."""
    return bool(_EXTENSION.search(path.lower()))


def rows(head: bytes, path: str) -> Rows | None:
    """Return what kind of table a file starts as, or None for what is no table."""
    match = _EXTENSION.search(path.lower())
    kind = match[1] if match else ""
    if head.startswith(b"PAR1"):
        return Rows("parquet", _any_key(head))
    if head.startswith((b"ARROW1", b"FEA1")):
        return Rows("arrow", _any_key(head))
    if head.startswith((b"Obj\x01", b"ORC")):
        return Rows("avro" if head.startswith(b"Obj") else "orc", telling=False)
    if kind in {"tfrecord", "tfrecords"} and head[8:9] != b"":
        return Rows("tfrecord", telling=True)
    if kind in {"csv", "tsv"}:
        return _table(head, kind)
    if kind in {"jsonl", "ndjson"} and head.lstrip()[:1] == b"{":
        return Rows("jsonl", _telling(_keys(head.lstrip().partition(b"\n")[0])))
    if kind == "json" and re.match(rb"\s*\[\s*\{", head):
        keys = _keys(head)
        return Rows("json", telling=_telling(keys) and len(keys & _TELLING) >= 2)
    return None


def _table(head: bytes, kind: str) -> Rows | None:
    line = head.partition(b"\n")[0].decode("utf-8", "replace").strip().lstrip("\ufeff")
    columns = [one.strip().strip("\"'").lower() for one in re.split("\t" if kind == "tsv" else "[,;\t]", line)[:2000]]
    if len(columns) < 2 or "\0" in line:
        return None
    numbered = frozenset(columns)
    return Rows(
        kind, bool(numbered & _LABELLED) or len(numbered & _TELLING) >= 2 or any(pair <= numbered for pair in _PAIRS)
    )


def _keys(head: bytes) -> frozenset[str]:
    return frozenset(key.decode("ascii", "replace").lower() for key in _KEY.findall(head)[:2000])


def _telling(keys: frozenset[str]) -> bool:
    strong = keys & (_TELLING - {"text", "target", "expected"})
    return bool(strong) or {"text"} == keys or any(pair <= keys for pair in _PAIRS)


def _any_key(head: bytes) -> bool:
    return any(
        word.encode() in head for word in ("prompt", "completion", "messages", "label", "instruction", "response")
    )
