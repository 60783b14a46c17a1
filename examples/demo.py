"""The demo: attack and assess a real helpdesk, see the gate fail, fix it, have it signed, see what changed."""

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
from types import MappingProxyType
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
        title("1  The helpdesk as it is, attacked")
        with running(weak):
            attacked = attack(weak, OUT / "attacked", STATE, trials=2)
            title("2  What that and everything else mean for its release")
            before = assess(weak, OUT / "before", STATE)
        print((OUT / "before" / "assessment.txt").read_text("utf-8"))
        title("3  The same weak helpdesk behind the guard, and the same attacks")
        with running(weak, guard=drafted(weak)):
            guarded = attack(weak, OUT / "guarded", STATE, trials=1)
        beside({"as it is": attacked, "guarded": guarded})
        tell_decisions(weak / "guard-decisions.jsonl", OUT / "guarded")
        title("4  The same helpdesk, fixed, and attacked with the same cases")
        offices = open_offices(ACCORD, OUT / "offices")
        offices.sign_model(fixed / "models" / "router.json", "ml-lead")
        patience = {"HELPDESK_RATE": "100"}  # one attacker, with the patience of many
        with running(fixed, patience, guard=fixed / "guard.yaml"):
            held = attack(fixed, OUT / "held", offices.pipeline, offices.trust_options, trials=1)
        if held["outcomes"]["broke"]:
            sys.exit("an attack broke the fixed helpdesk: nobody would sign its release")
        with running(fixed, guard=fixed / "guard.yaml"):
            after = assess(fixed, OUT / "fixed", offices.pipeline, offices.trust_options)
        tell(after)
        title("5  Its owners sign what waits for them, and waive what a demo cannot have")
        signed = offices.sign_what_waits(fixed, after["gate"]["reasons"])
        waived = offices.waive_what_is_missing(fixed, after["gate"]["reasons"])
        print(f"{signed} practices signed by the roles that answer for them (the demo plays all)")
        print(f"{waived} checks waived by two of them, for this digest alone: without a network there is no feed of")
        print(f"vulnerabilities; and nothing broke the fixed helpdesk in {calls(held)} calls, but only 59 trials")
        print("of each class of attack would show that at most 5 % break")
        title("6  The release, vouched for by a pipeline's key")
        with running(fixed, guard=fixed / "guard.yaml"):
            released = assess(fixed, OUT / "released", offices.pipeline, offices.trust_options)
        tell(released)
    title("7  What changed")
    compare({"as it is": before, "fixed": after, "signed": released})
    print(f"\n{time.monotonic() - started:.0f} s. The reports, to look at:")
    for report in (
        "fixed/assessment",
        "released/assessment",
        "before/assessment",
        "attacked/campaign",
        "guarded/campaign",
        "guarded/guard",
        "held/campaign",
    ):
        print(f"  {OUT / report}.html")


def attack(
    system: Path, out: Path, world: Mapping[str, str], options: tuple[str, ...] = (), *, trials: int
) -> dict[str, Any]:
    """Attack the running application with the cases in its folder, print what broke, and return the campaign."""
    how = ("--trials", str(trials), "--seed", "7", "--concurrency", "1", "--format", "txt,html")
    cases = ("--cases", str(system / "attacks"), "--out", str(out))
    code = subprocess.run(
        [str(ACCORD), "attack", "run", str(system), *cases, *how, *options],
        check=False,
        env={**os.environ, **CUSTOMER, **world},
        stdout=subprocess.DEVNULL,
    ).returncode
    if code not in (0, 1, 3):
        sys.exit(f"accord attack run ended with {code}")
    found: dict[str, Any] = json.loads((out / "campaign.json").read_text("utf-8"))
    for case in found["cases"]:
        shown = f": {case['span'][:60]}" if case["span"] else ""
        print(f"  {case['name']:30} broke in {case['broke']} of {case['broke'] + case['held']} trials{shown}")
    for case in found["not_applicable"]:
        print(f"  {case['case']:30} does not apply: {case['reason']}")
    served = sum(case["served"] for case in found["cases"])
    print(f"  {calls(found)} calls; {served} honest tasks were served beside the attacks", flush=True)
    return found


def calls(campaign: Mapping[str, Any]) -> int:
    """Return how often a campaign asked: once in each trial and control run of these cases."""
    controls = ("served", "not_served", "control_unsure", "control_error")
    return sum(case["trials"] + sum(case[name] for name in controls) for case in campaign["cases"])


def assess(system: Path, out: Path, world: Mapping[str, str], options: tuple[str, ...] = ()) -> dict[str, Any]:
    """Assess the application while it runs, and return the assessment."""
    command = [str(ACCORD), "assess", str(system), "--format", "txt,json,html,sarif", "--out", str(out), *options]
    code = subprocess.run(command, check=False, env={**os.environ, **CUSTOMER, **world}).returncode
    if code not in (0, 1):
        sys.exit(f"accord assess ended with {code}")
    found: dict[str, Any] = json.loads((out / "assessment.json").read_text("utf-8"))
    return found


def drafted(system: Path) -> Path:
    """Have the policy of the guard drafted from the manifest; what must never leave, only the owners know."""
    policy = system / "guard.yaml"
    drafting = [str(ACCORD), "guard", "policy", "draft", str(system)]
    draft = subprocess.run(drafting, check=True, capture_output=True, text=True).stdout
    policy.write_text(f"{draft}canaries: [LARCH-STAFF-7731]\n", "utf-8")
    return policy


def beside(campaigns: Mapping[str, Mapping[str, Any]]) -> None:
    """Print for each case how often it broke, and how many honest tasks were served, side by side."""
    print(f"\n  {'':30}" + "".join(f"{name:>12}" for name in campaigns))
    cases = [{case["name"]: case for case in campaign["cases"]} for campaign in campaigns.values()]
    for name in cases[0]:
        shares = (f"{each[name]['broke']} of {each[name]['broke'] + each[name]['held']}" for each in cases)
        print(f"  {name:30}" + "".join(f"{share:>12}" for share in shares))
    served = [[sum(case[key] for case in each.values()) for key in ("served", "not_served")] for each in cases]
    print(f"  {'honest tasks served':30}" + "".join(f"{f'{yes} of {yes + no}':>12}" for yes, no in served))


def tell_decisions(log: Path, out: Path) -> None:
    """Have the log of the guard's decisions told, and print the text of it."""
    subprocess.run([str(ACCORD), "guard", "report", str(log), "--format", "txt,html", "--out", str(out)], check=True)
    print("\n  " + (out / "guard.txt").read_text("utf-8").strip().replace("\n", "\n  "))


@contextlib.contextmanager
def running(
    system: Path, settings: Mapping[str, str] = MappingProxyType({}), *, guard: Path | None = None
) -> Iterator[None]:
    """Run the application on the address its manifest names, or a free port that it names from now on."""
    log = system.parent / f"{system.name}.log"
    command = [sys.executable, "-m", "app", "--port", port_of(system / "accord.yaml")]
    command += ["--guard", str(guard), "--guard-port", port_of(system / "guard.yaml")] if guard else []
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            cwd=system,
            env={**os.environ, **CUSTOMER, **settings},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                sys.exit(f"the helpdesk did not start:\n{log.read_text('utf-8', 'replace')}")
            told = json.loads(line)
            print(f"running at {told['url']}, its model is {told['brain']}", flush=True)
            aimed_at(system / "accord.yaml", told["url"], told.get("guard_url"))
            yield
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def port_of(file: Path) -> str:
    """Return the port at which the manifest's service, or the policy's gateway, ran before, or 0 for any free one."""
    found = file.with_suffix(".port")
    return found.read_text("utf-8") if found.exists() else "0"


def aimed_at(manifest: Path, url: str, guard: str | None) -> None:
    """Put the addresses at which the application and its guard run into the manifest, once."""
    text = manifest.read_text("utf-8").replace("http://127.0.0.1:8080", url.rstrip("/"))
    manifest.write_text(text.replace("http://127.0.0.1:8082", guard) if guard else text, "utf-8")
    for where, name in ((url.rstrip("/"), "accord.port"), (guard, "guard.port")):
        if where:
            manifest.with_name(name).write_text(where.rpartition(":")[2], "utf-8")


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
