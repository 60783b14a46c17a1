"""Keeps the trained router in a file that holds numbers only, and loads no other than the reviewed one."""

import hashlib
import json
from pathlib import Path
from typing import TypedDict

ROUTER_FILE = Path(__file__).resolve().parent.parent / "models" / "router.json"
ROUTER_SHA256 = "2a120e14cb7b4e88ddf8b9114baab91b6e64ab7f0ad8d94d7a2bd1ee3be6f9e3"


class Router(TypedDict):
    """Holds the weights in thousandths, one row a bucket and one column an intent."""

    intents: list[str]
    bias: list[int]
    weights: list[list[int]]


def load(path: Path = ROUTER_FILE) -> Router:
    """Read the trained router, if it is the reviewed file."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != ROUTER_SHA256:
        raise SystemExit(
            f"helpdesk: {path.name} is not the reviewed file; after training, review it and update weights.py"
        )
    router: Router = json.loads(content)
    return router


def store(router: Router, path: Path) -> None:
    """Write the trained router."""
    path.write_text(json.dumps(router, separators=(",", ":")) + "\n", "utf-8")
