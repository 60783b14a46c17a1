"""ACC206: models that may be other ones tomorrow."""

import re
from collections.abc import Iterator
from dataclasses import replace

from accord.checks.places import manifest_place
from accord.core import Asset, Context, Finding, Place, Severity, check

_COMMIT = re.compile(r"[0-9a-f]{40}")
_FLOATING = re.compile(r"(?:^|[-_:@/.])(?:latest|current|stable|default|auto|main|preview)$", re.I)


@check("ACC206", on=("model.hub", "model.api"), bears_on=("2.1.c/pinned-by-digest",), since="0.1")
def unpinned_models(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Model is fetched or called by a name that may mean another one tomorrow.

    ## What it does
    Reports models of a hub without a full commit (40 hexadecimal digits) as revision, declared or in code, and
    hosted models whose name is an alias such as `latest`. A hosted model has no digest: that its provider
    changes what a dated name means is not seen here.

    ## Why it matters
    A branch or tag of a hub can be moved to other weights, and an alias moves by design. What was tested is then
    not what answers.

    ## Example
    `hf:example-org/small@main`: see `tests/checks/ACC206/bad`.

    ## Fix
    Name the commit: `hf:ORG/NAME@40-HEX-DIGITS`, or `revision=` in code; take the dated name of a hosted model.

    ## References
    - AML.T0010
    - LLM03
    - CWE-494
    """
    name, revision = asset.facts.get("model"), asset.facts.get("revision")
    where = _place(asset, ctx)
    if name is None:
        ctx.skip(
            where.path or asset.id, f"the model that {asset.facts.get('provider', 'it')} is asked for is not named"
        )
    elif asset.kind == "model.hub" and not _COMMIT.fullmatch(revision or ""):
        yield Finding(
            message=f"the model {name} is fetched {f'at revision {revision}' if revision else 'without a revision'}",
            where=where,
            severity=Severity.HIGH,
            fix="name the commit with all its 40 hexadecimal digits",
        )
    elif asset.kind == "model.api" and _FLOATING.search(name):
        yield Finding(
            message=f"the hosted model {name} is called by an alias that moves",
            where=where,
            severity=Severity.MEDIUM,
            fix="call it by its dated or numbered name",
        )


def _place(asset: Asset, ctx: Context) -> Place:
    if asset.declared:
        return manifest_place(ctx, asset.id)
    line = asset.facts.get("line", "")
    where = Place(path=asset.path or asset.facts.get("path") or asset.id.partition("#")[0].partition(":")[0])
    return replace(where, line=int(line)) if line.isdigit() else where
