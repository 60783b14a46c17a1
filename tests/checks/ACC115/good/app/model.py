"""Loads the model."""

from transformers import AutoModelForCausalLM

MODEL = "example-org/small"


def load() -> object:
    """Fetch the model."""
    return AutoModelForCausalLM.from_pretrained(MODEL, revision="0123456789abcdef0123456789abcdef01234567")
