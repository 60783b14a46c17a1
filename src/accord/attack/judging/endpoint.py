"""Asks a judge behind an OpenAI-compatible endpoint: bounded, never redirected, and patient for three tries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from accord.attack.judging.judge import Complete
from accord.attack.targets.chat import whole
from accord.attack.targets.http_post import client, post
from accord.attack.targets.line import Answer, Failure
from accord.core.errors import TargetError
from accord.core.text import one_line
from accord.core.trial import Message

if TYPE_CHECKING:
    from aiohttp import ClientSession

KEY: Final = "ACCORD_JUDGE_KEY"
"""The environment variable that holds the judge's credential, where it wants one."""

_TRIES = 3
_LONGEST_WAIT = 10.0


class JudgeAddress(NamedTuple):
    """Where a judge answers: an address that ends in `/v1`, and the model that is asked for."""

    url: str
    model: str


def address_of(text: str) -> JudgeAddress:
    """Return the judge that `URL#MODEL` means.

    Raises `TargetError` for anything else.
    """
    url, _, model = text.partition("#")
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known, parts = False, urlsplit("")
    if not known or not model or len(text) > 2_000 or parts.username or parts.password or parts.query:
        raise TargetError(
            f"{one_line(text.rpartition('@')[2], 200)!r} names no judge",
            hint=f"write http://HOST:PORT/v1#MODEL; a credential stands in {KEY}",
            code="ACC-E637",
        )
    return JudgeAddress(url.rstrip("/"), model)


@asynccontextmanager
async def asking(where: JudgeAddress, *, environ: Mapping[str, str], patience: float = 60.0) -> AsyncIterator[Complete]:
    """Open a connection to a judge and give what asks it; each try ends after `patience` seconds.

    What asks raises `TargetError` when the judge does not answer three times.
    """
    headers = {"Content-Type": "application/json"}
    if key := environ.get(KEY):
        headers["Authorization"] = f"Bearer {key}"
    async with client() as http:

        async def complete(messages: tuple[Message, ...]) -> str:
            return await _answer(http, where, messages, headers=headers, patience=patience)

        yield complete


async def _answer(
    http: ClientSession,
    where: JudgeAddress,
    messages: tuple[Message, ...],
    *,
    headers: Mapping[str, str],
    patience: float,
) -> str:
    import msgspec

    said = [{"role": message.role, "content": message.content} for message in messages]
    data = msgspec.json.encode({"model": where.model, "messages": said, "temperature": 0})
    failure = Failure("it was not asked")
    for number in range(_TRIES):
        try:
            async with asyncio.timeout(patience):
                got = await post(http, f"{where.url}/chat/completions", data, headers)
        except TimeoutError:
            got = Failure(f"no answer within {patience:g} seconds")
        answer = got if isinstance(got, Failure) else whole(got)
        if isinstance(answer, Answer):
            return answer.reply.text
        failure = answer
        if not failure.again or number + 1 == _TRIES:
            break
        wait = failure.retry_after if failure.retry_after is not None else 0.2 * 2**number
        await asyncio.sleep(min(wait, _LONGEST_WAIT))
    raise TargetError(f"the judge {where.model} did not answer: {failure.error}", code="ACC-E638")
