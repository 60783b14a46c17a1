"""ACC104: data flows that the threat model leaves out."""

from collections.abc import Iterator

from accord.checks.places import flow_place, section_place
from accord.checks.threat_models import threat_model
from accord.core import Context, Finding, Severity, System, check


@check("ACC104", on=("system",), bears_on=("1.2.a/covers-data-flows",), since="0.1")
def uncovered_flows(system: System, ctx: Context) -> Iterator[Finding]:
    """Flow of data is missing from the threat model.

    ## What it does
    Compares the flows of the manifest with those of the threat model, by their two ends. A system with a model
    and without any declared flow is reported too: what goes in and out of a model always flows.

    ## Why it matters
    Instructions and secrets travel along data flows; the ones that cross a boundary carry the attacker's text in.

    ## Example
    A flow from a knowledge base to the model that `threats.yaml` leaves out: see `tests/checks/ACC104/bad`.

    ## Fix
    Add the flow to `threats.yaml`, with the threats that it carries.

    ## References
    - AML.T0051
    - CWE-1059
    """
    model = threat_model(ctx)
    if model is None:
        return
    if not system.flows and system.components.models:
        message = "the manifest declares no data flow, though the system has a model"
        fix = "declare at least who asks the model, and what it reads"
        yield Finding(message=message, where=section_place(ctx, "components"), severity=Severity.MEDIUM, fix=fix)
    covered = {(flow.from_, flow.to) for flow in model.flows}
    for flow in system.flows:
        if (flow.from_, flow.to) not in covered:
            yield Finding(
                message=f"the threat model does not speak of the flow from {flow.from_} to {flow.to}",
                where=flow_place(ctx, flow.from_, flow.to),
                severity=Severity.HIGH if flow.boundary else Severity.MEDIUM,
                fix=f"add {{from: {flow.from_}, to: {flow.to}, threats: [...]}} under flows of {system.threats}",
            )
