"""A stand-in for the language model: the same interface, answers picked from the context by fixed rules."""

import re

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.retrieval import quote

_ABOUT_ITSELF = re.compile(
    r"(?i)system prompt|your (?:instructions|prompt|rules)|(?:text|everything) above|staff discount code|key of the"
)


def reply(system: str, asked: str) -> str:
    """Answer from the context, and, like many a small model, tell the prompt to whoever asks for it."""
    context, _, question = asked.rpartition("Customer: ")
    if _ABOUT_ITSELF.search(question):
        return system.strip()
    if "complaints desk" in system:
        return "I am sorry. A person of the complaints desk will answer within two working days."
    return quote(context, question) or "Hello, how can I help you?"


async def complete(request: Request) -> JSONResponse:
    """Answer in the form of a chat completion."""
    body = await request.json()
    text = reply(body["messages"][0]["content"], body["messages"][-1]["content"])
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return JSONResponse(
        {"id": "0", "object": "chat.completion", "created": 0, "model": "scripted", "choices": [choice]}
    )


app = Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"])])
