"""Answers with the model, if it is the reviewed one."""

import hashlib
import json
from pathlib import Path

MODEL = Path(__file__).parent / "models" / "m1.json"
REVIEWED = "b0fe36692054158985f5c744b30de9d884a5ef3982a42950f4b30993b3a8ee48"


def weights() -> dict[str, list[int]]:
    """Read the model, or stop."""
    content = MODEL.read_bytes()
    if hashlib.sha256(content).hexdigest() != REVIEWED:
        raise SystemExit("the model is not the reviewed one")
    return json.loads(content)
