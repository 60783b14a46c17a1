"""Watching behaviour and inputs over time: drift, a changed model behind the same name, and callers that probe."""
