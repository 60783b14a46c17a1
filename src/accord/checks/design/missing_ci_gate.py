"""ACC118: changes that nothing has to pass."""

from collections.abc import Iterator

from accord.checks.pipelines import pipelines, runs, steps
from accord.core import Context, Finding, Place, Severity, System, check

_TESTS = "add a step that runs the tests"
_GATE = "add a step that runs accord assess . and let it stop the change"


@check("ACC118", on=("system",), bears_on=("1.3.h/repo-ci-gate-present",), since="0.1")
def missing_ci_gate(system: System, ctx: Context) -> Iterator[Finding]:
    """No pipeline runs tests and a security gate.

    ## What it does
    Looks for pipelines (GitHub, GitLab, Jenkins and others, or `.ci/`), and in them, and in the Makefile or
    runner that they call, for a step that runs tests and one that runs `accord assess`, `gate` or `scan` or
    another security scanner. A step that is made unable to fail (`|| true`) does not count.

    ## Why it matters
    What nothing checks on every change is checked on the day of the incident.

    ## Example
    A workflow that only builds an image: see `tests/checks/ACC118/bad`.

    ## Fix
    Add a step that runs the tests and one that runs `accord assess .`; both must be able to stop the change.

    ## References
    - AML.M0016
    """
    known = pipelines()
    found = tuple(ctx.sources(*known.files))
    if not found:
        where = Place(path="accord.yaml")
        fix = f"{_TESTS}, and one that runs accord assess ."
        yield Finding(message="there is no pipeline in the repository", where=where, severity=Severity.MEDIUM, fix=fix)
        return
    text, where = steps(ctx, found, known), Place(path=found[0].path)
    for commands, what, fix in ((known.tests, "tests", _TESTS), (known.gates, "a security gate", _GATE)):
        if not runs(text, commands):
            message = f"no pipeline runs {what} that can stop a change"
            yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix=fix)
