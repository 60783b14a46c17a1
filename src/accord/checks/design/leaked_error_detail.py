"""ACC121: errors that tell attackers how the service is built."""

import re
from collections.abc import Iterator
from typing import Final

from accord.checks.probes import REFUSED, Probe, has_endpoint, lost, malformed, mistyped, probe, send, target_place
from accord.core import Asset, Context, Finding, Severity, check

_DETAIL: Final = (
    ("a stack trace", re.compile(
        r"Traceback \(most recent call last\)|goroutine \d+ \[|\bat [\w.$<>]{1,200}\([\w.]{1,80}:\d+\)")),
    ("a line of its source", re.compile(
        r"File \\?\"[^\"\n]{1,200}\", line \d+|[\w/.-]{1,200}\.(?:js|ts|rb|php|go):\d{1,6}\b")),
    ("a path of the server", re.compile(
        r"(?:/(?:home|usr|app|srv|opt|var|root)/|[A-Z]:\\)[\w./\\-]{0,200}\.(?:py|js|ts|rb|php|java|go|cs)\b")),
    ("a database error", re.compile(r"SQLSTATE|sqlite3?\.\w*Error|psycopg|syntax error at or near|\bORA-\d{5}")),
    ("an exception", re.compile(r"\b[A-Z]\w{2,60}(?:Error|Exception)\b\s?[(:]")),
)  # fmt: skip
_LONGEST = 64 << 10


@check(
    "ACC121",
    on=("target",),
    bears_on=("1.3.j/error-detail-probe",),
    since="0.1",
    needs=("network",),
    applies=has_endpoint,
)
def leaked_error_detail(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Service answers errors with its inner workings.

    ## What it does
    Sends three odd requests (a body that stops in the middle, a wrong type, an unknown path) and looks in the
    answers for stack traces, source lines, server paths, exception names and database errors.

    ## Why it matters
    Each detail saves an attacker a guess: which framework, which file, which query. Users gain nothing from it.

    ## Example
    A service that answers a malformed body with its traceback: see `tests/checks/ACC121/bad`.

    ## Fix
    Answer with a short fixed text and an id; write the detail to the log, where the id finds it.

    ## References
    - CWE-209
    - AML.T0069
    """
    honest = probe(ctx, asset)
    if honest is None:
        return
    asked: dict[str, Probe] = {
        "a malformed body": malformed(honest), "a wrong type": mistyped(honest), "an unknown path": lost(honest)
    }  # fmt: skip
    refused = 0
    for what, request in asked.items():
        reply = send(ctx, request)
        refused += reply.status in REFUSED
        text = reply.body[:_LONGEST].decode("utf-8", "replace")
        seen = next(((kind, match) for kind, pattern in _DETAIL if (match := pattern.search(text))), None)
        if seen:
            yield Finding(
                message=f"{what} is answered with {seen[0]} (status {reply.status}) at {request.line}",
                where=target_place(ctx, asset),
                severity=Severity.MEDIUM,
                fix="answer errors with a fixed text and an id, and log the detail",
                excerpt=seen[1][0][:120],
            )
    if refused == len(asked):
        ctx.skip(
            asset.id,
            "every odd request was refused for want of credentials: what errors look like behind that was not seen",
        )
