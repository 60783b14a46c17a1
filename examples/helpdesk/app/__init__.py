"""A small helpdesk assistant: retrieval, a trained router, three tools and a language model."""
