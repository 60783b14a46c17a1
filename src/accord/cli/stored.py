"""The world that commands work in: state folder, settings, trust and time."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accord.assess.prepare import Asked


def stored_world(trust: str | None, *, root: Path | None, plugins: tuple[str, ...] = ()) -> Asked:
    """Return where state lies, whom to trust and what time it is."""
    from accord.assess.prepare import Asked
    from accord.cli.world import now, progress, trust_for
    from accord.core.settings import read_settings, state_folder

    state = state_folder(Path.cwd(), os.environ)
    moment = now(os.environ)
    folder = root or Path.cwd()
    return Asked(
        root=folder,
        state=state,
        settings=read_settings(folder, os.environ, plugins),
        now=moment,
        progress=progress(sys.stderr),
        database=os.environ.get("ACCORD_DATABASE"),
        trust=trust_for(trust, state=state, root=root, moment=moment),
    )
