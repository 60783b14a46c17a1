"""Rules from cases: compiled, tried on honest texts, signed on a shelf, and met by meaning where they are reworded.

Exports nothing: import `compile_case` from `compiling`, `Neighbours` from `near`, `Shelf` from `shelf`.
"""
