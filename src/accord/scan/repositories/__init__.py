"""What lies around a model: configurations that name code, templates, tool descriptions, notebooks, sources."""
