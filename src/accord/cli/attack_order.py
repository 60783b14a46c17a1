"""From the command line to the order of a campaign: manifest or address, cases, limits."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from accord.assess.campaigns import World
from accord.assess.prepare import Declared, prepare
from accord.attack.campaign.budget import Spending
from accord.attack.campaign.order import Options, Order
from accord.case.faults import faults
from accord.case.lint import load
from accord.case.suites import suite
from accord.cli.attack_options import Asked
from accord.cli.case_files import case_files
from accord.cli.stored import stored_world
from accord.cli.world import now, trust_for
from accord.core.case import Case
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.settings import read_settings, state_folder
from accord.core.system import Call, OpenAiCall, System, TargetSpec
from accord.core.text import shown

_LIMITS: Final = {"requests": int, "tokens": int, "money": float, "minutes": float}
_MOST: Final = 10**12


def order_of(asked: Asked) -> Order:
    """Return the order that the options give.

    Raises `ManifestError` for an unknown target, no cases, a case that lint refuses or a budget that is no budget.
    """
    declared = _declared(asked)
    system = declared.system if declared else None
    target = _target(asked, system)
    options = Options(
        seed=secrets.randbelow(2**32) if asked.seed is None else asked.seed,
        trials=asked.trials,
        mutate=asked.mutate == "auto",
        max_asr=asked.max_asr,
        concurrency=asked.concurrency,
        timeout=asked.timeout,
        judge=asked.judge,
        attacker=_attacker(asked),
        spending=spending_of(asked.budget, asked.price, target),
    )
    return Order(
        target=target,
        options=options,
        cases=tuple(_cases(asked, system)),
        system=system,
        subject=declared.subject if declared else None,
        root=str(_root(asked).resolve()) if declared else None,
    )


def _attacker(asked: Asked) -> str | None:
    """Return the model that leads conversations; raises `AccordError` where there can be none."""
    if asked.attacker is None:
        return None
    from accord.attack.campaign.pursuit import check_attacker

    if asked.mutate != "auto":
        message = "an attacker's model leads conversations of --mutate auto alone"
        raise ManifestError(message, hint="add --mutate auto", code="ACC-E656")
    check_attacker(asked.attacker)
    return asked.attacker


def world_of(asked: Asked) -> World:
    """Return where the campaign is kept."""
    return world_here(asked.plugins, asked.trust)


def world_here(plugins: tuple[str, ...], trust: str | None = None) -> World:
    """Return the world of the working directory."""
    here = Path()
    settings = read_settings(here, os.environ, plugins)
    state, moment = state_folder(here, os.environ), now(os.environ)
    return World(
        state=state,
        now=moment,
        trust=trust_for(trust, state=state, root=None, moment=moment),
        database=os.environ.get("ACCORD_DATABASE"),
        environ=os.environ,
        plugins=frozenset(settings.plugins),
    )


def _declared(asked: Asked) -> Declared | None:
    """Return what the manifest declares, with the digest of the system as it is now; nothing for a bare address."""
    if asked.url is not None:
        return None
    root = _root(asked)
    declared = prepare(stored_world(asked.trust, root=root, plugins=asked.plugins))
    if declared.drafted:
        message = f"there is no accord.yaml in {shown(str(root))}"
        raise ManifestError(message, hint="write it with accord init, or give --url and --model", code="ACC-E101")
    return declared


def _root(asked: Asked) -> Path:
    return asked.path if asked.path.is_dir() else asked.path.parent


def _target(asked: Asked, system: System | None) -> TargetSpec:
    if system is None:
        if asked.model is None:
            raise ManifestError("--url needs --model", hint="name the model to ask for", code="ACC-E656")
        api: Literal["chat", "responses"] = "responses" if asked.api == "responses" else "chat"
        url = _address(asked.url or "")
        call = OpenAiCall(url=url, model=asked.model, api=api, stream=asked.stream, key=asked.key)
        return TargetSpec(id="url", call=Call(openai=call))
    known = {target.id: target for target in system.targets}
    if asked.target is None and len(known) == 1:
        return next(iter(known.values()))
    if asked.target not in known:
        told = "the manifest has no targets" if not known else f"known are {', '.join(known)}"
        what = "no target is named" if asked.target is None else f"there is no target {asked.target[:80]!r}"
        raise ManifestError(what, hint=told, code="ACC-E656")
    return known[asked.target]


def _address(url: str) -> str:
    """Return an address that may stand in reports: one without credentials in it."""
    try:
        parts = urlsplit(url)
        plain = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        plain, parts = False, urlsplit("")
    if not plain or parts.username is not None or parts.query or parts.fragment or not url.isprintable():
        message = "--url is no plain http or https address"
        raise ManifestError(message, hint="write http://HOST/v1, and a credential as --key env:NAME", code="ACC-E656")
    return url


def _cases(asked: Asked, system: System | None) -> Iterator[Case]:
    for path in case_files(asked.cases):
        yield _sound(load(path, shown=shown(str(path))), path)
    named = asked.suites or (() if asked.cases else system.attack.suites if system and system.attack else ())
    if not named and not asked.cases:
        named = ("llm-baseline",)
    for name in named:
        yield from suite(name)


def _sound(case: Case, path: Path) -> Case:
    refusal = next(faults(case), None)
    if refusal:
        where = Place(path=shown(str(path)))
        message = f"lint refuses the case {case.name!r}: {refusal.message}"
        raise ManifestError(message, hint=refusal.hint or "see accord case lint", code="ACC-E604", where=where)
    return case


def spending_of(budget: str | None, price: float | None, target: TargetSpec) -> Spending:
    """Return what may be spent: what is asked for, and no more than the manifest allows the target.

    Raises `ManifestError` for a budget that is none, or one of money without a price.
    """
    given = dict(_limits(budget or ""))
    if price is None and ("money" in given or target.budget.money is not None):
        raise ManifestError("a budget of money needs a price", hint="--price PER_MILLION_TOKENS", code="ACC-E656")
    own = target.budget
    return Spending(
        requests=_whole(_least(given.get("requests"), own.requests)),
        tokens=_whole(_least(given.get("tokens"), own.tokens)),
        money=_least(given.get("money"), own.money),
        minutes=_least(given.get("minutes"), own.minutes),
        price=price,
    )


def _least(*limits: float | None) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _whole(limit: float | None) -> int | None:
    return None if limit is None else int(limit)


def _limits(text: str) -> Iterator[tuple[str, float]]:
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        read = _LIMITS.get(name.strip())
        try:
            number = read(value) if read else -1
        except ValueError:
            number = -1
        if not 0 <= number < _MOST:
            hint = "write requests=N,tokens=N,money=X,minutes=M"
            raise ManifestError(f"{part[:80]!r} is no budget", hint=hint, code="ACC-E656")
        yield name.strip(), number
