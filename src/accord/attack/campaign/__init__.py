"""The campaign engine: plan what is sent, send it within limits, record it, go on after a kill."""
