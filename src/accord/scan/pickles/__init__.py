"""Pickles, followed opcode by opcode with the stack and memo of the real unpickler, and nothing ever called."""
