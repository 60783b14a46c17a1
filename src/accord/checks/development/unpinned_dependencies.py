"""ACC205: packages that may be other ones tomorrow."""

import re
from collections.abc import Iterator

from accord.core import Context, Finding, Place, Severity, System, check

_LISTS = ("**/pyproject.toml", "**/setup.py", "**/setup.cfg", "**/requirements*.in", "**/Pipfile", "**/package.json")
_NAMES = re.compile(r"""^\s*(?:dependencies|install_requires|"dependencies"|\[packages\]|\[tool\.poetry\.dep)""", re.M)
_SHOWN = 5


@check("ACC205", on=("system",), bears_on=("2.1.c/pinned-by-digest",), since="0.1")
def unpinned_dependencies(system: System, ctx: Context) -> Iterator[Finding]:
    """Package is not pinned to an exact version and hash.

    ## What it does
    Reads every lock and requirements file outside of tests and reports packages without an exact version, and
    packages without a hash; also repositories that list what they need and have no lock file at all.

    ## Why it matters
    Whatever is newest on the day of the build runs with your rights. A hash makes a replaced package fail to
    install instead.

    ## Example
    `numpy>=1` in a requirements file: see `tests/checks/ACC205/bad`.

    ## Fix
    Lock with hashes, such as `uv pip compile --universal --generate-hashes`, and install with `--require-hashes`.

    ## References
    - CWE-1357
    - AML.T0010
    - LLM03
    """
    from accord.scan.lockfiles import read_lock

    locks = sorted({asset.path for asset in ctx.assets if asset.kind == "lockfile" and asset.path})
    if not locks:
        yield from _unlocked(ctx)
    for path in locks:
        lock = read_lock(path, ctx.text(path) or "")
        if lock.problem:
            ctx.skip(path, lock.problem)
        for packages, what in ((lock.loose, "exact version"), (lock.unhashed, "hash")):
            if not packages:
                continue
            names = ", ".join(one.name for one in packages[:_SHOWN])
            more = f" and {len(packages) - _SHOWN} more" if len(packages) > _SHOWN else ""
            yield Finding(
                message=f"{len(packages)} of {len(lock.packages)} packages in {path} have no {what}: {names}{more}",
                where=Place(path=path, line=packages[0].line),
                severity=Severity.HIGH if what == "exact version" else Severity.MEDIUM,
                fix="lock them with hashes: uv pip compile --universal --generate-hashes",
            )


def _unlocked(ctx: Context) -> Iterator[Finding]:
    lists = [source for source in ctx.sources(*_LISTS) if source.path.endswith(".in") or _NAMES.search(source.text)]
    for source in lists:
        match = _NAMES.search(source.text)
        yield Finding(
            message=f"the file {source.path} lists packages, and there is no lock file",
            where=Place(path=source.path, line=source.text.count("\n", 0, match.end()) + 1 if match else None),
            severity=Severity.HIGH,
            fix="lock them with hashes, and declare the file under software: {lockfile: …}",
        )
    if not lists and ctx.files("**/*.py"):
        ctx.skip("accord.yaml", "neither a lock file nor a list of packages: what gets installed is unknown")
