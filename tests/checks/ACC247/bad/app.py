"""Answers with the model."""

import json
from pathlib import Path

MODEL = Path(__file__).parent / "models" / "m1.json"


def weights() -> dict[str, list[int]]:
    """Read the model."""
    return json.loads(MODEL.read_bytes())
