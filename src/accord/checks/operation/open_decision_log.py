"""ACC290: logs of decisions that others may read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from stat import S_IROTH, S_IWOTH, S_IXOTH

from accord.checks.guards import policy_of, talks
from accord.core import AccordError, Context, Finding, Place, Severity, System, check
from accord.core.asset import Asset

_LARGEST = 64 << 20


@check("ACC290", on=("system",), bears_on=("2.2.b/log-access-limited",), since="0.5", applies=talks)
def open_decision_log(system: System, ctx: Context) -> Iterator[Finding]:
    """Log of decisions can be read or written by others, or lies in git.

    ## What it does
    Looks at the mode of the file that `guard.log` names, and of the folders around it up to the system's own. Reports a
    log that every user of the machine may read or change, and one that git tracks.

    ## Why it matters
    The log tells who asked what, what was stopped, and how the guard is worded: it serves an attacker twice. Once it
    was pushed it cannot be taken back.

    ## Example
    A log that everybody may read: see `tests/checks/ACC290/bad`.

    ## Fix
    Let the gateway make the file (it takes mode 600), and name it in `.gitignore`; `git rm --cached` takes it out.

    ## References
    - CWE-532
    - CWE-732
    """
    spec = system.guard
    if policy_of(ctx) is None or spec is None:
        return
    if spec.log is None or ctx.text(spec.log) is None:
        ctx.skip(spec.log or "accord.yaml", "there is no log of decisions (ACC280)")
        return
    _ = ctx.now  # modes are no content: they are looked at anew each time
    where = Place(path=spec.log)
    try:
        file = ctx.locate(Asset(id="guard-log", kind="guard.log", path=spec.log))
        may = _others_may(file, len(Path(spec.log).parts) - 1)
    except (AccordError, OSError) as error:
        ctx.skip(spec.log, f"its mode cannot be read: {error}")
        return
    if may:
        message = f"every user of the machine may {' and '.join(may)} the log"
        yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix=f"chmod 600 {spec.log}")
    if _is_tracked(ctx.history.folder, spec.log):
        fix = f"git rm --cached {spec.log}, and name it in .gitignore"
        yield Finding(message="git tracks the log", where=where, severity=Severity.HIGH, fix=fix)


def _others_may(file: Path, folders: int) -> tuple[str, ...]:
    """Return what everybody may do with a file; nothing where one of the nearest folders lets nobody in."""
    if any(not parent.stat().st_mode & S_IXOTH for parent in list(file.parents)[:folders]):
        return ()
    mode = file.stat().st_mode
    return tuple(word for word, bit in (("read", S_IROTH), ("change", S_IWOTH)) if mode & bit)


def _is_tracked(git: Path | None, path: str) -> bool:
    """Tell whether git's index lists a path: its length, the path and a zero stand there in a row."""
    index = git / "index" if git is not None else None
    if index is None or not index.is_file() or index.stat().st_size > _LARGEST:
        return False
    data, name = index.read_bytes(), path.encode()
    at = data.find(name + b"\0")
    while at > 1:
        if int.from_bytes(data[at - 2 : at], "big") & 0xFFF == min(len(name), 0xFFF):
            return True
        at = data.find(name + b"\0", at + 1)
    return False
