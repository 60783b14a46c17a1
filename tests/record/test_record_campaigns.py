"""Campaigns in the store: nothing is lost, nothing is counted twice, and what is there never changes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import create_engine, text

from accord.core.campaign import Campaign, CampaignGate, Counts, TrialResult, Try
from accord.core.canon import Digest
from accord.core.errors import RecordError
from accord.core.finding import TrustLevel
from accord.core.trial import Message, Reply, ToolCall, Transcript
from accord.record.campaign_files import read_campaigns, write_campaign
from accord.record.campaigns import (
    FINISHED,
    RUNNING,
    STOPPED,
    Begun,
    Campaigns,
    Entry,
    Finished,
    Sent,
    open_campaigns,
)
from accord.record.keys import signing_key
from accord.record.presence import gone, present
from accord.record.writer import Writer

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAN: Final = Digest("sha256:" + "0" * 64)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Campaigns]:
    """Return the campaigns of an empty state folder."""
    with open_campaigns(tmp_path / "state") as campaigns:
        yield campaigns


def begun(name: str, *, minutes: int = 0, state: str = RUNNING) -> Begun:
    return Begun(name, PLAN, NOW + timedelta(minutes=minutes), state, 0.0, b"{}", "")


def sent(trial: int, number: int = 0, text: str | None = "hi", tokens: int = 3) -> Sent:
    tried = Try(status=200, reply_id=f"r{trial}-{number}", error=None if text is not None else "HTTP 500", seconds=0.5)
    calls = (ToolCall(name="pay", args={"to": "é😀", "n": [1, None, {"deep": 2.5}]}),)
    return Sent(trial, number, tried, tokens, None if text is None else Reply(text=text, tool_calls=calls, id="x"))


def finished(trial: int, outcome: str = "held") -> Finished:
    said = Transcript(messages=(Message(role="assistant", content="I said\x00 so 😀"),), vars={"a": "b"})
    return Finished(trial, TrialResult(trial=f"t{trial}", outcome=outcome, span="so"), said)


def test_a_campaign_is_found_by_its_id_its_beginning_or_as_the_newest(store: Campaigns) -> None:
    for number, name in enumerate(("aaaa1111", "aabb2222", "cccc3333")):
        store.begin(begun(name, minutes=-number))
    assert store.find() == begun("aaaa1111")
    assert store.find("cccc3333") == begun("cccc3333", minutes=-2)
    assert store.find("aab") == begun("aabb2222", minutes=-1)
    assert store.find("dddd") is None
    assert store.find("%") is None
    assert store.find("a_bb") is None


def test_of_two_that_began_in_the_same_moment_the_later_one_is_newest(store: Campaigns) -> None:
    store.begin(begun("first"))
    store.begin(begun("second"))
    found = store.find()
    assert found is not None
    assert found.id == "second"


def test_only_unfinished_campaigns_can_be_gone_on_with(store: Campaigns) -> None:
    store.begin(begun("old", minutes=-2))
    store.begin(begun("stopped", minutes=-1))
    store.begin(begun("done"))
    store.end("done", FINISHED, seconds=1)
    store.end("stopped", STOPPED, seconds=1.5, reason="the budget is spent")
    store.end("stopped", STOPPED, seconds=2, reason="the target is down")
    found = store.find(unfinished=True)
    assert found is not None
    assert (found.id, found.state, found.seconds, found.reason) == ("stopped", STOPPED, 3.5, "the target is down")
    assert store.find("done", unfinished=True) is None


def test_beginning_twice_changes_nothing(store: Campaigns) -> None:
    assert store.begin(begun("one"))
    assert not store.begin(begun("one", minutes=5, state=FINISHED))
    assert store.find("one") == begun("one")


def test_what_was_sent_and_found_comes_back_as_it_was(store: Campaigns) -> None:
    rows: list[Entry] = [sent(3), sent(3, 1, None), sent(4), finished(3), finished(4, "broke")]
    store.write("c", rows)
    assert store.sent("c", 0, 10) == {3: [sent(3), sent(3, 1, None)], 4: [sent(4)]}
    assert store.finished("c", 0, 10) == {3, 4}
    assert store.finished("c", 4, 5) == {4}
    assert store.finished("c", 0, 3) == frozenset()
    results = dict(store.results("c"))
    assert results[4].outcome == "broke"
    assert [tried.error for tried in results[3].tries] == [None, "HTTP 500"]
    assert store.transcript("c", 3) == finished(3).transcript
    assert store.transcript("c", 9) is None


def test_what_is_there_already_stays_as_it_is(store: Campaigns) -> None:
    store.write("c", [sent(1), finished(1, "broke")])
    store.write("c", [sent(1, text="other"), finished(1, "held"), sent(1, 1)])
    assert store.sent("c", 0, 2)[1] == [sent(1), sent(1, 1)]
    assert dict(store.results("c"))[1].outcome == "broke"


def test_campaigns_do_not_see_one_another(store: Campaigns) -> None:
    store.write("one", [sent(1), finished(1)])
    store.write("two", [sent(1), sent(1, 1)])
    assert store.spent("one") == (1, 3)
    assert store.spent("two") == (2, 6)
    assert store.spent("none") == (0, 0)
    assert dict(store.results("two")) == {}


def test_more_results_than_a_page_holds_come_in_order(store: Campaigns) -> None:
    places = [*range(0, 5_000, 2)]
    store.write("c", [finished(at) for at in reversed(places)])
    store.write("c", [sent(at) for at in places])
    found = list(store.results("c"))
    assert [at for at, _ in found] == places
    assert all(len(result.tries) == 1 for _, result in found)


def test_a_transcript_is_named_by_its_digest(store: Campaigns) -> None:
    store.write("c", [finished(1), finished(2)])
    one, two = dict(store.results("c")).values()
    assert one.transcript == two.transcript
    assert str(one.transcript).startswith("sha256:")


def test_rows_survive_the_process_that_wrote_them(tmp_path: Path) -> None:
    for number in range(3):
        with open_campaigns(tmp_path) as campaigns:
            campaigns.write("c", [sent(number)])
    with open_campaigns(tmp_path) as campaigns:
        assert campaigns.spent("c") == (3, 9)


def test_a_store_that_is_damaged_is_told_as_an_error(tmp_path: Path) -> None:
    with open_campaigns(tmp_path) as campaigns:
        campaigns.write("c", [sent(1)])
        engine = create_engine(f"sqlite:///{tmp_path / 'accord.db'}")
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE campaign_try"))
        engine.dispose()
        with pytest.raises(RecordError, match="the store cannot be used") as caught:
            campaigns.write("c", [sent(2)])
    assert caught.value.code == "ACC-E530"


def test_a_state_folder_that_is_a_file_is_told_as_an_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(RecordError):
        open_campaigns(tmp_path / "state")


def test_what_was_written_and_waited_for_is_durable(store: Campaigns) -> None:
    async def scene() -> None:
        writer = Writer(store, "c")
        await asyncio.gather(*(writer.kept(sent(number)) for number in range(300)))
        assert store.spent("c")[0] == 300
        writer.hand(finished(1))
        await writer.kept()
        assert store.finished("c", 0, 2) == {1}
        writer.close()

    asyncio.run(scene())


def test_closing_writes_what_nobody_waited_for(store: Campaigns) -> None:
    async def scene() -> None:
        writer = Writer(store, "c")
        for number in range(50):
            writer.hand(finished(number))
        writer.close()

    asyncio.run(scene())
    assert len(store.finished("c", 0, 50)) == 50


def test_many_entries_share_a_commit(store: Campaigns, monkeypatch: pytest.MonkeyPatch) -> None:
    commits, go = [], threading.Event()
    write = store.write

    def slow(campaign: str, rows: list[Entry]) -> None:
        go.wait(5)
        commits.append(len(rows))
        write(campaign, rows)

    monkeypatch.setattr(store, "write", slow)

    async def scene() -> None:
        writer = Writer(store, "c")
        waiting = [asyncio.create_task(writer.kept(sent(number))) for number in range(200)]
        await asyncio.sleep(0.05)
        go.set()
        await asyncio.gather(*waiting)
        writer.close()

    asyncio.run(scene())
    assert sum(commits) == 200
    assert len(commits) <= 3


def test_a_commit_that_fails_is_told_to_everybody_who_waits_now_and_later(
    store: Campaigns, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_campaign: str, _rows: object) -> None:
        raise RecordError("the disk is full", code="ACC-E530")

    monkeypatch.setattr(store, "write", full)

    async def scene() -> None:
        writer = Writer(store, "c")
        for found in await asyncio.gather(*(writer.kept(sent(n)) for n in range(5)), return_exceptions=True):
            assert isinstance(found, RecordError)
        with pytest.raises(RecordError, match="full"):
            await writer.kept()
        writer.hand(sent(9))
        writer.close()

    asyncio.run(asyncio.wait_for(scene(), 10))


def test_a_failure_that_nobody_foresaw_keeps_nobody_waiting(store: Campaigns, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_campaign: str, _rows: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(store, "write", broken)
    monkeypatch.setattr(threading, "excepthook", lambda _told: None)

    async def scene() -> None:
        writer = Writer(store, "c")
        for _ in range(2):
            with pytest.raises(RecordError, match="nothing more is written"):
                await asyncio.wait_for(writer.kept(sent(1)), 5)
        writer.close()

    asyncio.run(scene())


def test_nobody_waits_for_a_writer_that_was_closed(store: Campaigns) -> None:
    async def scene() -> None:
        writer = Writer(store, "c")
        writer.close()
        with pytest.raises(RecordError):
            await asyncio.wait_for(writer.kept(sent(1)), 5)

    asyncio.run(scene())


def test_who_gave_up_waiting_does_not_break_the_writer(store: Campaigns) -> None:
    async def scene() -> None:
        writer = Writer(store, "c")
        waiting = asyncio.create_task(writer.kept(sent(1)))
        await asyncio.sleep(0)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        await writer.kept(sent(2))
        writer.close()

    asyncio.run(scene())
    assert store.spent("c")[0] == 2


def campaign(name: str, system: str = "shop", minutes: int = 0) -> Campaign:
    return Campaign(
        campaign=name,
        plan=PLAN,
        seed=7,
        target="m at http://127.0.0.1/v1",
        created=NOW + timedelta(minutes=minutes),
        trials=1,
        requests=2,
        seconds=0.5,
        outcomes=Counts(held=1),
        cases=(),
        gate=CampaignGate(passed=True),
        system=system,
    )


def test_a_signed_campaign_is_read_again_newest_first(tmp_path: Path) -> None:
    signer = signing_key(tmp_path, {})
    for number, name in enumerate(("aa", "bb", "cc")):
        write_campaign(tmp_path, campaign(name, minutes=-number), signer)
    write_campaign(tmp_path, campaign("dd", system="other"), signer)
    keys = {signer.keyid: signer.public}
    found = read_campaigns(tmp_path, "shop", keys=keys, level=lambda _key: TrustLevel.SELF)
    assert [one.campaign.campaign for one in found] == ["aa", "bb", "cc"]
    assert {one.keyid for one in found} == {signer.keyid}
    assert found[0].campaign == campaign("aa")


def test_a_campaign_that_was_changed_or_that_nobody_known_signed_counts_for_nothing(tmp_path: Path) -> None:
    signer = signing_key(tmp_path, {})
    path = write_campaign(tmp_path, campaign("aa"), signer)
    keys = {signer.keyid: signer.public}
    assert read_campaigns(tmp_path, "shop", keys={}, level=lambda _key: TrustLevel.SELF) == ()
    path.write_bytes(
        path.read_bytes().replace(b'"payload":"e', b'"payload":"f').replace(b'"payload": "e', b'"payload": "f')
    )
    (path.parent / "bb.json").write_text("{")
    (path.parent / "cc.json").mkdir()
    assert read_campaigns(tmp_path, "shed", keys=keys, level=lambda _key: TrustLevel.SELF) == ()


def test_a_folder_without_campaigns_holds_none(tmp_path: Path) -> None:
    assert read_campaigns(tmp_path / "nowhere", "shop", keys={}, level=lambda _key: TrustLevel.SELF) == ()


def test_a_campaign_that_cannot_be_kept_is_an_error(tmp_path: Path) -> None:
    signer = signing_key(tmp_path, {})
    (tmp_path / "campaigns").write_text("in the way")
    with pytest.raises(RecordError, match="the campaign cannot be kept"):
        write_campaign(tmp_path, campaign("aa"), signer)


@pytest.mark.postgres
def test_the_same_rows_on_postgresql(tmp_path: Path) -> None:
    url = os.environ["ACCORD_TEST_PG_URL"]
    name = os.urandom(8).hex()
    with open_campaigns(tmp_path, url=url) as campaigns:
        assert campaigns.begin(begun(name))
        assert not campaigns.begin(begun(name))
        campaigns.write(name, [sent(1), sent(1, 1, None), finished(1, "broke")])
        campaigns.write(name, [sent(1, text="other"), finished(1)])
        assert campaigns.sent(name, 0, 2) == {1: [sent(1), sent(1, 1, None)]}
        assert dict(campaigns.results(name))[1].outcome == "broke"
        assert campaigns.transcript(name, 1) == finished(1).transcript
        assert campaigns.spent(name) == (2, 6)
        campaigns.end(name, FINISHED, seconds=1)


@pytest.mark.postgres
def test_who_is_present_is_not_gone_until_it_ends() -> None:
    url, name = os.environ["ACCORD_TEST_PG_URL"], os.urandom(8).hex()
    with present(url, name):
        assert gone(url, (name, f"other {name}")) == (f"other {name}",)
    assert gone(url, (name,)) == (name,)


@pytest.mark.postgres
def test_two_processes_cannot_have_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    url, name = os.environ["ACCORD_TEST_PG_URL"], os.urandom(8).hex()
    monkeypatch.setattr("accord.record.presence._PATIENCE", 0.2)
    taken = pytest.raises(RecordError, match="another process is called")
    with present(url, name), taken as caught, present(url, name):
        pass
    assert caught.value.code == "ACC-E657"


def test_presence_on_a_database_that_is_not_there_is_an_error() -> None:
    with pytest.raises(RecordError, match="the store cannot be used"):
        gone("postgresql+psycopg://127.0.0.1:9/none", ("x",))
