"""ACC110: data of unknown sensitivity."""

from collections.abc import Iterator

from accord.checks.places import flow_place, manifest_place
from accord.core import Context, Finding, Severity, System, check


def _has_data(system: System) -> bool:
    return bool(system.components.datasets or system.flows)


@check("ACC110", on=("system",), bears_on=("1.2.e/data-classified",), since="0.1", applies=_has_data)
def unclassified_data(system: System, ctx: Context) -> Iterator[Finding]:
    """Sensitivity of data is not stated.

    ## What it does
    Reports datasets without `sensitivity`, and data flows that do not say what kind of `data` they carry.

    ## Why it matters
    Nobody can guard data by its worth when its worth was never said; a model remembers what it was trained on.

    ## Example
    A dataset of customer tickets without `sensitivity`: see `tests/checks/ACC110/bad`.

    ## Fix
    Say `sensitivity: public`, `internal`, `personal`, `confidential` or a word of your own scheme; name the
    kinds of data on each flow.

    ## References
    - AML.T0057
    - LLM02
    """
    for dataset in system.components.datasets:
        if not (dataset.sensitivity or "").strip():
            yield Finding(
                message=f"the sensitivity of the dataset {dataset.id} ({dataset.path}) is not stated",
                where=manifest_place(ctx, dataset.id),
                severity=Severity.MEDIUM,
                fix="add sensitivity: public, internal, personal or confidential",
            )
    for flow in system.flows:
        if not any(kind.strip() for kind in flow.data):
            yield Finding(
                message=f"the flow from {flow.from_} to {flow.to} does not say what data it carries",
                where=flow_place(ctx, flow.from_, flow.to),
                severity=Severity.MEDIUM if flow.boundary else Severity.LOW,
                fix="add data: [public] or the kinds of data that it carries",
            )
