"""Accord: the 2023 guidelines for secure AI system development, made executable."""

__version__ = "0.1.0"
