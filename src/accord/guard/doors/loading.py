"""From files to a guard in force, for doors that run in a program of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from accord.core.canon import digest_bytes
from accord.core.errors import AccordError, CatalogError
from accord.core.guard import Decision, GuardCalibration, GuardPolicy, Switch
from accord.core.trial import ToolCall
from accord.guard.detector import load
from accord.guard.detector.calibration import applied
from accord.guard.detector.words import Reading
from accord.guard.engine import Guard, InForce
from accord.record.codec import load as load_word
from accord.record.state import can_list

if TYPE_CHECKING:
    from accord.guard.detector import Scorer
    from accord.guard.doors.functions import Guarded
    from accord.guard.rules.shelf import Shelf


def in_force(policy: Path | None, rules: Path | None = None, *, say: Callable[[str], None]) -> Callable[[], Guard]:
    """Return what gives the guard in force: a folder of rules that changed is read again, and kept where that fails.

    Raises `AccordError` where the policy or the rules cannot be read.
    """
    wanted = GuardPolicy(guard=1) if policy is None else read(policy)
    scorer = calibrated(load(), wanted, policy) if wanted.detector is Switch.ON else None
    if rules is None:
        made = Guard(wanted, InForce(), scorer=scorer)
        return lambda: made
    if not rules.is_dir():
        raise AccordError(f"{rules} is no folder", hint="make it, or name another", code="ACC-E763")
    from accord.guard.rules.shelf import Shelf

    shelf = Shelf(rules)
    latest = Guard(wanted, _rules(shelf), scorer=scorer)

    def current() -> Guard:
        nonlocal latest
        if shelf.changed() and can_list(rules):  # one that is gone takes nothing out of force
            try:
                latest = Guard(wanted, _rules(shelf), scorer=scorer)
            except (AccordError, OSError, ValueError) as error:
                say(f"kept the rules that are in force: {error}")
        return latest

    return current


def read(policy: Path) -> GuardPolicy:
    """Return what a policy file says; raises `AccordError` where it, or the calibration it names, is not as it says."""
    wanted: GuardPolicy = load_word(policy, GuardPolicy, shown=policy.name)
    if wanted.calibration is not None:
        _thresholds(wanted.calibration, policy)
    return wanted


def calibrated(scorer: Scorer, wanted: GuardPolicy, policy: Path | None) -> Scorer:
    """Return the scorer with the thresholds of the house, where the policy names a calibration."""
    if wanted.calibration is None or policy is None:
        return scorer
    return scorer.calibrated(_thresholds(wanted.calibration, policy))


def _thresholds(named: GuardCalibration, policy: Path) -> dict[str, Reading]:
    file = policy.parent / named.file
    if named.digest is not None and file.is_file() and digest_bytes(file.read_bytes()) != named.digest:
        message = f"the calibration {file.name!r:.80} is not the one that {policy.name} names by its digest"
        raise CatalogError(message, hint="name the digest of the new one, or put the old one back", code="ACC-E781")
    return applied({}, file)


def guarded_by(
    policy: Path,
    *,
    rules: Path | None = None,
    note: Callable[[Decision], None] | None = None,
    approve: Callable[[ToolCall, Decision], bool] | None = None,
) -> Guarded:
    """Return decorators for functions of one's own program, with the policy of a file."""
    from accord.guard.doors.functions import Guarded

    return Guarded(in_force(policy, rules, say=_silent)(), note=note, approve=approve)


def _rules(shelf: Shelf) -> InForce:
    current = shelf.current()
    return InForce(current.rules, current.digest)


def _silent(_: str) -> None:
    """Say nothing: what is read once is not read again."""
