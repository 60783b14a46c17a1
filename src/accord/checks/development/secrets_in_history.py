"""ACC233: secrets that were committed once."""

from collections.abc import Iterator

from accord.core import Context, Finding, Place, Severity, System, check

_SECONDS = 14.0
_SHOWN = 200


@check("ACC233", on=("system",), bears_on=("1.3.h/secrets",), since="0.1")
def secrets_in_history(system: System, ctx: Context) -> Iterator[Finding]:
    """Secret stands in the history of the repository.

    ## What it does
    Reads every version of every file from the objects of git, without running git or any of its hooks, and looks
    for secrets in each line once. Says which commit brought a secret in. What could not be read, such as what lies
    before a shallow clone, is named as not looked at.

    ## Why it matters
    Whoever can clone the repository has its whole history: deleting a secret in a later commit hides it from
    nobody.

    ## Example
    A key that the second commit removed again: see `tests/checks/ACC233/bad`.

    ## Fix
    Revoke the secret, since it counts as known. Rewriting the history helps only those who have not cloned it.

    ## References
    - CWE-798
    - CWE-540
    - AML.T0055
    """
    from accord.content.secrets import secrets
    from accord.scan.history import Reading
    from accord.scan.passages import plain
    from accord.scan.places import is_test

    where = ctx.history
    if where.problem:
        ctx.skip(".git", where.problem)
    if where.folder is None:
        return
    reading = Reading(where.folder, seconds=_SECONDS)
    seen: set[tuple[str, str]] = set()
    for passage in reading.passages():
        text = plain(passage.text) if passage.path.endswith(".ipynb") else passage.text
        for secret in secrets(text):
            value = text[secret.start : secret.end]
            if (secret.name, value) in seen or len(seen) >= _SHOWN:
                continue
            seen.add((secret.name, value))
            proof = ", its checksum holds" if secret.proven else ""
            since = f"commit {passage.commit[:12]}" if passage.commit else "an object that no commit holds"
            yield Finding(
                message=f"a secret ({secret.name}, {secret.masked}{proof}) is in {since}: {passage.path or 'no name'}",
                where=Place(path=".git", member=passage.path or None, line=passage.lines[secret.line - 1]),
                severity=Severity.LOW if is_test(passage.path) else Severity.HIGH,
                fix="revoke it: whoever has a clone has the secret, whatever later commits say",
            )
    for place, reason in enumerate(reading.left_out):
        ctx.skip(f".git ({place + 1})" if place else ".git", reason)
