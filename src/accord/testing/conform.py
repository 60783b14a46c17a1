"""The contract of checks, made executable: run by us on every check, and by plug-ins on theirs."""

from __future__ import annotations

import contextlib
import runpy
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, make_server

from accord.assess.cases import shelved
from accord.assess.context import World as Surroundings
from accord.assess.inputs import Inputs
from accord.assess.plan import Unit, plan
from accord.assess.prepare import Declared, prepare
from accord.assess.run import Ran, look
from accord.core.campaign import CampaignRead
from accord.core.canon import Digest
from accord.core.check import HEADINGS, Check
from accord.core.contracts import Campaigns, Feed, Shelf
from accord.core.finding import Plugin
from accord.core.plugins import Loaded
from accord.core.signatory import Signatories
from accord.record.codec import load
from accord.record.model_signature import signatories
from accord.record.trust import Trust, TrustFile
from accord.scan.supply.feeds import import_feed, list_feeds
from accord.testing.campaigns import play_folder
from accord.testing.world import NOON, World, quiet

_BOUND = 5.0  # seconds for an example folder, far below what a check is given


class _Around(NamedTuple):
    """What stands around an example: feeds, whom to trust, and the folders of campaigns and of cases that came in."""

    feeds: tuple[Feed, ...] = ()
    trusted: Signatories = Signatories()
    campaigns: Path | None = None
    shelf: Path | None = None


_NOTHING = _Around()


def conforms(check: Check, examples: Path) -> None:
    """Run the contract of one check on its folder of examples; raises `AssertionError` that says what is broken.

    `examples/bad` must be found, `examples/good` must pass with nothing left out; both runs must be repeatable,
    bounded and located; the page must be complete. A folder `osv` is imported as a feed, a folder `dot-git`
    stands for `.git`, a `trust.yaml` says whom to trust, files in `campaigns` what attacks came to (`Played` in
    `accord.testing.campaigns`), those in `shared` are cases that came in, and a line `600 log.jsonl` of `modes.txt`
    gives a file its mode, which git does not keep; none is part of the example itself. A
    `serve.py` in a folder holds a WSGI `app`, which is served on loopback while the check runs: `@PORT@` in the
    manifest stands for its port.
    """
    _page_is_complete(check)
    bad = _looks(check, examples / "bad")
    found = [finding for ran in bad for finding in ran.findings]
    assert found, f"{check.code} finds nothing in its bad folder"
    for finding in found:
        where = finding.where
        assert where.path or where.url, f"{check.code} does not say where: {finding.message}"
        assert finding.message[:1] != finding.message[:1].upper() or not finding.message[:1].isalpha(), (
            f"{check.code}: a message begins in lower case: {finding.message}"
        )
        assert not finding.message.endswith("."), f"{check.code}: a message has no full stop: {finding.message}"
        assert finding.fix, f"{check.code} gives no fix: {finding.message}"
    for ran in _looks(check, examples / "good"):
        assert not ran.findings, f"{check.code} cries wolf: {ran.findings[0].message}"
        assert not ran.skipped, f"{check.code} left out {ran.skipped[0].path}: {ran.skipped[0].reason}"


def _page_is_complete(check: Check) -> None:
    assert check.page, f"{check.code} has no page"
    present = [line[3:].strip() for line in check.page.splitlines() if line.startswith("## ")]
    assert present == list(HEADINGS), f"{check.code}: the headings are {present}, not {list(HEADINGS)}"
    assert len(check.title) <= 80, f"{check.code}: the title is longer than 80 characters"


def _looks(check: Check, folder: Path) -> list[Ran]:
    """Look twice at every asset of a folder that the check is about; both looks must agree."""
    assert folder.is_dir(), f"{check.code} has no folder {folder.name}"
    with _laid_out(folder) as (world, around):
        first, second = (_once(check, prepare(world.asked()), around) for _ in range(2))
    assert first, f"{check.code} is not about anything in {folder.name}"
    for one, other in zip(first, second, strict=True):
        assert one.problem is None, f"{check.code} in {folder.name}: {one.problem}"
        assert one.missing is None, f"{check.code} in {folder.name}: {one.missing}"
        assert (one.findings, one.skipped) == (other.findings, other.skipped), f"{check.code} is not repeatable"
        assert one.seconds < _BOUND, f"{check.code} took {one.seconds} s in {folder.name}"
    return first


@contextlib.contextmanager
def _laid_out(folder: Path) -> Iterator[tuple[World, _Around]]:
    """Copy an example into a world of its own, and serve what it serves."""
    with tempfile.TemporaryDirectory() as name, _served(folder) as port:
        world = World(Path(name))
        shutil.copytree(folder, world.root, dirs_exist_ok=True)
        _fill_in(world.root, port)
        yield world, _Around(_feeds(world), _signatories(world), _aside(world, "campaigns"), _shelf(world))


def _once(check: Check, declared: Declared, around: _Around = _NOTHING) -> list[Ran]:
    inventory = declared.inventory
    about = declared.system.system
    ran: tuple[CampaignRead, ...] = ()
    if around.campaigns:
        ran = play_folder(
            around.campaigns, system=about.id, subject=declared.subject, now=NOON, uses=about.prohibited_uses
        )
    attacked = Campaigns(ran, declared.subject)
    shelf = shelved(around.shelf, declared.system) if around.shelf else Shelf()
    world = Surroundings(
        system=declared.system,
        assets=inventory.assets,
        catalogue=declared.catalogue,
        threats=declared.threats,
        inputs=Inputs(
            manifest=declared.manifest,
            assets=inventory.assets,
            files=inventory.files,
            feeds=around.feeds,
            signatories=around.trusted,
            shelf=shelf,
            campaigns=attacked,
        ),
        now=NOON,
        feeds=around.feeds,
        shelf=shelf,
        campaigns=attacked,
    )
    plugin = Plugin(name="example", version="0", digest=Digest("sha256:" + "0" * 64))
    units: tuple[Unit, ...] = plan([Loaded(check, plugin)], declared.system, inventory.assets)
    return [look(unit, world) for unit in units if unit.settled is None]


def _feeds(world: World) -> tuple[Feed, ...]:
    """Import the records of the folder `osv`, and give git's folder the name that no repository can hold."""
    records, git = world.root / "osv", world.root / "dot-git"
    if records.is_dir():
        import_feed(records, world.state, name="example", now=NOON, progress=quiet)
        shutil.rmtree(records)
    if git.is_dir():
        git.rename(world.root / ".git")
    return list_feeds(world.state)


def _signatories(world: World) -> Signatories:
    """Return whom the trust file of an example names, though nobody signed it."""
    source = world.root / "trust.yaml"
    if not source.is_file():
        return Signatories()
    file = load(source, TrustFile, shown=source.name)
    source.unlink()
    return signatories(Trust(file=file, source="trust.yaml"), NOON)


def _aside(world: World, name: str) -> Path | None:
    """Move a folder of an example out of it, and return where it lies then."""
    folder, aside = world.root / name, world.root.parent / name
    return folder.rename(aside) if folder.is_dir() else None


def _shelf(world: World) -> Path | None:
    """Put the cases that came in where a state folder has them."""
    cases = _aside(world, "shared")
    if cases is None:
        return None
    world.state.mkdir(exist_ok=True)
    cases.rename(world.state / "cases")
    return world.state


def _fill_in(root: Path, port: int) -> None:
    manifest = root / "accord.yaml"
    if manifest.is_file():
        manifest.write_text(manifest.read_text("utf-8").replace("@PORT@", str(port)), "utf-8")
    (root / "serve.py").unlink(missing_ok=True)
    modes = root / "modes.txt"
    if modes.is_file():
        for mode, path in map(str.split, modes.read_text("utf-8").splitlines()):
            (root / path).chmod(int(mode, 8))
        modes.unlink()


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[int]:
    """Serve the WSGI `app` of a folder's `serve.py` on loopback, on a free port; 0 where there is none."""
    script = folder / "serve.py"
    if not script.is_file():
        yield 0
        return
    app = runpy.run_path(str(script))["app"]
    with make_server("127.0.0.1", 0, app, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the parent's parameter
        """Say nothing: the request is the test's own."""
