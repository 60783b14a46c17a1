"""Eyes that never run what they look at: what lies in a folder, and what in it belongs to an AI system.

Modules and what they offer: `walk` (`walk`, `read_head`, `open_inside`), `formats` (`recognise`), `python`
(`read_module`), `lockfiles` (`read_lock`) and `discover` (`discover`).
"""
