"""The door of a harness keeps trials apart, forgets the silent ones, and lets nothing in that it does not know."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from accord.attack.harness import Harness
from accord.attack.targets.door import MOST

TOKEN = "a-token-of-the-tests"


class Caller:
    """Somebody who talks to a door."""

    def __init__(self, address: str) -> None:
        self.port = int(address.rpartition(":")[2])

    def __call__(self, method: str, path: str, said: object = None, *, token: str = TOKEN) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        body = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
        connection.request(method, path, body, {"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        connection.close()
        return answer.status, found

    def begin(self) -> str:
        return str(self("POST", "/sessions", {})[1]["session"])


def application(harness: Harness) -> Harness:
    """Return a harness of an application that waits for the others before it answers, when it is asked to."""
    meeting = threading.Barrier(2, timeout=5)
    search: Any = harness.retrieval(lambda: ["page"])

    @harness.answers
    def answer(text: str) -> object:
        if text == "meet":
            meeting.wait()
        return {"text": " ".join(search()), "tool_calls": [{"name": "own", "args": {}}]} if text == "dict" else search()

    harness.state(lambda: {"pages": len(search()), "odd": object})
    return harness


@pytest.fixture
def call() -> Caller:
    return Caller(application(Harness()).serve(token=TOKEN))


def test_the_door_tells_what_is_wrapped(call: Caller) -> None:
    assert call("GET", "/") == (200, {"accord_harness": 1, "capabilities": ["retrieval", "state"]})


def test_trials_run_at_the_same_time_and_apart(call: Caller) -> None:
    one, two = call.begin(), call.begin()
    assert call("POST", f"/sessions/{one}/plant", {"channel": "retrieval", "text": "EVIL"})[0] == 200
    found: dict[str, Any] = {}

    def ask(name: str) -> None:
        found[name] = call("POST", f"/sessions/{name}/ask", {"text": "meet"})[1]["answer"]

    threads = [threading.Thread(target=ask, args=(name,)) for name in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == {one: "EVILpage", two: "page"}
    assert call("GET", f"/sessions/{one}/state")[1]["state"]["pages"] == 2


def test_an_ended_or_unknown_trial_is_not_found(call: Caller) -> None:
    name = call.begin()
    assert call("DELETE", f"/sessions/{name}") == (200, {})
    assert call("POST", f"/sessions/{name}/ask", {"text": "x"})[0] == 404
    assert call("POST", "/sessions/nobody/ask", {"text": "x"})[0] == 404


def test_trials_that_were_silent_longest_make_room(call: Caller) -> None:
    first, second = call.begin(), call.begin()
    assert call("POST", f"/sessions/{first}/ask", {"text": "x"})[0] == 200  # now the second was silent longest
    for _ in range(MOST - 1):
        call.begin()
    assert call("POST", f"/sessions/{second}/ask", {"text": "x"})[0] == 404
    assert call("POST", f"/sessions/{first}/ask", {"text": "x"})[0] == 200


@pytest.mark.parametrize(
    "said",
    [
        {"channel": "memory", "text": "x"},
        {"channel": "retrieval", "text": 5},
        {"channel": ["retrieval"], "text": "x"},
        {"text": "x"},
        {},
    ],
)
def test_a_delivery_of_a_wrong_shape_is_refused(call: Caller, said: Mapping[str, object]) -> None:
    assert call("POST", f"/sessions/{call.begin()}/plant", said)[0] == 400


@pytest.mark.parametrize("said", [b"{", b"[]", b"[" * 100_000, b"\xff", b"5"])
def test_nonsense_is_refused(call: Caller, said: bytes) -> None:
    assert call("POST", "/sessions", said)[0] == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/sessions"), ("POST", "/"), ("GET", "/x/y/z/w"), ("DELETE", "/sessions"), ("GET", "/x")],
)
def test_another_page_is_not_found(call: Caller, method: str, path: str) -> None:
    assert call(method, path)[0] == 404


def test_an_answer_keeps_the_tool_calls_that_it_tells_itself(call: Caller) -> None:
    told = call("POST", f"/sessions/{call.begin()}/ask", {"text": "dict"})[1]
    assert told == {"answer": "page", "tool_calls": [{"name": "own", "args": {}, "does": None}]}


@pytest.mark.parametrize("token", ["", "a-token-of-the-test", "a-token-of-the-tests ", "\u00e9" * 20])
def test_another_token_is_refused(call: Caller, token: str) -> None:
    assert call("GET", "/", token=token.encode().decode("latin-1"))[0] == 401


def test_an_application_that_loses_the_context_serves_one_trial_at_a_time() -> None:
    harness = Harness(alone=True)
    search: Any = harness.retrieval(lambda: ["page"])

    @harness.answers
    def answer(text: str) -> object:
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(search()))
        thread.start()
        thread.join(5)
        return " ".join(found[0])

    call = Caller(harness.serve(token=TOKEN))
    names = [call.begin() for _ in range(4)]
    for name in names:
        call("POST", f"/sessions/{name}/plant", {"channel": "retrieval", "text": name})
    answers: dict[str, str] = {}

    def ask(name: str) -> None:
        answers[name] = call("POST", f"/sessions/{name}/ask", {"text": "x"})[1]["answer"]

    threads = [threading.Thread(target=ask, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers == {name: f"{name} page" for name in names}
    assert answer("x") == "page"
