"""`accord guard canary`: whether the model behind a name is still the one it was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from accord.cli import say
from accord.core.errors import AccordError, TargetError
from accord.core.text import shown

if TYPE_CHECKING:
    from accord.attack.targets.line import Send
    from accord.core.trial import Reply
    from accord.guard.monitor.canary_prompts import Compared

_LARGEST: Final = 16 << 20


@click.command("canary")
@click.argument("baseline", type=click.Path(path_type=Path))
@click.option("--url", required=True, help="Base of an OpenAI-compatible interface; it ends in /v1.")
@click.option("--model", required=True, help="The model to ask.")
@click.option("--key", metavar="env:NAME", help="Variable that holds the key.")
@click.option(
    "--times", default=4, show_default=True, type=click.IntRange(2, 32), help="How often each question is asked."
)
@click.option("--record", is_flag=True, help="Write the answers to BASELINE instead of comparing with it.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Say here what came of it: the file that accord.yaml names as guard.canary.",
)
def command(baseline: Path, url: str, model: str, key: str | None, times: int, record: bool, out: Path | None) -> int:
    """Ask a few fixed questions and compare the answers with those in BASELINE.

    A hosted model can be changed under its name. Exits with 1 when it answers differently (one false alarm in 1,000
    comparisons), with 3 when it does not answer, or too few answers came to tell.
    """
    from accord.core.text import one_line
    from accord.guard.monitor.canary_prompts import compare, prompts

    if not url.startswith(("http://", "https://")):
        raise click.UsageError(f"--url is no address of http or https: {one_line(url, 80)}")
    if record and out is not None:
        raise click.UsageError("--out says what came of a comparison, and --record makes none")
    before = {} if record else _read(baseline, model)
    try:
        answers = asyncio.run(_asked(url, model, key, tuple(_rounds(prompts(), times))))
    except _SilentError as error:
        say(error.message)
        return 3
    if record:
        _write(baseline, {"model": model, "answers": answers})
        say(f"{sum(map(len, answers.values()))} answers to {len(answers)} questions are in {baseline}")
        return 0
    compared = compare(before, answers)
    if out is not None:
        _keep(out, model, compared)
    if not compared.enough:
        say(f"too few answers to tell: {compared.questions} questions in common; ask with --times {2 * times}")
        return 3
    said = "answers differently" if compared.changed else "answers as before"
    click.echo(f"{one_line(model, 80)} {said}: chance {compared.chance:.4f}, distance {compared.distance:.3f}")
    return 1 if compared.changed else 0


def _rounds(questions: tuple[str, ...], times: int) -> Iterator[str]:
    for _ in range(times):
        yield from questions


async def _asked(url: str, model: str, key: str | None, questions: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the answers; raises `TargetError` when one does not come."""
    from accord.attack.targets.choose import endpoint
    from accord.attack.targets.line import Opening
    from accord.core.system import Call, OpenAiCall, TargetSpec
    from accord.core.trial import Turn

    reached = endpoint(TargetSpec(id="canary", call=Call(openai=OpenAiCall(url=url, model=model, key=key))))
    answers: dict[str, list[str]] = {question: [] for question in questions}
    await reached.open()
    try:
        for number, question in enumerate(questions):
            async with reached.session(_Once(), Opening(trial=f"canary-{number}")) as target:
                answers[question].append((await target.ask(Turn(text=question))).text)
    finally:
        await reached.close()
    return answers


def _keep(out: Path, model: str, compared: Compared) -> None:
    """Write down what came of a comparison."""
    from datetime import UTC, datetime

    said = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "model": model, "changed": compared.changed}
    _write(out, {**said, **compared._asdict()})


def _write(path: Path, said: Mapping[str, object]) -> None:
    from accord.record.state import write_file

    try:
        write_file(path, (json.dumps(said, indent=1) + "\n").encode())
    except OSError as error:
        message = f"{shown(str(path))} cannot be written: {error.strerror}"
        raise AccordError(message, hint="name a file that can be written", code="ACC-E791") from error


class _SilentError(TargetError):
    """The model did not answer: whether it is the same nobody can tell."""


class _Once:
    """A line that sends each request once, one after another."""

    async def send(self, request: Send, /, *, tokens: int = 0) -> Reply:
        """Return the reply; raises `TargetError` when none comes."""
        from accord.attack.targets.line import Failure

        answer = await request()
        if isinstance(answer, Failure):
            raise _SilentError(f"the model does not answer: {answer.error}", code="ACC-E791")
        return answer.reply


def _read(path: Path, model: str) -> dict[str, list[str]]:
    from accord.core.text import one_line
    from accord.record.state import read_file

    hint = "make it with --record"
    try:
        told = json.loads(read_file(path, _LARGEST))
        answers = {str(question): [str(one) for one in found][:64] for question, found in told["answers"].items()}
        asked = str(told.get("model", model))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AccordError(f"{shown(str(path))} holds no answers: {error}", hint=hint, code="ACC-E791") from error
    if asked != model:
        message = f"{shown(str(path))} holds answers of {one_line(asked, 80)}, and {one_line(model, 80)} is asked"
        raise AccordError(message, hint="compare a model with its own answers, or record anew", code="ACC-E791")
    return answers
