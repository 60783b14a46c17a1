"""Loads the router."""

import json
from pathlib import Path

import torch


def load(path: Path) -> object:
    """Read the trained router."""
    return json.loads(path.read_text("utf-8"))


def weights(path: Path) -> object:
    """Read the weights."""
    return torch.load(path, weights_only=True)
