"""A reader that leaves: what is undecided ends with 3, never with the 1 of a verdict."""

from __future__ import annotations

import subprocess
import sys


def test_a_reader_that_leaves_is_no_verdict() -> None:
    code = "import sys; from accord.cli import main; sys.argv = ['accord', 'schema', 'manifest']; main()"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), said) == (3, "")
