"""`accord guard serve`: the gateway."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import click

from accord.cli import say
from accord.core.errors import AccordError
from accord.core.settings import state_folder

if TYPE_CHECKING:
    from accord.guard.detector.encoder import Encoder
    from accord.guard.gateway.shared import Ring
    from accord.guard.gateway.workers import Making
    from accord.guard.rules.listing import Refused
    from accord.guard.rules.shelf import RuleSet


@click.command("serve")
@click.option("--upstream", required=True, metavar="URL", help="Base of the model's interface; it ends in /v1.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65_535), help="0 takes a free one.")
@click.option(
    "--policy", type=click.Path(path_type=Path), metavar="FILE", help="guard.yaml; without it all guards are on."
)
@click.option(
    "--rules", type=click.Path(path_type=Path), metavar="DIR", help="Folder of signed rules; changes are taken up."
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(0, 64),
    help="Processes that answer; 0 means one for each core, at most four.",
)
@click.option(
    "--log", type=click.Path(path_type=Path), metavar="FILE", help="One JSON line a decision is appended here."
)
@click.option(
    "--approvals",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder where calls wait for a person: `accord guard approvals`.",
)
def command(
    upstream: str,
    host: str,
    port: int,
    policy: Path | None,
    rules: Path | None,
    workers: int,
    log: Path | None,
    approvals: Path | None,
) -> int:
    """Stand in front of a model: chat completions, responses, embeddings and messages, streamed or not.

    Ends with 3 when the self-test at start finds a route through which a canary leaves. SIGHUP reads the policy anew.
    The key in ACCORD_UPSTREAM_KEY, where there is one, is shown to the upstream instead of the caller's.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products: more threads only wait for each other
    parts = urlsplit(upstream)
    plain = parts.username is None and not parts.query and not parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        message = f"--upstream {upstream!r} is no address of an HTTP interface"
        raise AccordError(message, hint="write it as https://HOST/v1", code="ACC-E763")
    if not parts.path.rstrip("/").endswith("/v1"):
        say(f"{upstream} does not end in /v1: requests go to {upstream.rstrip('/')}/chat/completions")
    try:
        from accord.guard.gateway.workers import Order, serve, usable
    except ImportError as error:
        message = f"the gateway needs a package that is not installed: {error.name}"
        raise AccordError(message, hint="install accord[guard]", code="ACC-E764") from error
    if rules is not None and not rules.is_dir():
        if rules.exists():
            raise AccordError(f"{rules} is no folder", hint="name a folder", code="ACC-E763")
        say(f"{rules} does not exist yet: no rule is in force until one is added")
    order = Order(
        upstream.rstrip("/"),
        host,
        port,
        usable(workers),
        log,
        lambda: _making(policy, rules, approvals),
        os.environ.get("ACCORD_UPSTREAM_KEY") or None,
    )
    _making(policy, None, None).read_policy()
    return serve(order, _ready)


def _ready(address: str) -> None:
    say(f"the guard listens on {address}")


def _telling() -> Callable[[RuleSet], RuleSet]:
    """Return what says which files of a folder of rules are not as they should be, whenever others than before."""
    from accord.guard.gateway.workers import say as log
    from accord.guard.rules.listing import UNLISTED

    known: dict[str, tuple[Refused, ...]] = {}

    def told(found: RuleSet) -> RuleSet:
        astray = tuple(one for one in found.astray if one.reason != UNLISTED)
        for said, wrong in (("are not in force", found.refused), ("are not what their list says", astray)):
            if wrong and wrong != known.get(said):
                log("error", f"files of rules that {said}: {len(wrong)}; {wrong[0].file}: {wrong[0].reason}")
            known[said] = wrong
        return found

    return told


def _making(policy: Path | None, rules: Path | None, approvals: Path | None) -> Making:
    """Return what makes a guard, in the process that is to use it."""
    from accord.core.guard import GuardPolicy, GuardRule, Switch
    from accord.guard.approvals import Approvals
    from accord.guard.detector import Scorer, load
    from accord.guard.doors.http import PATH, McpSessions
    from accord.guard.doors.loading import calibrated, read
    from accord.guard.doors.selftest import unguarded_tools
    from accord.guard.engine import Guard, InForce
    from accord.guard.gateway.reload import Renewed
    from accord.guard.gateway.wiring import Patient, Spending, Wired
    from accord.guard.gateway.workers import Making
    from accord.guard.monitor.probing import Probing
    from accord.guard.rules.shelf import Shelf, own_keys
    from accord.record.remembered import Remembered

    shelf = Renewed(lambda: Shelf(rules)) if rules is not None else None
    asking = Approvals(approvals, own_keys) if approvals is not None else None
    told = _telling()
    spending = Spending()
    scorer: Scorer | None = None
    patient: Patient | None = None

    def read_policy() -> GuardPolicy:
        return GuardPolicy(guard=1) if policy is None else read(policy)

    def make(wanted: GuardPolicy, more: tuple[GuardRule, ...]) -> Wired:
        nonlocal scorer, patient
        if scorer is None and wanted.detector is Switch.ON:
            scorer = load()
            if scorer.encoder is not None:
                patient = Patient(scorer.encoder)
                scorer = replace(scorer, encoder=cast("Encoder", patient))  # asked in the same way
        current = told(shelf.current()) if shelf is not None else InForce()
        fitted = None if scorer is None else calibrated(scorer, wanted, policy)
        return Wired(
            Guard(wanted, InForce((*current.rules, *more), current.digest), scorer=fitted),
            spending,
            patient=patient,
            approvals=None if more else asking,  # the self-test asks nobody
        )

    def watch(wanted: GuardPolicy, others: Ring | None) -> Probing | None:
        return Probing(wanted.limits.similar_queries, others) if wanted.limits.similar_queries else None

    return Making(
        read_policy,
        make,
        shelf,
        watch,
        lambda gateway: {PATH: McpSessions(gateway)},
        unguarded_tools,
        spending.divide,
        Remembered(state_folder(Path.cwd(), os.environ) / "guard-memory", os.environ.get("ACCORD_DATABASE")),
        shelf.share if shelf is not None else None,
    )
