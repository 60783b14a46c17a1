"""Loads the router."""

import pickle as keeper
from pathlib import Path

import torch


def load(path: Path) -> object:
    """Read the trained router."""
    with path.open("rb") as file:
        return keeper.load(file)


def weights(path: Path) -> object:
    """Read the weights."""
    return torch.load(path)
