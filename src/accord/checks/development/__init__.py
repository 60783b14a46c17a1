"""Secure development: assets, supply chain, documents and debt."""
