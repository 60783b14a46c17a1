"""The demo: assess a real helpdesk application, see the gate fail, fix it, see what changed."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HELPDESK = HERE / "helpdesk"
ACCORD = Path(sys.executable).with_name("accord")
OUT = HERE.parent / "demo"
PATIENCE = 120.0
TOKEN = secrets.token_hex(16)
CUSTOMER = {
    "HELPDESK_TOKENS": json.dumps({TOKEN: "moss@example.org"}),
    "HELPDESK_AUTHORIZATION": f"Bearer {TOKEN}",
    "HELPDESK_RATE": "25",
}
"""What the fixed helpdesk asks for: callers with a token. Accord is one of them, and reads its own from here."""


def main() -> None:
    """Run the whole story and end with the path of the report."""
    started = time.monotonic()
    shutil.rmtree(OUT, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="accord-demo-") as name:
        folder = Path(name)
        weak, fixed = folder / "helpdesk", folder / "helpdesk-fixed"
        shutil.copytree(HELPDESK, weak, ignore=shutil.ignore_patterns("fixed", "tests", "__pycache__", "make_fixed.py"))
        run([sys.executable, str(HELPDESK / "make_fixed.py"), str(HELPDESK), str(fixed)])
        title("1  The helpdesk as it is: accord assess")
        before = assess(weak, OUT / "before", show=True)
        title("2  The same helpdesk, fixed")
        after = assess(fixed, OUT / "after", show=False)
    title("3  What changed")
    compare(before, after)
    print(
        f"\n{time.monotonic() - started:.0f} s. The whole report, to look at:\n  {OUT / 'before' / 'assessment.html'}"
    )
    print(f"  {OUT / 'after' / 'assessment.html'}")


def assess(system: Path, out: Path, *, show: bool) -> dict[str, Any]:
    """Start the application, assess it while it runs, stop it, and return the assessment."""
    with running(system) as told:
        print(f"running at {told['url']}, its model is {told['brain']}")
        aim_at(system / "accord.yaml", told["url"])
        done = run([str(ACCORD), "assess", str(system), "--format", "txt,json,html,sarif", "--out", str(out)])
    if done not in (0, 1):
        sys.exit(f"accord assess ended with {done}")
    if show:
        print((out / "assessment.txt").read_text("utf-8"))
    found: dict[str, Any] = json.loads((out / "assessment.json").read_text("utf-8"))
    return found


@contextlib.contextmanager
def running(system: Path) -> Iterator[dict[str, str]]:
    """Run the application on a free loopback port until the block ends."""
    log = system.parent / f"{system.name}.log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "--port", "0"],
            cwd=system,
            env=os.environ | CUSTOMER,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                sys.exit(f"the helpdesk did not start:\n{log.read_text('utf-8', 'replace')}")
            yield json.loads(line)
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def aim_at(manifest: Path, url: str) -> None:
    """Put the address at which the application runs now into the manifest's target."""
    text = manifest.read_text("utf-8")
    manifest.write_text(text.replace("http://127.0.0.1:8080", url.rstrip("/")), "utf-8")


def compare(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Print both gates side by side, what was fixed, and what still stands."""
    print(f"{'':18}{'as it is':>10}{'fixed':>10}")
    for name in ("met", "partly", "not-met", "not-assessed", "not-applicable"):
        print(f"{name:18}{count(before, name):>10}{count(after, name):>10}")
    for name, what in (("findings", "findings"), ("gate reasons", "reasons")):
        sizes = [len(one["findings"] if what == "findings" else one["gate"]["reasons"]) for one in (before, after)]
        print(f"{name:18}{sizes[0]:>10}{sizes[1]:>10}")
    print(f"{'gate':18}{word(before):>10}{word(after):>10}")
    for reason in after["gate"]["reasons"][:12]:
        print(f"  still open: {reason['provision'] or '-':7} {reason['message'][:100]}")


def count(assessment: dict[str, Any], verdict: str) -> int:
    """Count the provisions of one verdict."""
    return sum(one["verdict"] == verdict for one in assessment["provisions"])


def word(assessment: dict[str, Any]) -> str:
    """Say how the gate decided."""
    return "PASS" if assessment["gate"]["passed"] else "FAIL"


def run(command: list[str]) -> int:
    """Run a command with its messages on our stderr and return its exit code."""
    world = os.environ | CUSTOMER | {"ACCORD_HOME": str(OUT / "state")}
    return subprocess.run(command, check=False, env=world, stdout=subprocess.DEVNULL).returncode


def title(text: str) -> None:
    """Print a heading."""
    print(f"\n== {text} {'=' * max(0, 74 - len(text))}\n")


if __name__ == "__main__":
    main()
