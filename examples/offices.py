"""The people and the pipeline around a system, played with real keys: who signs, and who is trusted to."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

ROLES = (
    "system-owner",
    "risk-owner",
    "security-lead",
    "data-custodian",
    "ml-lead",
    "ops-lead",
    "product-lead",
    "legal",
)

NO_FEED = "the demo runs without a network, so no feed of vulnerabilities can be imported"
TOO_FEW = "forty calls are too few for the suites and for 59 trials of each class; nothing broke in them"


class Offices(NamedTuple):
    """Keys of all roles and of a pipeline, and the trust file that names them; all outside the assessed repository."""

    accord: Path
    folder: Path
    root: str

    @property
    def pipeline(self) -> Mapping[str, str]:
        """Return the environment of the pipeline: a state of its own, its key, and the root it believes."""
        return {
            "ACCORD_HOME": str(self.folder / "pipeline"),
            "ACCORD_KEY": str(self.folder / "keys" / "pipeline.key"),
            "ACCORD_TRUST_ROOT": self.root,
        }

    @property
    def trust_options(self) -> tuple[str, ...]:
        """Return the options that name the trust file."""
        return ("--trust", str(self.folder / "trust.json"))

    def sign_what_waits(self, system: Path, reasons: Iterable[Mapping[str, Any]]) -> int:
        """Sign, as its owner, every practice that the gate says awaits a signature; returns how many."""
        waiting = [one["provision"] for one in reasons if one.get("check") == "attestation"]
        for provision in waiting:
            said = f"Followed in this release of the helpdesk, as its documents show ({provision})."
            call(self.accord, self.folder, "attest", provision, "--path", str(system), "--statement", said)
        return len(waiting)

    def waive_what_is_missing(self, system: Path, reasons: Iterable[Mapping[str, Any]]) -> int:
        """Let two offices waive, for this release, the checks that need what no demo can have; how many."""
        checks = {one["check"]: because for one in reasons if (because := why_missing(one))}
        for check, because in sorted(checks.items()):
            call(
                self.accord,
                self.folder,
                "waive",
                check,
                "--path",
                str(system),
                "--as",
                "system-owner",
                "--reason",
                because,
            )
            call(self.accord, self.folder, "waive", check, "--path", str(system), "--as", "risk-owner")
        return len(checks)

    def sign_model(self, model: Path, role: str) -> None:
        """Sign a model with a role's key; `accord verify-model` checks it with the public key that lies beside it."""
        call(self.accord, self.folder, "sign", str(model), "--key", role)


def open_offices(accord: Path, folder: Path) -> Offices:
    """Make a key for every role, the pipeline and the root, and the trust file that the root signs."""
    keys = {
        role: json.loads(call(accord, folder, "key", "new", role, "--format", "json"))
        for role in (*ROLES, "pipeline", "root")
    }
    source = folder / "trust.yaml"
    source.write_text(json.dumps(trust_file(keys), indent=1), "utf-8")
    call(accord, folder, "trust", "sign", str(source), "--key", "root", "--out", str(folder / "trust.json"))
    return Offices(accord, folder, keys["root"]["keyid"])


def why_missing(reason: Mapping[str, Any]) -> str:
    """Return why a demo cannot have what a check asks for, or nothing: a case that broke is never waived."""
    if "no feed of vulnerabilities" in reason["message"]:
        return NO_FEED
    attacks = str(reason.get("check")).startswith(("ACC25", "ACC262"))
    return TOO_FEW if attacks and "broke the system" not in reason["message"] else ""


def trust_file(keys: Mapping[str, Mapping[str, str]]) -> Mapping[str, object]:
    """Return what the trust file says: the pipeline vouches for evidence, each role speaks for itself."""
    return {
        "trust": 1,
        "expires": (datetime.now(UTC).date() + timedelta(days=365)).isoformat(),
        "roots": [keys["root"]["keyid"]],
        "keys": [
            {
                "keyid": key["keyid"],
                "public": key["public"],
                "level": "pipeline" if role == "pipeline" else "self",
                "roles": [role] if role in ROLES else [],
            }
            for role, key in keys.items()
        ],
    }


def call(accord: Path, home: Path, *arguments: str) -> str:
    """Run an accord command in the offices' state folder and return what it printed."""
    world = os.environ | {"ACCORD_HOME": str(home)}
    done = subprocess.run([str(accord), *arguments], check=True, env=world, stdout=subprocess.PIPE, text=True)
    return done.stdout
