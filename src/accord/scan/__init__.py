"""Eyes that never run what they look at: how files are rated, and what in a folder belongs to an AI system.

What a room above may use: `files` (rate files and folders), `Scan`, `Rated`, `Rating`; and by module, for the
inventory, `walk` (`walk`, `read_head`, `open_inside`), `formats` (`recognise`), `python` (`read_module`),
`lockfiles` (`read_lock`) and `discover` (`discover`). The wings: `pickles`, `containers`, `models`,
`repositories`, `supply`, `origin`.
"""

from accord.scan.rating import Rated, Rating
from accord.scan.sweep import Scan, files

__all__ = ["Rated", "Rating", "Scan", "files"]
