"""ACC126: endpoints that can be asked as often as anybody likes."""

import time
from collections.abc import Iterator

from accord.checks.probes import REFUSED, has_endpoint, probe, send, target_place
from accord.core import Asset, Context, Finding, HttpReply, Severity, check

_BURST, _FEWEST, _SECONDS = 30, 10, 12.0


@check(
    "ACC126",
    on=("target",),
    bears_on=("1.3.l/rate-limit-probe",),
    since="0.1",
    needs=("network",),
    applies=has_endpoint,
)
def missing_rate_limit(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Endpoint does not limit how often it is asked.

    ## What it does
    Sends at most 30 tiny honest requests, one after another and for at most 12 seconds. A limit is seen by an
    answer with 429 or 503, or by a header (`RateLimit-Remaining`) that counts down. Fewer than ten answers in
    that time decide nothing. The code is the last of the probes, so that the others are not refused for it.

    ## Why it matters
    Without a limit one caller can use up the service and its budget, copy the model by asking, or try attacks
    until one works.

    ## Example
    A service that serves 30 requests in a row: see `tests/checks/ACC126/bad`.

    ## Fix
    Limit requests and tokens per caller and minute at the gateway, and answer 429 beyond that.

    ## References
    - CWE-770
    - LLM10
    - AML.T0029
    - AML.T0034
    """
    request = probe(ctx, asset)
    if request is None:
        return
    most = min(
        _BURST, next((one.budget.requests or _BURST for one in ctx.system.targets if one.id == asset.id), _BURST)
    )
    left: int | None = None
    started, served, sent = time.monotonic(), 0, 0
    while sent < most and time.monotonic() - started < _SECONDS:
        reply = send(ctx, request)
        before, left = left, _remaining(reply)
        if reply.status in {429, 503} or (before is not None and left is not None and left < before):
            return
        sent, served = sent + 1, served + (reply.status not in REFUSED)
    if not served or sent < min(_FEWEST, most):
        reason = "too slow to tell" if served else "refused for want of credentials"
        ctx.skip(asset.id, f"{sent} requests in a row, {served} served: {reason}")
        return
    many = str(most) if sent == most else f"more than {_FEWEST - 1}"  # the same words on every run
    yield Finding(
        message=f"{many} requests in a row and none answered with 429 or 503 at {request.line}",
        where=target_place(ctx, asset),
        severity=Severity.MEDIUM,
        fix="limit requests per caller and minute, and answer 429 beyond that",
    )


def _remaining(reply: HttpReply) -> int | None:
    said = [value for name, value in reply.headers.items() if name.lower().endswith("ratelimit-remaining")]
    return int(said[0]) if said and said[0].isdecimal() else None
