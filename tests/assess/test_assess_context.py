"""A check sees the world through its context: every look is an input, and no request leaves the declared targets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from accord.assess import context
from accord.assess.context import Look
from accord.assess.context import World as Surroundings
from accord.assess.inputs import Inputs
from accord.assess.prepare import prepare
from accord.core.asset import Asset
from accord.core.call import HttpCall
from accord.core.errors import AccordError, TargetError
from accord.core.settings import MIB, Settings
from accord.core.system import Budget, Call, TargetSpec
from accord.testing import World
from accord.testing.world import MANIFEST, NOON


class Server(ThreadingHTTPServer):
    """A target on loopback that remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.seen: list[tuple[str, str, str | None, bytes]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.append((self.command, self.path, self.headers.get("x-key"), body))
        match self.path:
            case "/moved":
                self._answer(302, b"", ("location", self.server.url + "/elsewhere"))
            case "/large":
                self._answer(200, bytes(3 * MIB))
            case "/wrong":
                self._answer(500, b"x" * (2 * MIB))
            case "/hangs":
                self.server.over.wait(30)
            case "/forever":
                self._stream()
            case "/odd":
                self.wfile.write(b"\x00\x01 not HTTP at all\r\n\r\n")
            case _:
                self._answer(200, b"hello", ("x-mark", "yes"))

    do_POST = do_GET  # noqa: N815  # the name that the server looks for

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("content-length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self._write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.over.is_set() and self._write(b"x" * 65536):
            pass

    def _write(self, data: bytes) -> bool:
        try:
            self.wfile.write(data)
        except OSError:
            return False
        return True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the parent's parameter
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield made
        made.over.set()
        made.shutdown()
        thread.join()


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "w", settings=Settings(max_file=MIB))
    made.write("accord.yaml", MANIFEST + "threats: threats.yaml\n")
    made.write("threats.yaml", "threats: 1\n")
    made.write("a.cfg", "a = 1\n")
    made.write("deep/b.cfg", b"caf\xe9\n")
    return made


def look(world: World, *, network: bool = False, targets: tuple[TargetSpec, ...] = ()) -> Look:
    declared = prepare(world.asked())
    assets, files = declared.inventory.assets, declared.inventory.files
    return Look(
        Surroundings(
            system=replace(declared.system, targets=targets),
            assets=assets,
            catalogue=declared.catalogue,
            threats=declared.threats,
            inputs=Inputs(manifest=declared.manifest, assets=assets, files=files),
            now=NOON,
        ),
        network=network,
    )


def target(url: str, *, requests: int | None = None, name: str = "t") -> TargetSpec:
    return TargetSpec(id=name, call=Call(http=HttpCall(url=url + "/v1")), budget=Budget(requests=requests))


def at(world: World, server: Server, *, requests: int | None = None) -> Look:
    return look(world, network=True, targets=(target(server.url, requests=requests),))


@pytest.mark.parametrize(
    ("what", "kinds"),
    [
        (lambda ctx: ctx.system, {("manifest", "")}),
        (lambda ctx: ctx.assets, {("inventory", "")}),
        (lambda ctx: ctx.threats, {("manifest", ""), ("file", "threats.yaml")}),
        (lambda ctx: ctx.now, {("clock", "")}),
        (lambda ctx: ctx.files("*.cfg", "*.ini"), {("files", "*.cfg\n*.ini")}),
        (lambda ctx: list(ctx.sources("*.cfg")), {("sources", "*.cfg")}),
        (lambda ctx: ctx.text("a.cfg"), {("file", "a.cfg")}),
        (lambda ctx: ctx.text("gone.cfg"), {("file", "gone.cfg")}),
        (lambda ctx: ctx.catalogue, set()),
        (lambda ctx: ctx.skip("a", "b"), set()),
    ],
)
def test_every_look_is_an_input(world: World, what: Callable[[Look], object], kinds: set[tuple[str, str]]) -> None:
    ctx = look(world)
    for _ in range(2):  # the same look twice is one input
        what(ctx)
    assert {(one.kind, one.name) for one in ctx.inputs} == kinds
    assert len(ctx.inputs) == len(kinds)


def test_a_look_at_sources_counts_before_the_first_of_them_is_read(world: World) -> None:
    ctx = look(world)
    next(ctx.sources("**/*.cfg"))
    assert [one.kind for one in ctx.inputs] == ["sources"]


def test_inputs_stand_in_one_order_whatever_was_asked_first(world: World) -> None:
    one, other = look(world), look(world)
    one.text("a.cfg"), one.files("**"), one.system
    other.system, other.files("**"), other.text("a.cfg")
    assert one.inputs == other.inputs


def test_sources_are_text_in_order_of_paths_whatever_their_bytes(world: World) -> None:
    found = list(look(world).sources("**/*.cfg"))
    assert [(one.path, one.text) for one in found] == [("a.cfg", "a = 1\n"), ("deep/b.cfg", "caf\ufffd\n")]


def test_a_source_that_is_too_large_or_gone_is_skipped_and_said(world: World) -> None:
    world.write("big.cfg", bytes(MIB + 1))
    world.write("gone.cfg", "x")
    ctx = look(world)
    (world.root / "gone.cfg").unlink()
    assert [one.path for one in ctx.sources("*.cfg")] == ["a.cfg"]
    assert {one.path: one.reason for one in ctx.skipped} == {
        "big.cfg": "larger than 1 MiB",
        "gone.cfg": "gone.cfg cannot be read: No such file or directory",
    }


def test_one_text_is_none_where_it_is_absent_and_skipped_where_it_cannot_be_read(world: World) -> None:
    (world.root / "link.cfg").symlink_to("/etc/hostname")
    ctx = look(world)
    assert ctx.text("a.cfg") == "a = 1\n"
    assert [ctx.text(name) for name in ("gone.cfg", "n" * 5000, "a\0b")] == [None, None, None]
    assert not ctx.skipped
    assert [ctx.text(name) for name in ("link.cfg", "/etc/hostname", "../system/a.cfg", "deep")] == [None] * 4
    assert [one.path for one in ctx.skipped] == ["link.cfg", "/etc/hostname", "../system/a.cfg", "deep"]


def test_the_first_reason_why_something_was_skipped_is_kept(world: World) -> None:
    ctx = look(world)
    ctx.skip("a\udcff", "first")
    ctx.skip("a\udcff", "second")
    assert [(one.path, one.reason) for one in ctx.skipped] == [("a\\xff", "first")]


def test_an_asset_is_opened_for_reading_and_only_below_the_root(world: World) -> None:
    ctx = look(world)
    with ctx.open(Asset(id="a", kind="dataset", path="a.cfg")) as file:
        assert (file.read(), file.writable()) == (b"a = 1\n", False)
    for path in (None, "../system/a.cfg", "deep", "gone"):
        with pytest.raises(AccordError):
            ctx.open(Asset(id="a", kind="dataset", path=path))


def test_a_target_is_asked_and_its_answer_told(world: World, server: Server) -> None:
    ctx = at(world, server)
    reply = ctx.fetch(server.url + "/ask?x=1", method="POST", headers={"x-key": "k"}, body=b"question")
    assert (reply.status, reply.body) == (200, b"hello")
    assert {name.lower(): value for name, value in reply.headers.items()}["x-mark"] == "yes"
    assert server.seen == [("POST", "/ask?x=1", "k", b"question")]
    assert [one.kind for one in ctx.inputs] == ["live"]


def test_an_error_of_the_target_is_an_answer_and_its_body_is_cut(world: World, server: Server) -> None:
    reply = at(world, server).fetch(server.url + "/wrong")
    assert (reply.status, len(reply.body)) == (500, MIB)


def test_a_body_is_cut_at_one_mebibyte(world: World, server: Server) -> None:
    assert len(at(world, server).fetch(server.url + "/large").body) == MIB


def test_a_target_that_streams_forever_is_cut_too(world: World, server: Server) -> None:
    assert len(at(world, server).fetch(server.url + "/forever").body) == MIB


def test_no_redirect_is_followed(world: World, server: Server) -> None:
    assert at(world, server).fetch(server.url + "/moved").status == 302
    assert [path for _, path, *_ in server.seen] == ["/moved"]


def test_a_target_that_hangs_is_given_up(world: World, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_PATIENCE", 0.2)
    with pytest.raises(TargetError, match="does not answer") as caught:
        at(world, server).fetch(server.url + "/hangs")
    assert caught.value.code == "ACC-E403"


def test_a_target_that_speaks_nonsense_or_is_not_there_is_a_target_error(world: World, server: Server) -> None:
    with pytest.raises(TargetError, match="does not answer"):
        at(world, server).fetch(server.url + "/odd")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(TargetError, match="does not answer"):
        look(world, network=True, targets=(target(url),)).fetch(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost:PORT/",
        "https://127.0.0.1:PORT/",
        "http://user@127.0.0.1:PORT/",
        "http://127.0.0.1:PORT@example.org/",
        "file:///etc/hostname",
        "//127.0.0.1:PORT/",
        "http://[bad",
        "",
    ],
)
def test_nothing_but_the_origin_of_a_declared_target_is_asked(world: World, server: Server, url: str) -> None:
    with pytest.raises(TargetError) as caught:
        at(world, server).fetch(url.replace("PORT", str(server.server_port)))
    assert caught.value.code == "ACC-E404"
    assert not server.seen


def test_a_target_that_is_a_file_is_not_read(world: World) -> None:
    ctx = look(world, network=True, targets=(target("file:///etc"),))
    with pytest.raises(TargetError):
        ctx.fetch("file:///etc/hostname")


def test_a_check_that_did_not_ask_for_the_network_gets_none(world: World, server: Server) -> None:
    with pytest.raises(TargetError, match="did not ask for the network"):
        look(world, targets=(target(server.url),)).fetch(server.url)
    assert not server.seen


def test_the_budget_of_a_target_is_a_hard_limit(world: World, server: Server) -> None:
    ctx = at(world, server, requests=2)
    for _ in range(2):
        ctx.fetch(server.url)
    with pytest.raises(TargetError, match="budget of 2 requests is used up") as caught:
        ctx.fetch(server.url)
    assert caught.value.code == "ACC-E405"
    assert len(server.seen) == 2


def test_each_target_has_a_budget_of_its_own(world: World, server: Server) -> None:
    with Server() as other:
        thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        targets = (target(server.url), target(other.url, requests=1, name="u"))
        ctx = look(world, network=True, targets=targets)
        for _ in range(3):
            ctx.fetch(server.url)
        assert ctx.fetch(other.url).status == 200
        with pytest.raises(TargetError, match="budget of 1 requests"):
            ctx.fetch(other.url)
        other.shutdown()
        thread.join()


def test_a_header_takes_its_value_from_the_environment(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMPLE_KEY", "s3cret")
    at(world, server).fetch(server.url, headers={"x-key": "env:SAMPLE_KEY"})
    assert [key for *_, key, _ in server.seen] == ["s3cret"]


def test_a_header_whose_variable_is_missing_is_said_without_asking(world: World, server: Server) -> None:
    with pytest.raises(TargetError, match="the header x-key needs SAMPLE_KEY in the environment") as caught:
        at(world, server).fetch(server.url, headers={"x-key": "env:SAMPLE_KEY"})
    assert caught.value.code == "ACC-E406"
    assert not server.seen


def test_a_header_that_would_smuggle_another_is_refused(world: World, server: Server) -> None:
    with pytest.raises(TargetError):
        at(world, server).fetch(server.url, headers={"x-key": "a\r\nx-other: b"})
    assert not server.seen


def test_no_proxy_of_the_environment_is_used(world: World, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert at(world, server).fetch(server.url).status == 200
