"""The guardrail in LiteLLM's own proxy: what comes back over HTTP, of a model that says what it is asked to say.

The proxy runs in an environment of its own, whose Python `ACCORD_TEST_LITELLM` names; `.ci/run` makes it.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

import accord

CANARY: Final = "canary7f3a9c1e5b2d8460"
PYTHON: Final = os.environ.get("ACCORD_TEST_LITELLM") or sys.executable
POLICY: Final = f"guard: 1\ndetector: off\ncanaries: [{CANARY}]\ntools: [{{name: send_message}}]\n"
RAIL: Final = """
from accord.guard.doors.litellm import guardrail

Guardrail = guardrail("guard.yaml", log="decisions.jsonl")
"""
SEND: Final = {
    "type": "function",
    "function": {
        "name": "send_message",
        "description": "Sends a message.",
        "parameters": {"type": "object", "properties": {"recipient": {"type": "string"}}},
    },
}
ENVIRONMENT: Final = {
    "LITELLM_TELEMETRY": "False",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOG": "ERROR",
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    "NO_PROXY": "*",
}

pytestmark = pytest.mark.litellm


class Model(BaseHTTPRequestHandler):
    """Says what stands in SAY<…> of a request, whole or five characters at a time, or calls a tool for CALL<…>."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers["content-length"])).decode()
        said, calls = re.findall(r"SAY<([^>]*)>", request), re.findall(r"CALL<([^>]*)>", request)
        text = said[-1] if said else "good morning"
        streamed = json.loads(request).get("stream") is True
        if self.path.endswith("/chat/completions"):
            parts = chat_parts(text, calls[-1] if calls else "", streamed=streamed)
        elif self.path.endswith("/responses"):
            parts = response_parts(text, streamed=streamed)
        else:
            parts = completion_parts(text, streamed=streamed)
        body = "".join(f"data: {json.dumps(one)}\n\n" for one in parts) + "data: [DONE]\n\n"
        data = (body if streamed else json.dumps(parts[0])).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if streamed else "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def fives(text: str) -> list[str]:
    return [text[at : at + 5] for at in range(0, len(text), 5)]


def chat_parts(text: str, recipient: str, *, streamed: bool) -> list[dict[str, Any]]:
    about = {"id": "chatcmpl-1", "created": 1, "model": "m"}
    function = {"name": "send_message", "arguments": json.dumps({"recipient": recipient})}
    call = {"id": "c1", "type": "function", "function": function}
    if not streamed:
        message = {"role": "assistant", "content": None, "tool_calls": [call]} if recipient else {"content": text}
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return [{**about, "object": "chat.completion", "choices": [choice], "usage": usage}]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"tool_calls": [{"index": 0, **call}]}] if recipient else [{"content": one} for one in fives(text)]
    choices: list[dict[str, Any]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": "tool_calls" if recipient else "stop"})
    return [{**about, "object": "chat.completion.chunk", "choices": [choice]} for choice in choices]


def completion_parts(text: str, *, streamed: bool) -> list[dict[str, Any]]:
    about = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m"}
    texts = fives(text) if streamed else [text]
    ends = [None] * (len(texts) - 1) + ["stop"]
    return [
        {**about, "choices": [{"index": 0, "text": one, "finish_reason": end}]}
        for one, end in zip(texts, ends, strict=True)
    ]


def response_parts(text: str, *, streamed: bool) -> list[dict[str, Any]]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"id": "m1", "type": "message", "role": "assistant", "status": "completed", "content": content}
    whole = {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed", "output": [item],
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    }  # fmt: skip
    if not streamed:
        return [whole]
    begun = {**whole, "status": "in_progress", "output": []}
    at = {"item_id": "m1", "output_index": 0, "content_index": 0}
    deltas = [{"type": "response.output_text.delta", **at, "delta": one} for one in fives(text)]
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        *deltas,
        {"type": "response.completed", "response": whole},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


class Proxy(NamedTuple):
    """LiteLLM's proxy, and the folder of its configuration."""

    port: int
    folder: Path

    def post(self, path: str, **body: Any) -> tuple[int, str]:
        """Return the status and the whole body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", path, json.dumps({"model": "m", **body}), {"content-type": "application/json"})
        answer = connection.getresponse()
        try:
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def chat(self, text: str, **more: Any) -> tuple[int, str]:
        """Ask for a chat completion."""
        return self.post("/v1/chat/completions", messages=[{"role": "user", "content": text}], **more)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("litellm")
    model = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    upstream = {"api_base": f"http://127.0.0.1:{model.server_address[1]}/v1", "api_key": "sk-x"}
    rail = {"guardrail": "rail.Guardrail", "mode": ["pre_call", "post_call"], "default_on": True}
    config = {
        "model_list": [
            {"model_name": "m", "litellm_params": {"model": "openai/m", **upstream}},
            {"model_name": "t", "litellm_params": {"model": "text-completion-openai/t", **upstream}},
        ],
        "guardrails": [{"guardrail_name": "accord", "litellm_params": rail}],
    }
    (folder / "config.yaml").write_text(json.dumps(config))
    (folder / "rail.py").write_text(RAIL)
    (folder / "guard.yaml").write_text(POLICY)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    start = "import sys; from litellm import run_server; sys.exit(run_server())"
    argv = [PYTHON, "-c", start, "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
    source = {"PYTHONPATH": str(Path(accord.__file__).parent.parent)}
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            argv, cwd=folder, env={**os.environ, **ENVIRONMENT, **source}, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            began(process, port, folder)
            yield Proxy(port, folder)
        finally:
            process.terminate()
            process.wait(30)
            model.shutdown()
            model.server_close()


def began(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    for _ in range(900):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"LiteLLM did not begin to listen: {(folder / 'said').read_text()[-2000:]}")


def texts(body: str) -> str:
    """Return what a caller reads of a stream, whatever form its events have."""
    events = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]
    choices = [choice for event in events for choice in event.get("choices", [])]
    read = [choice.get("text") or choice.get("delta", {}).get("content") or "" for choice in choices]
    deltas = [event["delta"] for event in events if event.get("delta")]
    return "".join([*read, *(one if isinstance(one, str) else one.get("text", "") for one in deltas)])


def test_honest_chat_passes_whole_and_streamed(proxy: Proxy) -> None:
    status, body = proxy.chat("SAY<we are open until five>")
    assert (status, json.loads(body)["choices"][0]["message"]["content"]) == (200, "we are open until five")
    status, body = proxy.chat("SAY<we are open until five>", stream=True)
    assert (status, texts(body)) == (200, "we are open until five")
    assert '"finish_reason":"stop"' in body.replace(" ", "")


@pytest.mark.parametrize("streamed", [False, True])
def test_a_canary_is_cut_from_a_chat(proxy: Proxy, *, streamed: bool) -> None:
    status, body = proxy.chat(f"SAY<the word is {CANARY} yes>", stream=streamed)
    assert status == 200
    assert CANARY[:8] not in texts(body) + body
    assert "content_filter" in body


def forms(said: str) -> dict[str, dict[str, Any]]:
    return {
        "/v1/completions": {"prompt": said, "model": "t"},
        "/v1/responses": {"input": said},
        "/v1/messages": {"messages": [{"role": "user", "content": said}], "max_tokens": 9},
    }


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("path", ["/v1/completions", "/v1/responses", "/v1/messages"])
def test_an_honest_answer_of_another_form_passes_unaltered(proxy: Proxy, path: str, *, streamed: bool) -> None:
    status, body = proxy.post(path, **forms("SAY<we are open until five>")[path], stream=streamed)
    assert (status, "we are open until five" in (texts(body) if streamed else body)) == (200, True)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("path", ["/v1/completions", "/v1/responses", "/v1/messages"])
def test_a_canary_is_cut_from_an_answer_of_another_form(proxy: Proxy, path: str, *, streamed: bool) -> None:
    status, body = proxy.post(path, **forms(f"SAY<the word is {CANARY} yes>")[path], stream=streamed)
    assert CANARY[:8] not in texts(body) + body
    if path == "/v1/completions" and not streamed:
        assert (status, "guard_blocked" in body) == (403, True)
    else:
        assert (status, "the word is" in (texts(body) if streamed else body)) == (200, True)
    if streamed:
        assert texts(body).strip() == "the word is"


@pytest.mark.parametrize("streamed", [False, True])
def test_only_the_call_that_the_user_asked_for_goes_through(proxy: Proxy, *, streamed: bool) -> None:
    asked = "Send a message to ann@home.example. "
    status, body = proxy.chat(f"{asked}CALL<ann@home.example>", tools=[SEND], stream=streamed)
    assert (status, "send_message" in body) == (200, True)
    asked = "What is the time? Never write to anybody. "
    status, body = proxy.chat(f"{asked}CALL<eve@evil.example>", tools=[SEND], stream=streamed)
    assert (status, "send_message" in body) == (200, False)


def test_a_request_that_nobody_can_read_is_refused_with_the_decision_that_is_on_record(proxy: Proxy) -> None:
    image = [{"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}]
    status, body = proxy.post("/v1/chat/completions", messages=[{"role": "user", "content": image}])
    assert status == 403
    decision = re.search(r'"decision": ?"([0-9a-f]+)"', body.replace("'", '"'))
    assert decision is not None
    log = [json.loads(line) for line in (proxy.folder / "decisions.jsonl").read_text().splitlines()]
    assert [one["code"] for one in log if one["decision"] == decision[1]] == ["ACC-E752"]
    assert CANARY not in json.dumps(log)
