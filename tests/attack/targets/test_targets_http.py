"""An HTTP endpoint is asked by its template, fed through its own doors, and never hangs, floods or fools us."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

import pytest

from accord.attack.targets.http import HttpEndpoint
from accord.attack.targets.line import Line, Opening
from accord.attack.targets.replies import MOST_BYTES
from accord.core.call import HttpCall, HttpPlant, HttpState, HttpUndo
from accord.core.contracts import Target
from accord.core.errors import TargetError
from accord.core.system import Tool
from accord.core.trial import Capability, Delivery, Reply, Turn

Serve = Callable[[Callable[[Any], bytes | Iterable[bytes]]], str]
OPENING = Opening(trial="t", tools=(Tool(id="mail", does="send-message", args={"recipient": "to"}),))


def answer(content: object, *, status: str = "200 OK", kind: str = "application/json", extra: str = "") -> bytes:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{extra}Connection: close\r\n\r\n"
    )
    return head.encode() + body


def noted(seen: list[Any], value: Any, content: object, *, kind: str = "application/json") -> bytes:
    seen.append(value)
    return answer(content, kind=kind)


def run(
    call: HttpCall, line: Line, work: Callable[[Target], Coroutine[Any, Any, Any]], *, sessions: int = 1
) -> list[Any]:
    async def inside() -> list[Any]:
        endpoint = HttpEndpoint(call)
        await endpoint.open()
        found = []
        try:
            for _ in range(sessions):
                async with endpoint.session(line, OPENING) as session:
                    found.append(await work(session))
        finally:
            await endpoint.close()
        return found

    return asyncio.run(inside())


def asked(call: HttpCall, line: Line, text: str = "hello") -> Reply:
    reply: Reply = run(call, line, lambda session: session.ask(Turn(text=text)))[0]
    return reply


def refused(call: HttpCall, line: Line) -> str:
    with pytest.raises(TargetError) as caught:
        asked(call, line)
    return caught.value.message


def test_a_service_of_the_usual_form_needs_no_template(serve: Serve, line: Line) -> None:
    seen: list[Any] = []
    url = serve(lambda got: noted(seen, got.said, {"answer": "30 days", "sources": []}))
    assert asked(HttpCall(url=url), line, 'say "hi"\n\ud800').text == "30 days"
    assert seen == [{"message": 'say "hi"\n\ud800'}]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"reply": "a"}, "a"),
        ({"message": {"role": "assistant", "content": "b"}}, "b"),
        ({"content": [{"type": "text", "text": "c"}, {"type": "image"}, {"type": "text", "text": "d"}]}, "cd"),
        ({"choices": [{"message": {"content": "e"}}]}, "e"),
        ("f", "f"),
        ({"answer": None}, ""),
        ({"answer": "\ud800 cut"}, "? cut"),
    ],
)
def test_the_text_is_found_in_the_usual_places(serve: Serve, line: Line, content: object, text: str) -> None:
    url = serve(lambda _: answer(content))
    assert asked(HttpCall(url=url), line).text == text


def test_a_template_says_where_everything_stands(serve: Serve, line: Line) -> None:
    seen: list[Any] = []
    found = {"out": [{"say": "ok"}], "acts": [{"tool": "mail", "arguments": '{"to": "x@a.example"}'}], "why": "length"}
    url = serve(lambda got: noted(seen, got, found))
    call = HttpCall(
        url=f"{url}/v2?s={{{{session}}}}",
        method="put",
        headers={"X-Session": "{{session}}"},
        body='{"q": {"text": "{{text}}"}, "all": {{messages}}}',
        answer="out.0.say",
        calls="acts",
        stopped="why",
    )
    reply = asked(call, line, '"}')
    assert (reply.text, reply.stopped) == ("ok", "length")
    assert reply.tool_calls[0].does == "send-message"
    assert dict(reply.tool_calls[0].args) == {"to": "x@a.example", "recipient": "x@a.example"}
    assert seen[0].method == "PUT"
    assert seen[0].said == {"q": {"text": '"}'}, "all": [{"role": "user", "content": '"}'}]}
    assert seen[0].path == f"/v2?s={seen[0].headers['x-session']}"


def test_a_session_is_the_same_within_a_trial_and_fresh_in_the_next(serve: Serve, line: Line) -> None:
    seen: list[str] = []
    url = serve(lambda got: noted(seen, got.said["conversation"], {"answer": "ok"}))

    async def twice(session: Target) -> None:
        await session.ask(Turn(text="a"))
        await session.ask(Turn(text="b"))

    run(HttpCall(url=url, session="conversation"), line, twice, sessions=2)
    assert seen[0] == seen[1] != seen[2] == seen[3]
    by_header: list[str] = []
    url = serve(lambda got: noted(by_header, got.headers["x-s"], {"answer": "ok"}))
    asked(HttpCall(url=url, session="header:X-S"), line)
    assert by_header[0]


def test_a_form_and_a_plain_text_are_escaped_in_their_own_way(serve: Serve, line: Line) -> None:
    seen: list[bytes] = []
    url = serve(lambda got: noted(seen, got.body, b"fine", kind="text/plain"))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert asked(HttpCall(url=url, headers=form, body="q={{text}}"), line, "a&b=c").text == "fine"
    assert asked(HttpCall(url=url, body="{{text}} {{session}} {{other}}"), line, "{{session}}").text == "fine"
    assert seen[0] == b"q=a%26b%3Dc"
    assert seen[1].startswith(b"{{session}} ")
    assert seen[1].endswith(b" {{other}}")


@pytest.mark.parametrize("template", ["{{text}}", '{"q": "{{text}}"}', "q={{text}}"])
def test_half_a_character_can_be_said_in_every_form(serve: Serve, line: Line, template: str) -> None:
    url = serve(lambda _: answer({"answer": "ok"}))
    kind = "application/x-www-form-urlencoded" if template.startswith("q") else "text/plain"
    call = HttpCall(url=f"{url}/{{{{text}}}}", headers={"Content-Type": kind, "X": "{{text}}"}, body=template)
    assert asked(call, line, "a\ud800\r\nb").text == "ok"


def test_a_stream_of_events_is_read_to_its_end(serve: Serve, line: Line) -> None:
    data = [{"choices": [{"delta": {"content": part}}]} for part in ("for", "ty")]
    body = "".join(f"data: {json.dumps(one)}\r\n\r\n" for one in data) + "data: [DONE]\n\n"
    url = serve(lambda _: answer(body.encode(), kind="text/event-stream"))
    assert asked(HttpCall(url=url), line).text == "forty"


@pytest.mark.parametrize(
    ("calls", "problem"),
    [
        (3, "tool calls are a int, not a list"),
        ([3], "tool call 0 is a int"),
        ([{"args": {}}], "tool call 0 has no name"),
        ([{"name": {"x": 1}}], "tool call 0 has no name"),
        ([{"name": "a"}] * 300, "more than 256 tool calls"),
    ],
)
def test_tool_calls_of_a_wrong_shape_are_told_and_never_passed_over(
    serve: Serve, line: Line, calls: object, problem: str
) -> None:
    url = serve(lambda _: answer({"answer": "ok", "tool_calls": calls}))
    assert problem in refused(HttpCall(url=url, calls="tool_calls"), line)


def test_arguments_that_are_broken_json_are_kept_as_they_are(serve: Serve, line: Line) -> None:
    items = [
        {"function": {"name": "mail", "arguments": '{"to": "x'}},
        {"name": "b", "args": [1e999, 2**70, {"deep": {}}]},
    ]
    url = serve(lambda _: answer({"answer": "ok", "tool_calls": items}))
    first, second = asked(HttpCall(url=url, calls="tool_calls"), line).tool_calls
    assert dict(first.args) == {"arguments": '{"to": "x'}
    assert second.args["arguments"] == ["inf", str(2**70), {"deep": {}}]


def test_capabilities_are_what_the_template_declares() -> None:
    call = HttpCall(url="http://127.0.0.1:1", calls="t", plant={"memory": HttpPlant(url="m")}, state=HttpState(url="s"))
    endpoint = HttpEndpoint(call)
    assert endpoint.capabilities == {Capability.TOOL_CALLS, Capability.MEMORY, Capability.STATE}
    assert endpoint.shared
    assert HttpEndpoint(HttpCall(url="http://127.0.0.1:1")).capabilities == set()


class Store:
    """A victim with documents, as the helpdesk has them."""

    def __init__(self, *, keeps: bool = False) -> None:
        self.documents = {"faq.md": "30 days"}
        self.keeps = keeps

    def __call__(self, got: Any) -> bytes:
        if got.method == "DELETE":
            if self.keeps:
                return answer({"error": "no"}, status="500 Internal Server Error")
            gone = self.documents.pop(got.path.rpartition("/")[2], None)
            return answer({}, status="404 Not Found" if gone is None else "200 OK")
        if got.path == "/documents":
            self.documents[got.said["name"]] = got.said["text"]
            return answer({}, status="201 Created")
        if got.path == "/state":
            return answer({"store": {"count": len(self.documents)}})
        return answer({"answer": " ".join(self.documents.values())})


PLANT = HttpPlant(url="/documents", undo=HttpUndo(url="/documents/{{name}}"))


def test_a_document_is_planted_for_real_seen_and_taken_back(serve: Serve, line: Line) -> None:
    store = Store()
    url = serve(store)
    call = HttpCall(url=f"{url}/chat", plant={"retrieval": PLANT}, state=HttpState(url=f"{url}/state", path="store"))

    async def work(session: Target) -> tuple[str, Any, Any]:
        before = await session.state()
        await session.plant(Delivery(channel="retrieval", name="faq.md", text="EVIL"))
        return (await session.ask(Turn(text="?"))).text, before, await session.state()

    assert run(call, line, work) == [("30 days EVIL", {"count": 1}, {"count": 2})]
    assert store.documents == {"faq.md": "30 days"}  # a document of the same name was not replaced


def test_what_is_planted_is_taken_back_after_a_crash_too(serve: Serve, line: Line) -> None:
    store = Store()
    call = HttpCall(url=f"{serve(store)}/chat", plant={"retrieval": PLANT})

    async def work(session: Target) -> None:
        await session.plant(Delivery(channel="retrieval", name="../../x y.md", text="EVIL"))
        raise KeyError("boom")

    with pytest.raises(KeyError):
        run(call, line, work)
    assert store.documents == {"faq.md": "30 days"}


def test_a_text_that_does_not_go_away_stops_the_next_trial(serve: Serve, line: Line) -> None:
    call = HttpCall(url=f"{serve(Store(keeps=True))}/chat", plant={"retrieval": PLANT})

    async def work(session: Target) -> None:
        await session.plant(Delivery(channel="retrieval", name="faq.md", text="EVIL"))

    with pytest.raises(TargetError) as caught:
        run(call, line, work, sessions=2)
    assert caught.value.code == "ACC-E664"


def test_a_channel_without_a_door_is_refused(line: Line) -> None:
    with pytest.raises(TargetError) as caught:
        run(HttpCall(url="http://127.0.0.1:1"), line, lambda one: one.plant(Delivery(channel="memory", text="x")))
    assert caught.value.code == "ACC-E663"


def test_a_file_is_uploaded_as_a_form(serve: Serve, line: Line) -> None:
    seen: list[Any] = []
    url = serve(lambda got: noted(seen, got, {}))
    plan = HttpPlant(url="/upload", file="document")
    run(
        HttpCall(url=url, plant={"file": plan}),
        line,
        lambda one: one.plant(Delivery(channel="file", name="cv.pdf", text="EVIL")),
    )
    assert b'name="document"; filename="cv-' in seen[0].body
    assert b"%PDF-1.7" in seen[0].body
    assert seen[0].headers["content-type"].startswith("multipart/form-data")


def forever() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
    while True:
        yield b'"' + b"a" * 65536


def bomb() -> bytes:
    return answer(gzip.compress(b"a" * (64 * MOST_BYTES)), extra="Content-Encoding: gzip\r\n")


@pytest.mark.parametrize(
    ("respond", "problem"),
    [
        (lambda _: forever(), "larger than"),
        (lambda _: bomb(), "larger than"),
        (lambda _: answer(b"a" * (MOST_BYTES + 1), kind="text/plain"), "larger than"),
        (lambda _: answer(b"<html>log in</html>"), "not JSON"),
        (lambda _: answer(b"<html>log in</html>", kind="text/html"), "a web page"),
        (lambda _: answer(b'{"answer": "cut'), "not JSON"),
        (lambda _: answer(b"[" * 100_000), "not JSON"),
        (lambda _: answer({"error": "overloaded"}), "an `error`"),
        (lambda _: answer({"answer": {"n": 3}}), "none of answer"),
        (lambda _: answer(b"", kind="application/json"), "not JSON"),
        (lambda _: answer({"answer": "x"}, extra="Content-Encoding: br\r\n"), "was not asked for"),
        (lambda _: answer(b"not gzip", extra="Content-Encoding: gzip\r\n"), "broken compressed body"),
        (lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "does not answer"),
        (lambda _: b"SSH-2.0-nonsense\r\n\r\n", "does not answer"),
        (lambda _: b"", "does not answer"),
        (lambda _: b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "does not answer"),
        (lambda _: answer(b"", status="302 Found", extra="Location: http://198.51.100.1/x\r\n"), "another origin"),
        (lambda _: answer(b"", status="302 Found", extra="Location: /login\r\n"), "another address"),
        (lambda _: answer(b"", status="307 Again", extra="Location: /\r\n"), "another address"),
        (lambda _: answer({"detail": "no"}, status="500 Oops"), "status 500"),
    ],
)
def test_a_lying_endless_or_broken_answer_is_a_failure(
    serve: Serve, line: Line, respond: Callable[[Any], bytes | Iterable[bytes]], problem: str
) -> None:
    began = time.monotonic()
    assert problem in refused(HttpCall(url=serve(respond)), line)
    assert time.monotonic() - began < 3


def test_a_target_that_is_down_is_a_failure(serve: Serve, line: Line) -> None:
    assert "does not answer" in refused(HttpCall(url="http://127.0.0.1:9"), line)


def test_a_slow_drip_ends_with_the_patience_of_the_line(serve: Serve, line: Line) -> None:
    def drip() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            time.sleep(0.2)
            yield b" "

    began = time.monotonic()
    assert refused(HttpCall(url=serve(lambda _: drip())), line) == "timeout"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("utf-16", '{"answer": "né"}'.encode("utf-16"), "né"),
        ("latin-1", '{"answer": "né"}'.encode("latin-1"), "né"),
        ("utf-8", b'{"answer": "n\xff"}', "n\ufffd"),
        ("zlib_codec", b'{"answer": "n"}', "n"),
        ("punycode", b'{"answer": "n"}', "n"),
        ("no-such", b'{"answer": "n"}', "n"),
    ],
)
def test_an_encoding_is_believed_only_where_it_is_one(
    serve: Serve, line: Line, charset: str, data: bytes, text: str
) -> None:
    url = serve(lambda _: answer(data, kind=f"application/json; charset={charset}"))
    assert asked(HttpCall(url=url), line).text == text


def test_compressed_answers_are_read_although_none_was_asked_for(serve: Serve, line: Line) -> None:
    url = serve(lambda _: answer(gzip.compress(b'{"answer": "small"}'), extra="Content-Encoding: gzip\r\n"))
    assert asked(HttpCall(url=url), line).text == "small"


def test_a_redirect_on_the_origin_keeps_method_and_body(serve: Serve, line: Line) -> None:
    def respond(got: Any) -> bytes:
        if got.path == "/":
            return answer(b"", status="308 Moved", extra="Location: /chat\r\n")
        return answer({"answer": f"{got.method} {got.said['message']}"})

    assert asked(HttpCall(url=serve(respond)), line).text == "POST hello"


@pytest.mark.parametrize(
    ("head", "wait"),
    [("5", 5.0), ("99999999", 3600.0), ("-3", 0.0), ("soon", None), ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0)],
)
def test_too_much_to_do_is_told_with_the_time_to_wait(serve: Serve, line: Line, head: str, wait: float | None) -> None:
    url = serve(lambda _: answer({}, status="429 Too Many", extra=f"Retry-After: {head}\r\n"))
    told = refused(HttpCall(url=url), line)
    assert f"retry_after={wait}" in told
    assert "limited=True" in told


def test_what_a_guard_blocked_is_an_answer_and_another_403_is_not(serve: Serve, line: Line) -> None:
    error = {"error": {"type": "guard_blocked", "code": "r1", "message": "hidden instruction"}}
    url = serve(lambda _: answer(error, status="403 Forbidden"))
    assert asked(HttpCall(url=url), line).text == "blocked by the guard: hidden instruction"
    url = serve(lambda _: answer({"error": "token"}, status="403 Forbidden"))
    assert "again=False" in refused(HttpCall(url=url), line)


def test_a_credential_is_in_no_name_error_or_answer(serve: Serve, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "Bearer very-secret-token")
    headers = {"Authorization": "env:TOKEN"}
    url = serve(lambda got: answer({"answer": f"you sent {got.headers['authorization']}"}))
    call = HttpCall(url=url.replace("//", "//user:hidden-word@") + "/chat?key=1", headers=headers)
    assert HttpEndpoint(call).name == f"{url}/chat"
    reply = asked(HttpCall(url=url, headers=headers), line)
    assert reply.text == "you sent [credential]"
    assert "very-secret" not in reply.raw
    url = serve(lambda got: answer({"x": got.headers["authorization"][7:]}, status="400 Bad"))
    assert "very-secret" not in refused(HttpCall(url=url, headers=headers), line)


def test_a_missing_credential_is_told_before_anything_is_sent(line: Line) -> None:
    with pytest.raises(TargetError) as caught:
        asked(HttpCall(url="http://127.0.0.1:1", headers={"Authorization": "env:NOT_THERE"}), line)
    assert caught.value.code == "ACC-E406"


def test_credentials_stay_on_the_origin_of_the_target(
    serve: Serve, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "very-secret-token")
    seen: list[dict[str, str]] = []
    other = serve(lambda got: noted(seen, got.headers, {}))
    url = serve(lambda got: noted(seen, got.headers, {}))
    call = HttpCall(
        url=url,
        headers={"X-Api-Key": "env:TOKEN"},
        plant={"memory": HttpPlant(url=f"{other}/m"), "retrieval": HttpPlant(url="/d")},
    )

    async def work(session: Target) -> None:
        await session.plant(Delivery(channel="memory", text="x"))
        await session.plant(Delivery(channel="retrieval", text="x"))

    run(call, line, work)
    assert ["x-api-key" in headers for headers in seen] == [False, True]


@pytest.mark.parametrize("state", [[], "text", {"other": 1}])
def test_a_state_that_is_no_mapping_is_a_failure(serve: Serve, line: Line, state: object) -> None:
    url = serve(lambda _: answer(state))
    call = HttpCall(url=url, state=HttpState(url="/state", path="store" if isinstance(state, dict) else None))
    with pytest.raises(TargetError, match="the state is"):
        run(call, line, lambda session: session.state())
