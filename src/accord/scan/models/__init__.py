"""Formats of models, one file each, read without the libraries that would load them."""
