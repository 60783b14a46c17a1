"""ACC124: endpoints that take input of any length."""

from collections.abc import Iterator
from typing import Final

from accord.checks.probes import has_endpoint, probe, send, target_place
from accord.core import Asset, Context, Finding, Severity, check

_LONG = "hello " * (256 * 1024 // 6)
_BOUNDED: Final = frozenset({400, 413, 414, 422, 431})


@check(
    "ACC124",
    on=("target",),
    bears_on=("1.3.l/resource-exhaustion-bounded",),
    since="0.1",
    needs=("network",),
    applies=has_endpoint,
)
def unbounded_input(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Endpoint takes input of any length.

    ## What it does
    Sends one request with 256 KiB of harmless text. It should be refused with 413, 400 or 422. Any answer that
    is neither that nor a success decides nothing.

    ## Why it matters
    Work and cost of a model grow with its input, so that one caller can slow it down for all; a long text also
    pushes the system prompt out of sight.

    ## Example
    A service that answers a text of 256 KiB: see `tests/checks/ACC124/bad`.

    ## Fix
    Refuse bodies over a few KiB before they are parsed, and count tokens before the model is asked.

    ## References
    - CWE-400
    - LLM10
    - AML.T0029
    """
    request = probe(ctx, asset, _LONG)
    if request is None:
        return
    if request.body is None or len(request.body) < len(_LONG):
        ctx.skip(asset.id, "the declared request has no place for text")
        return
    status = send(ctx, request).status
    if 200 <= status < 300:
        yield Finding(
            message=f"a text of 256 KiB is taken (status {status}) at {request.line}",
            where=target_place(ctx, asset),
            severity=Severity.MEDIUM,
            fix="refuse longer bodies than users need with 413, before they are parsed",
        )
    elif status not in _BOUNDED:
        ctx.skip(asset.id, f"a text of 256 KiB was answered with status {status}, which tells nothing")
