"""Prepare: the manifest and everything beside it, read and found good before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from accord.assess.attestations import read_attestations
from accord.assess.authority import Authority
from accord.assess.debt import SignedDebt, load_debt
from accord.assess.draft import draft_system
from accord.assess.inventory import Inventory, look_around, subject_of, take_inventory
from accord.core.assessment import AttestationRead, Waivers
from accord.core.canon import Digest, digest
from accord.core.catalogue import Catalogue
from accord.core.errors import ManifestError, PluginError
from accord.core.finding import Place
from accord.core.plugins import Loaded, load_checks
from accord.core.settings import Settings
from accord.core.system import Level, System
from accord.core.threats import ThreatModel
from accord.record.catalogue import load_catalogue
from accord.record.manifest import read_manifest, read_threats, read_waivers
from accord.record.trust import Trust

Progress = Callable[[int, int, str], None]
"""Is told how many units are done, of how many, and what is going on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an assessment is asked to do, and the world it does it in; `database` is a URL in place of SQLite."""

    root: Path
    state: Path
    settings: Settings
    now: datetime
    progress: Progress
    baseline: bool = False
    until: date | None = None
    trust: Trust = field(default_factory=Trust)
    database: str | None = None


class Declared(NamedTuple):
    """The manifest and everything beside it, read and found good before anything is written."""

    system: System
    manifest: Digest
    drafted: bool
    threats: ThreatModel | None
    waivers: Waivers
    attestations: tuple[AttestationRead, ...]
    debt: SignedDebt | None
    catalogue: Catalogue
    authority: Authority
    checks: Mapping[str, Loaded]
    inventory: Inventory
    subject: Digest
    notes: tuple[str, ...]

    @property
    def level(self) -> Level:
        """Return how much is asked of the system."""
        return self.system.profile.level


def prepare(asked: Asked) -> Declared:
    """Read everything that is declared and take the inventory; writes nothing.

    Without a manifest one is drafted from what is there, at level baseline, and a note says so.
    Raises `ManifestError` for bad input.
    """
    if not asked.root.is_dir():
        raise ManifestError(f"{asked.root} is not a folder", hint="give the folder of the system", code="ACC-E101")
    manifest = read_manifest(asked.root)
    asked.progress(0, 0, "looking around")
    around = look_around(asked.root, asked.settings)
    system = manifest.system if manifest else draft_system(around.discovered, asked.root.resolve().name)
    stamp = manifest.digest if manifest else digest(system)
    authority = Authority(asked.trust, system.profile.level, asked.now)
    catalogue = _catalogue(system)
    asked.progress(0, 0, "taking the inventory")
    inventory = take_inventory(system, around, asked.settings)
    return Declared(
        system=system,
        manifest=stamp,
        drafted=manifest is None,
        threats=read_threats(asked.root, system) if manifest else None,
        waivers=read_waivers(asked.root, system) if manifest else Waivers(waivers=1),
        attestations=tuple(
            read_attestations(asked.root, system, catalogue, files=inventory.files, authority=authority)
        ),
        debt=load_debt(asked.root, authority),
        catalogue=catalogue,
        authority=authority,
        checks=load_checks(_plugins(asked, system.profile.level)),
        inventory=inventory,
        subject=subject_of(stamp, inventory.assets),
        notes=("no accord.yaml: assessed what was found, at level baseline",) if manifest is None else (),
    )


def _catalogue(system: System) -> Catalogue:
    catalogue = load_catalogue()
    if system.profile.catalogue != catalogue.id:
        raise ManifestError(
            f"the profile asks for the catalogue {system.profile.catalogue!r}",
            hint=f"this version has {catalogue.id}",
            code="ACC-E122",
            where=Place(path="accord.yaml"),
        )
    return catalogue


def _plugins(asked: Asked, level: Level) -> frozenset[str]:
    """Return the allowed plug-ins; above level baseline the trust file must name them too."""
    wanted = frozenset(asked.settings.plugins)
    unnamed = sorted(name for name in wanted if not asked.trust.allows_plugin(name))
    if level is not Level.BASELINE and unnamed:
        raise PluginError(
            f"the plug-in {unnamed[0]} is not named in the trust file, which level {level} asks for",
            hint="add it to `plugins` in the trust file and sign that again, or assess at level baseline",
            code="ACC-E305",
        )
    return wanted
