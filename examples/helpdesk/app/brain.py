"""Asks the language model for the answer, through its OpenAI-compatible interface."""

import os
from collections.abc import Sequence
from pathlib import Path

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

PROMPT_FILE = Path(__file__).resolve().parent.parent / "prompts" / "system.md"
MODEL = "smollm2-135m-instruct"
ESCALATION_PROMPT = """The customer is upset. Say sorry once, in one short sentence.
Then say that a person of the complaints desk will answer within two working days."""


def connect() -> OpenAI:
    """Return a client of the model server named by the environment."""
    url = os.environ.get("HELPDESK_MODEL_URL", "http://127.0.0.1:8081/v1")
    return OpenAI(base_url=url, api_key=os.environ.get("HELPDESK_MODEL_KEY", "local"), timeout=30.0, max_retries=1)


def system_prompt(intent: str) -> str:
    """Return the standing instructions, with those for complaints where it is one."""
    standing = PROMPT_FILE.read_text("utf-8").strip()
    return f"{standing}\n{ESCALATION_PROMPT}" if intent == "complaint" else standing


def write(client: OpenAI, standing: str, turns: Sequence[ChatCompletionMessageParam]) -> str:
    """Return the model's answer."""
    messages: list[ChatCompletionMessageParam] = [{"role": "system", "content": standing}, *turns]
    reply = client.chat.completions.create(
        model=MODEL, messages=messages, max_tokens=64, temperature=0.0, seed=7, stop=["\nCustomer:", "\nHelp page:"]
    )
    return (reply.choices[0].message.content or "").strip()
