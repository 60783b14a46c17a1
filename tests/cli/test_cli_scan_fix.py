"""`accord scan --fix`: whole processes, as people start them."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Accord = Callable[..., Any]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    out = io.BytesIO()
    np.save(out, np.arange(12, dtype="f4").reshape(3, 4))
    (folder / "weights.npy").write_bytes(out.getvalue())
    (folder / "words.pkl").write_bytes(pickle.dumps({"labels": ["fern", "moss"]}))
    return folder


def test_what_was_converted_stands_after_the_report(accord: Accord, models: Path) -> None:
    done = accord("scan", "--fix", models, cwd=models.parent)
    assert done.code == 0
    *_, gate, first, second = done.out.decode().splitlines()
    assert gate.startswith("Gate: PASS")
    assert first == "converted models/weights.npy to models/weights.safetensors (1 tensors, 48 bytes; values equal)"
    assert second.startswith("not converted models/words.pkl: it holds 'labels', which is no tensor")
    assert sorted(one.name for one in models.iterdir()) == ["weights.npy", "weights.safetensors", "words.pkl"]


def test_the_document_has_both_lists_only_when_asked(accord: Accord, models: Path) -> None:
    assert "fixed" not in accord("scan", models, "--format", "json", cwd=models.parent).json
    said = accord("scan", "--fix", models, "--format", "json", cwd=models.parent).json
    fixed = {"path": "models/weights.npy", "to": "models/weights.safetensors", "tensors": 1, "bytes": 48, "notes": []}
    assert said["fixed"] == [fixed]
    assert [one["path"] for one in said["not_fixed"]] == ["models/words.pkl"]
    assert said["counts"]["safe"] == 2


def test_the_exit_code_is_that_of_the_scan(accord: Accord, models: Path) -> None:
    (models / "bad.pkl").write_bytes(b"cos\nsystem\n.")
    assert accord("scan", "--fix", models, cwd=models.parent).code == 1
    assert (models / "weights.safetensors").exists()
    assert not (models / "bad.safetensors").exists()


def test_a_batch_converts_nothing_and_says_so(accord: Accord, models: Path) -> None:
    done = accord("scan", "--fix", "--batch", cwd=models)
    assert done.code == 2
    assert "--batch" in done.err


def test_a_new_file_is_safe_in_the_next_scan(accord: Accord, models: Path) -> None:
    accord("scan", "--fix", models, cwd=models.parent)
    said = accord("scan", models / "weights.safetensors", "--format", "json", cwd=models.parent).json
    assert [(one["format"], one["verdict"]) for one in said["files"]] == [("safetensors", "safe")]
