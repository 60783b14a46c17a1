"""Checks on secure design: threats, owners, choices, limits and what the interface gives away."""
