"""The scripted applications as servers: a model over HTTP, and an application with a harness in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from attack.applications import (
    Act,
    Meaning,
    Mind,
    Scene,
    answers,
    applications,
    honest,
    manifest,
    meaning,
    obedient,
    seen,
)
from click.testing import CliRunner

from accord.attack.harness import Harness
from accord.case.variables import pieces
from accord.cli import accord
from accord.core.canon import plain
from accord.core.case import Case
from accord.core.system import Tool
from accord.record.codec import dump_yaml


def understanding(cases: list[Case]) -> Callable[[Scene], Meaning]:
    """Return who knows what the hostile text before a system means: that of the case whose words it holds."""
    words = {max(pieces(_hostile(case))[::2], key=len).strip(): meaning(case) for case in cases}

    def understood(scene: Scene) -> Meaning:
        heard = "\n".join((*scene.read, *scene.asked))
        return next((wanted for text, wanted in words.items() if text in heard), Meaning())

    return understood


def _hostile(case: Case) -> str:
    texts = [step.deliver.text for step in case.steps if step.deliver and step.deliver.channel != "system"]
    return texts[0] if texts else str(case.steps[-1].ask)


def minded(cases: list[Case], *, obeys: bool) -> Mind:
    """Return a mind that knows the cases by their words."""
    understood = understanding(cases)

    def act(scene: Scene) -> Act:
        wanted = understood(scene)
        return (obedient(wanted) if obeys else honest(wanted))(scene)

    return act


@contextmanager
def model(mind: Mind, name: str) -> Iterator[str]:
    """Serve a scripted model with the tools of an application as chat completions; yield its address."""
    system = applications()[name]
    tools, tasks = system.components.tools, answers(system)

    class Visitor(BaseHTTPRequestHandler):
        """Answers one connection."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer a request; what follows a tool call ends the turn."""
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            act = mind(seen(said["messages"], said.get("tools", ()), tools, tasks))
            begun = any(one.get("content") == "Done." for one in said["messages"])
            body = json.dumps(_completion(Act("That is done.") if begun else act)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_parts: object) -> None:
            """Keep silent."""

    class Server(ThreadingHTTPServer):
        """Lets as many wait at its door as a campaign sends."""

        request_queue_size = 512

    server = Server(("127.0.0.1", 0), Visitor)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def _completion(act: Act) -> dict[str, Any]:
    calls = [
        {"id": f"c{at}", "type": "function", "function": {"name": call.name, "arguments": json.dumps(dict(call.args))}}
        for at, call in enumerate(act.calls)
    ]
    message = {"role": "assistant", "content": act.text, **({"tool_calls": calls} if calls else {})}
    ended = "tool_calls" if calls else "stop"
    return {"id": "r", "choices": [{"index": 0, "message": message, "finish_reason": ended}], "usage": {}}


def embedded(mind: Mind, name: str) -> Harness:
    """Return a scripted application with a harness in it: it looks up for its own tasks, and calls its own tools."""
    system = applications()[name]
    tasks, harness = answers(system), Harness()
    search = harness.retrieval(_always("The house rules are on the wall."))
    recall = harness.memory(_always("The user likes short answers."))
    files = harness.files(_always("An empty page."))
    look_up = harness.tool("desk_lookup", runs=True)(_looked_up)
    hands = {
        tool.id: harness.tool(tool.id, does=tool.does, args=tool.args)(_hand(tool)) for tool in system.components.tools
    }

    def answer(text: str) -> str:
        read = [*search(text), *recall(text), *files(text)]
        read += [look_up(query=text)] if any(task in text for task in tasks) else []
        act = mind(Scene("", tuple(map(str, read)), (text,), system.components.tools, tasks))
        for call in act.calls:
            hands[call.name](**call.args)
        return act.text

    harness.answers(answer)
    return harness


def _always(found: str) -> Callable[[str], list[str]]:
    def read(_text: str) -> list[str]:
        return [found]

    return read


def _looked_up(query: str) -> str:
    return f"nothing new on {query}"


def _hand(tool: Tool) -> Callable[..., str]:
    def act(**given: object) -> str:
        return f"{tool.id} done with {len(given)}"

    return act


def campaign(folder: Path, cases: list[Case], target: str, name: str) -> Mapping[str, Any]:
    """Run the cases at an application with `accord attack run` and return what it came to."""
    (folder / "cases").mkdir(parents=True)
    (folder / "accord.yaml").write_text(manifest(name, f"targets:\n  - {{id: t, call: {target}}}\n"), "utf-8")
    for case in cases:
        (folder / "cases" / f"{case.name}.yaml").write_text(dump_yaml(plain(case)), "utf-8")
    said = ["attack", "run", str(folder), "--cases", str(folder / "cases"), "--trials", "1", "--seed", "3"]
    asked = [*said, "--format", "json", "--out", str(folder / "out")]
    ran = CliRunner().invoke(accord, asked, standalone_mode=False)
    assert ran.exception is None, ran.exception
    assert ran.return_value in {1, 3}, ran.output
    told = json.loads((folder / "out" / "campaign.json").read_text("utf-8"))
    assert isinstance(told, dict)
    return told
