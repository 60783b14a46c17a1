"""Saying an attack otherwise, and choosing how from what came back: pure functions, nothing here sends anything.

`converter` holds the words and composes, `kit` all converters by name, `bandit` and `search` choose from results,
`attackers` drives attackers that ask a model, of which `crescendo` is the first.
"""
