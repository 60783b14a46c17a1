"""Secure operation: how outsiders report, and how users learn of changes."""
