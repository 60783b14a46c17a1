"""How the store's tables came to be, one step a file; Alembic is imported only when a step is missing."""
