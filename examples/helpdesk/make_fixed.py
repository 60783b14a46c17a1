"""Builds the fixed copy: this folder, less what ../helpdesk-fixed/REMOVED.txt names, under what that folder holds."""

import argparse
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

OVERLAY = Path(__file__).resolve().parent.parent / "helpdesk-fixed"
DATED = ("accord.yaml", "threats.yaml", ".well-known/security.txt", "docs/incident-plan.md")
LEFT_OUT = ("tests", "make_fixed.py", "__pycache__", ".pytest_cache")


def make_fixed(source: Path, destination: Path) -> None:
    """Write the fixed copy of the source folder into a new folder; it counts as trained and reviewed on that day."""
    shutil.copytree(source, destination, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in (OVERLAY / "REMOVED.txt").read_text("utf-8").split():
        (destination / name).unlink()
    ignored = shutil.ignore_patterns("REMOVED.txt", "__pycache__")
    shutil.copytree(OVERLAY, destination, dirs_exist_ok=True, ignore=ignored)
    today = datetime.now(UTC).date()
    for name in DATED:
        text = (destination / name).read_text("utf-8")
        text = text.replace("{today}", str(today)).replace("{in half a year}", str(today + timedelta(days=182)))
        (destination / name).write_text(text, "utf-8")


def main() -> None:
    """Build the copy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, metavar="SRC")
    parser.add_argument("destination", type=Path, metavar="DEST", help="a folder that does not exist yet")
    options = parser.parse_args()
    make_fixed(options.source, options.destination)


if __name__ == "__main__":
    main()
