"""ACC122: endpoints that serve anybody."""

from collections.abc import Iterator
from typing import Final

from accord.checks.probes import REFUSED, anonymous, has_endpoint, probe, send, target_place
from accord.core import Asset, Context, Finding, Severity, check

_MADE_UP: Final = {"Authorization": "Bearer accord-probe-of-no-meaning"}


@check(
    "ACC122",
    on=("target",),
    bears_on=("1.3.l/api-authn-probe", "3.1.b/api-authn-probe"),
    since="0.1",
    needs=("network",),
    applies=has_endpoint,
)
def unauthenticated_endpoint(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Endpoint serves requests without valid credentials.

    ## What it does
    Sends one honest request without credentials; if that is refused, one more with a made-up bearer token.
    Either must be answered with 401, 403 or a redirect.

    ## Why it matters
    An open endpoint gives everybody the model's answers, data, tools and bill, and nobody can be blocked.

    ## Example
    A chat service that answers whoever asks: see `tests/checks/ACC122/bad`.

    ## Fix
    Ask for a credential on every path that reaches the model, compare it in constant time, and refuse the rest.
    A service that is meant for everybody needs a waiver that says so, and limits (ACC124, ACC126).

    ## References
    - CWE-306
    - AML.T0040
    """
    honest = probe(ctx, asset)
    if honest is None:
        return
    bare = anonymous(honest)
    tries = (
        ("without credentials", bare),
        ("with a made-up token", bare._replace(headers={**bare.headers, **_MADE_UP})),
    )
    for how, request in tries:
        status = send(ctx, request).status
        if 200 <= status < 300:
            yield Finding(
                message=f"an honest request {how} is served (status {status}) at {request.line}",
                where=target_place(ctx, asset),
                severity=Severity.HIGH,
                fix="ask for a credential on this path and answer 401 without a valid one",
            )
            return
        if status not in REFUSED and not 300 <= status < 400:
            ctx.skip(asset.id, f"an honest request {how} was answered with status {status}, which tells nothing")
