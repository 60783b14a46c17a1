"""Progress of a campaign: one line over itself on a terminal, nothing in a pipe."""

from __future__ import annotations

import io

from accord.cli.attack_progress import Progress
from accord.core.campaign import TrialResult, Try


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def results(*outcomes: str) -> list[TrialResult]:
    return [TrialResult(trial=str(at), outcome=one, tries=(Try(status=200),)) for at, one in enumerate(outcomes)]


def test_the_line_tells_rate_found_unsure_errors_and_how_long_it_still_takes() -> None:
    with Progress(Terminal(), 100) as progress:
        for result in results(*["held"] * 46, "broke", "broke", "unsure", "error"):
            progress.seen(result)
        said = progress.line(10.0)
    assert said.startswith("█" * 12 + "░" * 12)
    assert "50/100 5/s · 2 broke · 1 unsure · 1 errors · 0:10 left" in said


def test_a_pipe_hears_nothing() -> None:
    stream = io.StringIO()
    with Progress(stream, 1) as progress:
        progress.seen(results("broke")[0])
    assert stream.getvalue() == ""


def test_a_terminal_is_left_clean() -> None:
    stream = Terminal()
    with Progress(stream, 2) as progress:
        progress.seen(results("held")[0])
    assert stream.getvalue().count("\n") == 0
    assert stream.getvalue().endswith("\r\x1b[2K")


def test_nothing_planned_and_no_time_passed_divide_by_nothing() -> None:
    with Progress(Terminal(), 0) as progress:
        assert "0/0 0/s" in progress.line(0.0)


def test_what_a_trial_says_never_reaches_the_line() -> None:
    with Progress(Terminal(), 1) as progress:
        progress.seen(TrialResult(trial="\x1b[31m", outcome="held", reason="\x1b]0;x\x07"))
        assert "\x1b" not in progress.line(1.0)
