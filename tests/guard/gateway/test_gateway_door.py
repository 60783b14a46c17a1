"""The door: which requests are answered at all, who may ask how much, and what is written of it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from gatekeeping import CANARY, EVIL, SECRET, House, Pretended, Said, Scripted, house, made_by, policy

from accord.core.canon import Digest, digest
from accord.core.case import Action
from accord.core.errors import AccordError
from accord.core.guard import GuardKey, GuardLimits, GuardRule, Outcome, Ruling
from accord.core.system import Mode
from accord.guard.gateway import selftest
from accord.guard.gateway.callers import Callers
from accord.guard.gateway.door import Gateway
from accord.guard.gateway.log import DecisionLog
from accord.guard.gateway.metrics import Metrics
from accord.guard.gateway.reload import Reloading, Renewed
from accord.guard.gateway.routes import ROUTES
from accord.guard.gateway.selftest import Answered, ask, unguarded
from accord.guard.gateway.shared import Rows
from accord.guard.gateway.wire import RefusedError
from accord.guard.rules.shelf import Shelf
from accord.record.keys import make_key

CHAT = "/v1/chat/completions"
HI: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
FINE = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "fine"}, "finish_reason": "stop"}]}


def code_of(answer: Answered) -> str:
    return str(json.loads(answer.body)["error"]["code"])


def get(there: House, path: str, method: str = "GET", **scope: Any) -> Answered:
    """Ask for a page, as the test of a door's edges does."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    base = {"type": "http", "method": method, "path": path, "query_string": b"", "http_version": "1.1", "headers": []}
    asyncio.run(there.app({**base, **scope}, receive, send))
    return Answered(sent[0]["status"], dict(sent[0]["headers"]), b"".join(one.get("body", b"") for one in sent[1:]))


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        (((b"content-type", b"text/plain"),), 400, "ACC-E754"),
        (((b"content-encoding", b"br"),), 415, "ACC-E754"),
        (((b"content-encoding", b"gzip, gzip"),), 415, "ACC-E754"),
        (((b"content-length", b"99999999"),), 413, "ACC-E751"),
        (((b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")), 400, "ACC-E754"),
        (((b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"identity")), 400, "ACC-E754"),
    ],
)
def test_a_request_with_an_odd_head_is_refused(headers: Any, status: int, code: str) -> None:
    there = house(FINE)
    answer = there.ask(CHAT, HI, *headers)
    assert (answer.status, code_of(answer)) == (status, code)
    assert there.upstream.seen == []


@pytest.mark.parametrize("media", [b"text/plain", b"multipart/form-data", b"application/json; charset=utf-16"])
def test_a_body_of_another_type_is_refused(media: bytes) -> None:
    there = house(FINE)
    answer = get(there, CHAT, "POST", headers=[(b"content-type", media)])
    assert answer.status == 415


@pytest.mark.parametrize("media", [b"application/json", b'Application/JSON; charset="UTF-8"'])
def test_json_may_be_declared_in_several_ways(media: bytes) -> None:
    assert get(house(FINE), CHAT, "POST", headers=[(b"content-type", media)]).status == 400  # no body, but it was read


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", CHAT, 405),
        ("POST", "/health", 405),
        ("GET", "/v1/files", 404),
        ("GET", "/v1/models/../../admin", 404),
        ("GET", "/v1/models/a?b", 404),
        ("GET", "/v1/models/", 404),
        ("POST", "/v1/completions", 404),
        ("POST", "/v1/chat/completions/", 404),
        ("POST", "/v1//chat/completions", 404),
        ("GET", "/v1/responses/resp_1", 404),
        ("POST", "/V1/chat/completions", 404),
        ("GET", "/", 404),
    ],
)
def test_nothing_passes_on_a_route_that_is_not_looked_at(method: str, path: str, status: int) -> None:
    there = house(FINE)
    answer = get(there, path, method)
    assert (answer.status, code_of(answer)) == (status, "ACC-E754")
    assert there.upstream.seen == []
    assert b"x-accord-decision-id" in answer.headers


def test_a_packed_body_is_unpacked_looked_at_and_sent_on_plain() -> None:
    there = house(FINE)
    packed = gzip.compress(json.dumps(HI).encode())
    assert there.ask(CHAT, packed, (b"content-encoding", b"gzip")).status == 200
    assert json.loads(there.upstream.seen[0][2]) == HI
    assert "content-encoding" not in there.upstream.seen[0][1]
    evil = json.dumps(HI).replace("hi", EVIL).encode()
    assert there.ask(CHAT, gzip.compress(evil), (b"content-encoding", b"gzip")).status == 403


PACKED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize(
    "bad",
    [b"no gzip", PACKED + b"x", PACKED[:-3], PACKED * 2],
    ids=["plain", "with something after it", "cut", "twice"],
)
def test_a_body_that_is_not_one_whole_gzip_is_refused(bad: bytes) -> None:
    assert house(FINE).ask(CHAT, bad, (b"content-encoding", b"gzip")).status == 400


def test_a_bomb_is_not_unpacked() -> None:
    there = house(FINE, limits=GuardLimits(body_bytes=10_000))
    assert there.ask(CHAT, gzip.compress(b" " * 10_000_000), (b"content-encoding", b"gzip")).status == 413


def test_bodies_messages_and_answers_have_bounds() -> None:
    there = house(FINE, limits=GuardLimits(body_bytes=500, messages=2, answer_tokens=10))
    assert there.ask(CHAT, {**HI, "x": "y" * 600}).status == 413
    assert code_of(there.ask(CHAT, {**HI, "messages": HI["messages"] * 3})) == "ACC-E751"
    assert code_of(there.ask(CHAT, {**HI, "max_tokens": 11})) == "ACC-E751"
    assert there.ask(CHAT, {**HI, "max_tokens": 10}).status == 200


def test_a_body_may_come_in_parts_and_is_bounded_all_the_same() -> None:
    def parts(there: House, *bodies: bytes, last: dict[str, Any] | None = None) -> int:
        left = [{"type": "http.request", "body": body, "more_body": True} for body in bodies]
        left.append(last or {"type": "http.request", "body": b"", "more_body": False})
        sent: list[Any] = []

        async def receive() -> Any:
            return left.pop(0) if left else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": CHAT, "query_string": b"", "headers": []}
        asyncio.run(there.app(scope, receive, send))
        return int(sent[0]["status"])

    data = json.dumps(HI).encode()
    assert parts(house(FINE), data[:9], data[9:]) == 200
    assert parts(house(FINE, limits=GuardLimits(body_bytes=60)), data, data) == 413
    assert parts(house(FINE), data, last={"type": "http.disconnect"}) == 400


def test_a_stream_over_http_1_0_is_refused() -> None:
    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps({**HI, "stream": True}).encode()}

    there, sent = house(FINE), list[Any]()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": CHAT, "http_version": "1.0", "headers": []}
    asyncio.run(there.app(scope, receive, send))
    assert sent[0]["status"] == 400


def test_only_known_headers_go_on_and_only_a_plain_query() -> None:
    there = house(FINE)
    there.ask(CHAT, HI, (b"authorization", b"Bearer k"), (b"x-evil", b"1"), (b"cookie", b"a"), (b"host", b"h"))
    assert there.upstream.seen[0][1] == {"authorization": "Bearer k", "content-type": "application/json"}
    sent = there.upstream
    for query, status in ((b"beta=true", 200), (b"a=%0d%0a", 400), (b"a" * 201, 400)):
        body = json.dumps(HI).encode()

        async def receive(body: bytes = body) -> Any:
            return {"type": "http.request", "body": body}

        told: list[Any] = []

        async def send(message: Any, told: list[Any] = told) -> None:
            told.append(message)

        scope = {"type": "http", "method": "POST", "path": CHAT, "query_string": query, "headers": []}
        asyncio.run(there.app(scope, receive, send))
        assert told[0]["status"] == status
    assert sent.seen[-1][0] == "/chat/completions?beta=true"


def test_the_gateways_own_key_is_shown_to_the_upstream_instead_of_the_callers() -> None:
    there = house(FINE)
    app = Gateway(there.guard, there.upstream, own_key="sk-own")
    asyncio.run(ask(app, CHAT, json.dumps(HI).encode(), ((b"authorization", b"Bearer theirs"),)))
    shown = there.upstream.seen[0][1]
    assert (shown["authorization"], shown["x-api-key"]) == ("Bearer sk-own", "sk-own")


def keys(*names: str, limits: GuardLimits | None = None) -> tuple[GuardKey, ...]:
    return tuple(
        GuardKey(name=name, key=Digest("sha256:" + hashlib.sha256(name.encode()).hexdigest()), limits=limits)
        for name in names
    )


def test_callers_are_known_by_their_key_and_nobody_else_is_answered() -> None:
    there = house(FINE, keys=keys("ann", "bob"))
    for headers, status in (
        ((), 401),
        (((b"authorization", b"Bearer eve"),), 401),
        (((b"authorization", b"bearer ann"),), 200),
        (((b"x-api-key", b"bob"),), 200),
        (((b"authorization", b"ann"),), 401),
    ):
        assert there.ask(CHAT, HI, *headers).status == status
    assert get(there, "/v1/models").status == 401
    assert len(there.upstream.seen) == 2


def test_limits_hold_for_each_key_and_say_when_to_ask_again() -> None:
    there = house(FINE, keys=keys("ann", limits=GuardLimits(requests_per_minute=2)) + keys("bob"))
    there.app.now = lambda: 1_000_000.0
    ann, bob = (b"x-api-key", b"ann"), (b"x-api-key", b"bob")
    assert [there.ask(CHAT, HI, ann).status for _ in range(3)] == [200, 200, 429]
    assert there.ask(CHAT, HI, bob).status == 200
    refused = there.ask(CHAT, HI, ann)
    assert (code_of(refused), refused.headers[b"retry-after"]) == ("ACC-E756", b"20")
    there.app.now = lambda: 1_000_020.0
    assert there.ask(CHAT, HI, ann).status == 200


def test_tokens_and_days_are_limited_over_all_workers() -> None:
    rows = Rows(2)
    limits = GuardLimits(tokens_per_minute=100, requests_per_day=4)
    one, two = (Callers(policy(limits=limits), rows, worker) for worker in (0, 1))
    caller = one.known({})
    one.take(caller, 60.0, 50)
    two.take(caller, 61.0, 40)
    with pytest.raises(RefusedError):
        one.take(caller, 62.0, 20)
    one.spent(caller, 120.0, 95)
    with pytest.raises(RefusedError):
        two.take(caller, 121.0, 6)
    for at in (180.0, 240.0):
        two.take(caller, at, 1)
    with pytest.raises(RefusedError, match="today") as refused:
        one.take(caller, 300.0, 1)
    assert refused.value.retry > 80_000
    one.take(caller, 86_400.0, 1)


def test_a_malformed_request_counts_too() -> None:
    there = house(FINE, limits=GuardLimits(requests_per_minute=1))
    there.app.now = lambda: 60.0
    assert there.ask(CHAT, b"{").status == 400
    assert there.ask(CHAT, HI).status == 429


def test_more_than_so_many_requests_are_not_in_flight() -> None:
    there = house(FINE, limits=GuardLimits(in_flight=1))
    there.app.in_flight = 1
    assert there.ask(CHAT, HI).status == 429
    there.app.in_flight = 0
    assert there.ask(CHAT, HI).status == 200


class _Watch:
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.seen: list[tuple[str, str]] = []

    def saw(self, key: str, pieces: Any, now: float) -> Ruling | None:
        self.seen.append((key, pieces[0].text))
        return Ruling(outcome=self.outcome, code="probing", message="asked the same again")


def test_whoever_probes_is_told_to_wait_or_noted() -> None:
    for outcome, mode, status in (
        (Outcome.BLOCK, Mode.ENFORCE, 429),
        (Outcome.BLOCK, Mode.SHADOW, 200),
        (Outcome.FLAG, Mode.ENFORCE, 200),
    ):
        there, watch = house(FINE, mode=mode), _Watch(outcome)
        there.app.watch = watch
        assert there.ask(CHAT, HI).status == status
        assert watch.seen == [("anyone", "hi")]


def test_a_conversation_goes_on_from_an_answer_that_was_seen_and_is_untrusted_from_another() -> None:
    there = house({"id": "resp_1", "output": []})
    there.ask("/v1/responses", {"input": "first words"})
    call = {"type": "function_call", "call_id": "1", "name": "read", "arguments": "{}"}
    there.upstream.said = Said((json.dumps({"id": "resp_2", "output": [call]}).encode(),))
    there.ask("/v1/responses", {"input": "more", "previous_response_id": "resp_1"})
    there.ask("/v1/responses", {"input": "and more", "previous_response_id": "resp_2"})
    there.ask("/v1/responses", {"input": "x", "previous_response_id": "resp_unknown"})
    talks = [[one.content or one.name or one.tool_calls[0].name for one in talk] for talk in there.guard.talks]
    assert talks == [
        ["first words", "more"],
        ["first words", "more", "read", "and more"],
        ["unseen", "unseen", "x"],
    ]


def test_a_key_does_not_go_on_from_the_answer_of_another_key() -> None:
    there = house({"id": "r", "output": []}, keys=keys("ann", "bob"))
    there.ask("/v1/responses", {"input": "of ann"}, (b"x-api-key", b"ann"))
    call = {"type": "function_call", "call_id": "1", "name": "read", "arguments": "{}"}
    there.upstream.said = Said((json.dumps({"id": "s", "output": [call]}).encode(),))
    there.ask("/v1/responses", {"input": "of bob", "previous_response_id": "r"}, (b"x-api-key", b"bob"))
    assert [one.name for one in there.guard.talks[0]][:2] == [None, "unseen"]
    assert there.guard.callers == ["bob"]


def test_models_pass_and_are_looked_at() -> None:
    there = house({"object": "list", "data": [{"id": "m"}]})
    assert json.loads(get(there, "/v1/models").body)["data"] == [{"id": "m"}]
    assert get(house({"data": [{"id": CANARY}]}), "/v1/models/m").status == 502


def test_health_answers_well_only_after_the_self_test() -> None:
    there = house(FINE)
    assert get(there, "/health").status == 503
    there.app.tested = True
    answer = get(there, "/health")
    assert (answer.status, json.loads(answer.body)["rules"]) == (200, there.guard.digests[1])


def test_metrics_say_what_happened() -> None:
    there = house(FINE)
    there.ask(CHAT, HI)
    there.ask(CHAT, {"messages": [{"role": "user", "content": EVIL}]})
    page = get(there, "/metrics").body.decode()
    assert 'accord_guard_requests_total{route="chat",decision="allow"} 1' in page
    assert 'accord_guard_requests_total{route="chat",decision="block"} 1' in page
    assert "accord_guard_own_seconds_count 2" in page
    assert f'rules="{there.guard.digests[1]}"' in page
    for line in page.splitlines():
        assert line.startswith("#") or line.rsplit(" ", 1)[1].replace(".", "").replace("e-", "").isdigit()


def test_the_numbers_of_all_workers_are_added_up() -> None:
    rows = Rows(3)
    for worker in range(3):
        Metrics(rows, worker).count("cuts", worker)
    assert Metrics(rows, 0).total("cuts") == 3


@contextmanager
def logged(there: House, path: Path) -> Iterator[list[dict[str, Any]]]:
    lines: list[dict[str, Any]] = []
    there.app.log = DecisionLog(path)
    yield lines
    there.app.log.close()
    lines += map(json.loads, path.read_text("utf-8").splitlines())


def test_each_decision_is_one_line_and_the_reply_names_it(tmp_path: Path) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "send", "arguments": "{}"}}
    cut = {"choices": [{"index": 0, "message": {"content": "ok", "tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    there = house(cut)
    with logged(there, tmp_path / "log") as lines:
        answers = [
            there.ask(CHAT, HI),
            there.ask(CHAT, {"messages": [{"role": "user", "content": EVIL}]}),
            there.ask(CHAT, b"{"),
        ]
    assert [(one["kind"], one["outcome"]) for one in lines] == [
        ("request", "allow"), ("call", "block"), ("answer", "allow"), ("request", "block"), ("refusal", "block"),
    ]  # fmt: skip
    written = {one["decision"] for one in lines}
    assert {answer.headers[b"x-accord-decision-id"].decode() for answer in answers} <= written
    assert len(written) == len(lines)
    assert lines[0]["request"] == lines[1]["request"] != lines[3]["request"]
    assert {one["route"] for one in lines} == {"chat"}
    assert lines[3]["excerpt"] == EVIL
    assert lines[3]["key"] == "anyone"


def test_no_secret_and_no_canary_stands_in_the_log(tmp_path: Path) -> None:
    text = f"{EVIL} the key is {SECRET} and the code {CANARY} {'x' * 3000}"
    there = house({"choices": [{"message": {"content": f"it is {CANARY} and {SECRET}"}}]})
    with logged(there, tmp_path / "log") as lines:
        there.ask(CHAT, {"messages": [{"role": "user", "content": text}]})
        there.ask(CHAT, HI)
        there.upstream.said = Said(
            (b'data: {"choices":[{"index":0,"delta":{"content":"so %s"}}]}\n\n' % CANARY.encode(),), "text/event-stream"
        )
        there.ask(CHAT, {**HI, "stream": True})
    told = json.dumps(lines)
    assert [one["outcome"] for one in lines if one["outcome"] != "allow" and "size" not in one] == ["block"] * 3
    assert CANARY not in told
    assert CANARY[:12] not in told
    assert SECRET not in told
    assert SECRET[8:24] not in told
    assert all(len(one.get("excerpt", "")) <= 160 for one in lines)
    assert (tmp_path / "log").stat().st_mode & 0o077 == 0


def test_what_cannot_be_written_is_not_answered(tmp_path: Path) -> None:
    there = house(FINE)
    there.app.log = DecisionLog(tmp_path / "log")
    os.close(there.app.log._handle)
    answer = there.ask(CHAT, HI)
    assert (answer.status, code_of(answer)) == (503, "ACC-E759")
    assert b"fine" not in answer.body
    assert there.app.metrics.total("log_errors") > 0


def test_a_stream_ends_where_its_decisions_cannot_be_written(tmp_path: Path) -> None:
    data = b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n'
    there = house(stream=[data % b"one", data % CANARY.encode(), b"data: [DONE]\n\n"])
    log = there.app.log = DecisionLog(tmp_path / "log")
    write, count = log.write, 0

    def once(lines: Any) -> None:
        nonlocal count
        count += 1
        if count > 1:
            raise RefusedError("full", code="ACC-E759", status=503)
        write(lines)

    log.write = once  # type: ignore[method-assign]  # a disk that is full from the second line on
    body = there.ask(CHAT, {**HI, "stream": True}).body
    assert b"content_filter" not in body
    assert b"[DONE]" not in body
    log.close()


LINE = b'{"decision":"1","kind":"request"}\n'


@pytest.mark.parametrize("count", [1, 4, 20, len(LINE) - 1])
def test_a_decision_that_was_written_in_part_is_cut_off(tmp_path: Path, count: int) -> None:
    """A worker that is killed as it writes leaves the head of a line, and another goes on in the same file."""
    killed, other = DecisionLog(tmp_path / "log"), DecisionLog(tmp_path / "log")
    killed.write([LINE])
    os.write(killed._handle, LINE[:count])
    other.write([LINE, LINE])
    killed.close()
    other.close()
    assert (tmp_path / "log").read_bytes() == LINE * 3


def test_a_log_that_may_only_grow_goes_on_in_a_new_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(handle: int, size: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "ftruncate", refused)
    (tmp_path / "log").write_bytes(LINE + LINE[:9])
    log = DecisionLog(tmp_path / "log")
    log.write([LINE])
    log.close()
    assert (tmp_path / "log").read_bytes() == LINE + LINE[:9] + b"\n" + LINE


def test_a_disk_that_was_full_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, write = DecisionLog(tmp_path / "log"), os.write
    log.write([LINE])
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:4]))
    with pytest.raises(RefusedError, match="cannot be written whole"):
        log.write([LINE])
    monkeypatch.setattr(os, "write", write)
    log.write([LINE])
    log.close()
    assert (tmp_path / "log").read_bytes() == LINE * 2


@pytest.mark.parametrize(
    "there", [b"notes of ours", b"first\nnotes of ours", b'{"decision": "of another"}', b"x" * (1 << 21)]
)
def test_a_line_of_somebody_else_is_ended_and_kept(tmp_path: Path, there: bytes) -> None:
    (tmp_path / "log").write_bytes(there)
    log = DecisionLog(tmp_path / "log")
    log.write([LINE])
    log.close()
    assert (tmp_path / "log").read_bytes() == there + b"\n" + LINE


def test_a_pipe_may_take_the_log(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    reading = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK)
    log = DecisionLog(tmp_path / "log")
    log.write([LINE])
    log.close()
    assert os.read(reading, 1_000) == LINE
    os.close(reading)


def test_a_log_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path in (tmp_path / "no" / "log", tmp_path / "link", tmp_path):
        with pytest.raises(AccordError) as refused:
            DecisionLog(path)
        assert refused.value.code == "ACC-E759"


def test_a_caller_that_leaves_ends_the_work_for_it() -> None:
    async def tried() -> House:
        there = house(stream=[b": wait\n\n"] * 10_000)
        gone, sent = asyncio.Event(), list[Any]()
        body = json.dumps({**HI, "stream": True}).encode()
        left = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if left:
                return left.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)
            if len(sent) == 5:
                gone.set()

        scope = {"type": "http", "method": "POST", "path": CHAT, "query_string": b"", "headers": []}
        await there.app(scope, receive, send)
        return there

    there = asyncio.run(tried())
    assert there.upstream.gave < 100
    assert there.upstream.closed == 1
    assert there.app.metrics.total("disconnects") == 1
    assert there.app.metrics.total("in_flight") == 0


def test_the_self_test_passes_a_guarded_gateway_and_finds_each_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asyncio.run(unguarded(made_by(), policy(mode=Mode.SHADOW, keys=keys("ann")))) == ()
    blind = lambda _, rules: Pretended(policy(canaries=()), rules)
    assert all("a canary left in an answer" in one for one in asyncio.run(unguarded(blind, policy())))
    deaf = lambda wanted, _: Pretended(wanted, ())
    found = asyncio.run(unguarded(deaf, policy()))
    assert len(found) == 7
    assert all("a request that a rule blocks went on" in one for one in found)
    monkeypatch.setattr(selftest, "ROUTES", [one._replace(stream=None) for one in ROUTES[:1]])
    assert asyncio.run(unguarded(made_by(frozenset({"note"})), policy())) == ()


class _Shelf:
    def __init__(self) -> None:
        self.news = False

    def changed(self) -> bool:
        news, self.news = self.news, False
        return news


def test_new_rules_are_taken_up_within_a_second_and_bad_ones_leave_the_old_in_force() -> None:
    async def tried() -> None:
        there, shelf, said = house(FINE), _Shelf(), list[tuple[str, str]]()
        wanted, broken = policy(canaries=("CANARY-another-one",)), False

        def read() -> Any:
            if broken:
                raise AccordError("guard.yaml is no YAML", code="ACC-E101")
            return wanted

        reloading = Reloading(
            there.app, lambda one: Pretended(one, ()), read, shelf=shelf, say=lambda *told: said.append(told)
        )
        task = asyncio.ensure_future(reloading.run())
        before = there.app.guard
        shelf.news = True
        await asyncio.sleep(0.5)
        assert there.app.guard is not before
        reloading.ask()
        await asyncio.sleep(0.5)
        kept = there.app.guard
        assert kept.policy is wanted
        broken = True
        reloading.ask()
        await asyncio.sleep(0.5)
        assert there.app.guard is kept
        assert [level for level, _ in said] == ["info", "info", "error"]
        assert there.app.metrics.total("reloads") == 2
        task.cancel()

    asyncio.run(tried())


def test_rules_that_were_signed_with_a_key_made_later_and_rules_that_expire_are_news(tmp_path: Path) -> None:
    expires = datetime(2030, 1, 2, tzinfo=UTC)
    now = datetime(2030, 1, 1, tzinfo=UTC)
    keys_known: dict[str, bytes] = {}
    shelf = Renewed(lambda: Shelf(tmp_path / "rules", keys_known), lambda: now)
    assert shelf.changed()
    assert shelf.current().rules == ()
    signer = make_key(tmp_path / "state", "developer")
    rule = GuardRule(
        rule=1,
        id="rule-1",
        case=digest("x"),
        name="x",
        action=Action.BLOCK,
        regex=("x",),
        mode=Mode.ENFORCE,
        expires=expires,
    )
    keys_known[signer.keyid] = signer.public
    Shelf(tmp_path / "rules", keys_known).put((rule,), signer)
    assert shelf.changed()
    assert [one.id for one in shelf.current().rules] == ["rule-1"]
    assert not shelf.changed()
    now = expires
    assert shelf.changed()
    assert shelf.current().rules == ()
    assert not shelf.changed()


def test_a_request_keeps_the_guard_it_began_with() -> None:
    async def tried() -> Answered:
        there = house(stream=[b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % CANARY.encode()])
        strict = there.app.guard
        send = there.upstream.send

        async def slowly(*told: Any) -> Any:
            there.app.take_up(Pretended(policy(canaries=())))
            return await send(*told)

        there.upstream.send = slowly  # type: ignore[assignment, method-assign]  # a reload in the middle of a request
        answer = await ask(there.app, CHAT, json.dumps({**HI, "stream": True}).encode())
        assert there.app.guard is not strict
        return answer

    assert CANARY not in asyncio.run(tried()).body.decode()


def test_another_door_may_answer_a_path_of_its_own() -> None:
    async def extra(visit: Any) -> None:
        made = visit.judge.note(visit.judge.said(Outcome.ALLOW, "", ""), "request")
        await visit.answer(200, b"{}", made)

    there = house(FINE)
    there.app.add({"/mcp": extra})
    assert get(there, "/mcp", "POST").status == 200
    assert Scripted(Said((b"",))).closed == 0
