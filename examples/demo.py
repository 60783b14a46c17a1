"""The demo: assess a real helpdesk application, see the gate fail, fix it, have it signed, see what changed."""

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
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from offices import open_offices

HERE = Path(__file__).resolve().parent
HELPDESK = HERE / "helpdesk"
ACCORD = Path(sys.executable).with_name("accord")
OUT = HERE.parent / "demo"
STATE = {"ACCORD_HOME": str(OUT / "state")}
PATIENCE = 30.0
TOKEN = secrets.token_hex(16)
CUSTOMER = {
    "HELPDESK_TOKENS": json.dumps({TOKEN: "moss@example.org"}),
    "HELPDESK_AUTHORIZATION": f"Bearer {TOKEN}",
}
"""What the fixed helpdesk asks for: callers with a token. Accord is one of them, and reads its own from here."""


def main() -> None:
    """Run the whole story and end with the paths of the reports."""
    started = time.monotonic()
    shutil.rmtree(OUT, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="accord-demo-") as name:
        weak, fixed = Path(name) / "helpdesk", Path(name) / "helpdesk-fixed"
        shutil.copytree(HELPDESK, weak, ignore=shutil.ignore_patterns("tests", "__pycache__", "make_fixed.py"))
        subprocess.run([sys.executable, HELPDESK / "make_fixed.py", HELPDESK, fixed], check=True)
        title("1  The helpdesk as it is")
        before = assess(weak, OUT / "before", STATE)
        print((OUT / "before" / "assessment.txt").read_text("utf-8"))
        title("2  The same helpdesk, fixed")
        after = assess(fixed, OUT / "fixed", STATE)
        tell(after)
        title("3  Its owners sign, and a pipeline's key vouches for the evidence")
        offices = open_offices(ACCORD, OUT / "offices")
        offices.sign_model(fixed / "models" / "router.json", "ml-lead")
        signed = offices.sign_what_waits(fixed, after["gate"]["reasons"])
        waived = offices.waive_what_did_not_run(fixed, after["gate"]["reasons"])
        print(f"{signed} practices and the router's file signed by the roles that answer for them (the demo plays all)")
        print(f"{waived} checks waived by two of them: a feed of vulnerabilities is not to be had without a network")
        released = assess(fixed, OUT / "released", offices.pipeline, offices.trust_options)
        tell(released)
    title("4  What changed")
    compare({"as it is": before, "fixed": after, "signed": released})
    print(f"\n{time.monotonic() - started:.0f} s. The reports, to look at:")
    for folder in ("fixed", "released", "before"):
        print(f"  {OUT / folder / 'assessment.html'}")


def assess(system: Path, out: Path, world: Mapping[str, str], options: tuple[str, ...] = ()) -> dict[str, Any]:
    """Start the application, assess it while it runs, stop it, and return the assessment."""
    command = [str(ACCORD), "assess", str(system), "--format", "txt,json,html,sarif", "--out", str(out), *options]
    with running(system) as told:
        print(f"running at {told['url']}, its model is {told['brain']}", flush=True)
        aimed_at(system / "accord.yaml", told["url"])
        code = subprocess.run(command, check=False, env={**os.environ, **CUSTOMER, **world}).returncode
    if code not in (0, 1):
        sys.exit(f"accord assess ended with {code}")
    found: dict[str, Any] = json.loads((out / "assessment.json").read_text("utf-8"))
    return found


@contextlib.contextmanager
def running(system: Path) -> Iterator[dict[str, str]]:
    """Run the application on the address its manifest names, or a free port, until the block ends."""
    log = system.parent / f"{system.name}.log"
    command = [sys.executable, "-m", "app", "--port", port_of(system / "accord.yaml")]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command, cwd=system, env=os.environ | CUSTOMER, stdout=subprocess.PIPE, stderr=stderr, text=True
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


def port_of(manifest: Path) -> str:
    """Return the port that the manifest was aimed at before, or 0 for any free one."""
    found = manifest.with_suffix(".port")
    return found.read_text("utf-8") if found.exists() else "0"


def aimed_at(manifest: Path, url: str) -> None:
    """Put the address at which the application runs into the manifest's target, once."""
    text = manifest.read_text("utf-8")
    manifest.write_text(text.replace("http://127.0.0.1:8080", url.rstrip("/")), "utf-8")
    manifest.with_suffix(".port").write_text(url.rstrip("/").rpartition(":")[2], "utf-8")


def tell(assessment: Mapping[str, Any]) -> None:
    """Print how the gate decided, and every reason."""
    gate = assessment["gate"]
    print(f"\ngate: {'PASS' if gate['passed'] else 'FAIL'}, {len(gate['reasons'])} reasons")
    for reason in gate["reasons"]:
        print(f"  {reason['provision'] or '-':7} {reason['message'][:110]}")


def compare(assessments: Mapping[str, Mapping[str, Any]]) -> None:
    """Print verdicts, findings and gates side by side."""
    print(f"{'':16}" + "".join(f"{name:>12}" for name in assessments))
    for verdict in ("met", "partly", "not-met", "not-assessed", "not-applicable"):
        counts = (sum(one["verdict"] == verdict for one in each["provisions"]) for each in assessments.values())
        print(f"{verdict:16}" + "".join(f"{count:>12}" for count in counts))
    rows: dict[str, list[int] | list[str]] = {
        "findings": [len(each["findings"]) for each in assessments.values()],
        "gate reasons": [len(each["gate"]["reasons"]) for each in assessments.values()],
        "gate": ["PASS" if each["gate"]["passed"] else "FAIL" for each in assessments.values()],
    }
    for name, values in rows.items():
        print(f"{name:16}" + "".join(f"{value:>12}" for value in values))


def title(text: str) -> None:
    """Print a heading."""
    print(f"\n== {text} {'=' * max(0, 74 - len(text))}\n", flush=True)


if __name__ == "__main__":
    main()
