"""Keeps the trained router in a file."""

import pickle
from pathlib import Path
from typing import TypedDict

ROUTER_FILE = Path(__file__).resolve().parent.parent / "models" / "router.pkl"


class Router(TypedDict):
    """Holds the weights in thousandths, one row a bucket and one column an intent."""

    intents: list[str]
    bias: list[int]
    weights: list[list[int]]


def load(path: Path = ROUTER_FILE) -> Router:
    """Read the trained router."""
    with path.open("rb") as file:
        router: Router = pickle.load(file)
    return router


def store(router: Router, path: Path) -> None:
    """Write the trained router."""
    path.write_bytes(pickle.dumps(dict(router), protocol=4))
