"""ACC404: changes that users are not told of."""

import re
from collections.abc import Iterator

from accord.checks.documents import every
from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check

_VERSIONED = re.compile(
    r"\b(?:api|interface|endpoint)s?\b[^.]{0,80}\bversion|\bversion(?:ed|ing)\b[^.]{0,80}\b(?:api|interface|endpoint)s?\b|"
    r"\bsem(?:antic )?ver(?:sioning)?\b",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(r"/v\d{1,3}(?:[./?]|$)|[?&]api-version=", re.IGNORECASE)


@check("ACC404", on=("system",), bears_on=("4.3.d/changelog-and-versioned-api",), since="0.1")
def missing_changelog(system: System, ctx: Context) -> Iterator[Finding]:
    """Changelog or version of the interface is missing.

    ## What it does
    Looks for a changelog that names the version in the manifest; and for a version in the address of each target,
    or a sentence in the changelog or README which says how the interface is versioned. Whether the changelog is
    complete is not seen.

    ## Why it matters
    A new model behaves differently under the same name. Who builds on it has to see the change coming, to test it,
    and to stay on the old version meanwhile.

    ## Example
    A changelog that ends a version earlier: see `tests/checks/ACC404/bad`.

    ## Fix
    Add an entry for each release to the changelog, with changes of model and prompt; put the version of the
    interface in its address, or say how it is versioned.

    ## References
    - CWE-1059
    """
    version = system.system.version
    logs = list(every(ctx, "changelog"))
    named = re.compile(rf"(?<![\w.])v?{re.escape(version)}(?![\w]|\.\d)")
    if not logs:
        message, where = "there is no changelog", section_place(ctx, "system")
        yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix=f"write one, with {version} in it")
    elif not any(named.search(log.text) for log in logs):
        message, where = f"the changelog {logs[0].path} does not name version {version}", logs[0].place
        yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix=f"add an entry for {version}")
    readmes = (source.text for source in ctx.sources("README*", "docs/README*", "docs/index.*", "docs/api*"))
    addresses = [target.url for target in system.targets if target.url]
    in_address = bool(addresses) and all(_IN_ADDRESS.search(url) for url in addresses)
    if not in_address and not any(_VERSIONED.search(text) for text in (*(log.text for log in logs), *readmes)):
        yield Finding(
            message="neither an address nor a document says which version of the interface is called",
            where=section_place(ctx, "targets" if addresses else "system"),
            severity=Severity.LOW,
            fix="put /v1/ in the address, or say in the changelog how the interface is versioned",
        )
