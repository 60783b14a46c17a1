"""ACC213: data that is kept longer than it may be."""

import re
from collections.abc import Iterator
from datetime import date

from accord.checks.places import manifest_place
from accord.core import Context, Finding, Severity, System, check

_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?!.*\d{4})")
_HARMLESS = re.compile(r"\s*(?:public|synthetic|made[- ]up|anonym(?:ous|i[sz]ed)|non-personal|none)\b", re.I)
_PERSONAL = re.compile(r"personal|sensitive|special|health|biometric|pii\b", re.I)


def _has_datasets(system: System) -> bool:
    return bool(system.components.datasets)


@check("ACC213", on=("system",), bears_on=("2.3.f/retention-not-exceeded",), since="0.1", applies=_has_datasets)
def overdue_retention(system: System, ctx: Context) -> Iterator[Finding]:
    """Dataset is kept longer than its retention time, or has none.

    ## What it does
    Reports datasets whose day of collection (`collected`, the last day in it) plus `retention` has passed, and
    datasets without `retention`, unless their `sensitivity` says that they are public or synthetic. With a
    retention and no day of collection nothing can be said: that is not-run, never a pass.

    ## Why it matters
    Data that should be gone can still leak, and a model that is trained again remembers it anew.

    ## Example
    Tickets collected in 2023 with `retention: P2Y`: see `tests/checks/ACC213/bad`.

    ## Fix
    Delete the rows and train without them, or have the data custodian set another retention time.

    ## References
    - CWE-212
    - AML.T0057
    - LLM02
    """
    from accord.core.clock import duration

    for dataset in system.components.datasets:
        where, named = manifest_place(ctx, dataset.id), f"the dataset {dataset.id} ({dataset.path})"
        last, said = _last_day(dataset.collected or ""), (dataset.sensitivity or "").strip() or "unstated"
        if dataset.retention is None and not _HARMLESS.match(said):
            yield Finding(
                message=f"{named} has no retention time, and its sensitivity is {said}",
                where=where,
                severity=Severity.HIGH if _PERSONAL.search(said) else Severity.MEDIUM,
                fix="agree on a retention time with the data custodian, and declare it as retention: P2Y",
            )
        elif dataset.retention and last is None:
            ctx.skip(dataset.path, f"retention {dataset.retention} runs from a day that `collected` does not say")
        elif dataset.retention and last and (days := (ctx.now.date() - last - duration(dataset.retention)).days) > 0:
            yield Finding(
                message=f"{named} of {last} should be gone for {days} days (retention {dataset.retention})",
                where=where,
                severity=Severity.HIGH,
                fix="delete the data and train without it, or agree on another retention time",
            )


def _last_day(collected: str) -> date | None:
    """Return the last day that a time of collection may mean: `2024`, `2024-03`, `2024-03-05`, `2024-01/2024-06`."""
    match = _DAY.search(collected)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2] or 12), int(match[3] or 28))
    except ValueError:
        return None
