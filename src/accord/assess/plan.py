"""Plan: which check looks at which asset, what needs no look, and what was looked at before and still holds."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from accord.assess.inputs import Inputs
from accord.core.asset import Asset
from accord.core.canon import Digest, digest
from accord.core.catalogue import Catalogue, Provision
from accord.core.clock import duration
from accord.core.finding import Evidence, State
from accord.core.plugins import Loaded
from accord.core.system import System

_EXTRAS: Mapping[str, str] = {"llm": "re2", "pg": "psycopg"}


class Unit(NamedTuple):
    """One check on one asset; no asset means the whole system. `settled` says why it need not run, and as what."""

    loaded: Loaded
    asset: Asset | None
    settled: tuple[State, str] | None = None

    @property
    def asset_id(self) -> str:
        """Return the id that evidence names."""
        return self.asset.id if self.asset else "system"

    @property
    def asset_digest(self) -> Digest | None:
        """Return the digest that evidence is bound to."""
        return self.asset.digest if self.asset else None


def plan(checks: Iterable[Loaded], system: System, assets: tuple[Asset, ...]) -> tuple[Unit, ...]:
    """Return every unit of an assessment, ordered by check code and asset id."""
    return tuple(unit for loaded in checks for unit in _units(loaded, system, assets))


def check_version(loaded: Loaded, catalogue: Catalogue) -> str:
    """Return what identifies the code that ran: package version, and a digest over its source and the catalogue."""
    whole = digest([loaded.plugin.digest, catalogue.id])
    return f"{loaded.plugin.version}+{whole[7:19]}"


def still_holds(known: Evidence, unit: Unit, *, inputs: Inputs, now: datetime, fresh: Mapping[str, str]) -> bool:
    """Tell whether evidence of this check version and asset digest may stand for running the unit again.

    It may while every input is equal and it is fresh for every claim; a failed look is always tried again.
    """
    if known.plugin != unit.loaded.plugin or known.state not in {State.PASS, State.FAIL}:
        return False
    if not all(is_fresh(known.collected, fresh.get(claim, "subject"), now) for claim in known.claims):
        return False
    return inputs.hold(known.inputs)


def freshness(catalogue: Catalogue) -> Mapping[str, str]:
    """Return how long evidence counts, by claim."""
    provisions = (*catalogue.provisions(), *companion(catalogue))
    return {claim: provision.fresh for provision in provisions for claim in provision.claims}


def companion(catalogue: Catalogue) -> tuple[Provision, ...]:
    """Return the practices that the document itself leaves out."""
    return tuple(one for guideline in catalogue.companion for one in guideline.practices)


def is_fresh(collected: datetime, fresh: str, now: datetime) -> bool:
    """Tell whether something collected then still counts now; `subject` counts until a digest changes."""
    return fresh == "subject" or now - collected <= duration(fresh)


def _units(loaded: Loaded, system: System, assets: tuple[Asset, ...]) -> Iterator[Unit]:
    check = loaded.check
    if check.applies is not None and not check.applies(system):
        yield Unit(loaded, None, (State.NOT_APPLICABLE, "the manifest has nothing that this is about"))
        return
    missing = _missing(check.extra)
    matched = [asset for asset in assets if any(asset.is_a(kind) for kind in check.on)]
    if "system" in check.on:
        yield Unit(loaded, None, missing)
    elif not matched:
        kinds = " or ".join(check.on)
        yield Unit(loaded, None, (State.NOT_APPLICABLE, f"there is no {kinds}"))
    for asset in matched:
        unread = (State.NOT_RUN, f"not looked at: {asset.unread}") if asset.unread else None
        yield Unit(loaded, asset, missing or unread)


def _missing(extra: str | None) -> tuple[State, str] | None:
    if extra is None or importlib.util.find_spec(_EXTRAS.get(extra, extra)) is not None:
        return None
    return State.NOT_RUN, f"skipped: install accord[{extra}]"
