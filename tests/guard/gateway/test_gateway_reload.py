"""Several workers and one policy: whoever reads it when, in the end all have the same in force, and say so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from gatekeeping import Pretended, Said, Scripted, policy

from accord.core.errors import ManifestError
from accord.core.guard import GuardPolicy
from accord.guard.gateway import reload
from accord.guard.gateway.door import Gateway
from accord.guard.gateway.reload import Reloading
from accord.guard.gateway.selftest import ask
from accord.guard.gateway.shared import Rows

ONE, TWO, THREE = (policy(canaries=(f"CANARY-number-{n}",)) for n in (1, 2, 3))


class Workers:
    """Two workers of one gateway in one process, and the file that both read."""

    def __init__(self, found: Iterator[GuardPolicy | Exception]) -> None:
        rows = Rows(2)
        self._found = found
        self.said: list[str] = []
        self.read = 0
        self.gateways = [
            Gateway(Pretended(ONE), Scripted(Said((b'{"choices": []}',))), rows=rows, worker=n) for n in (0, 1)
        ]
        self.loaders = [
            Reloading(one, Pretended, self._policy, shelf=None, say=lambda _, text: self.said.append(text))
            for one in self.gateways
        ]

    def _policy(self) -> GuardPolicy:
        self.read += 1
        found = next(self._found)
        if isinstance(found, Exception):
            raise found
        return found

    async def settle(self, reads: int) -> None:
        """Let the workers look for news until the file was read so often, and a while longer."""
        running = [asyncio.ensure_future(one.run()) for one in self.loaders]
        for _ in range(500):
            await asyncio.sleep(reload.EVERY)
            if self.read >= reads:
                break
        await asyncio.sleep(reload.EVERY * 8)
        for one in running:
            one.cancel()

    async def health(self, number: int) -> dict[str, object]:
        told: dict[str, object] = json.loads((await ask(self.gateways[number], "/health", b"", method="GET")).body)
        return told


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "EVERY", 0.01)


def test_workers_that_read_a_changing_policy_at_different_times_end_with_the_same_one() -> None:
    async def tried() -> None:
        there = Workers(iter([TWO, THREE, THREE, THREE]))  # the file changes between the two readings of one signal
        for one in there.loaders:
            one.ask()
        await there.settle(3)
        assert {one.guard.policy.canaries for one in there.gateways} == {THREE.canaries}
        assert (await there.health(0))["workers"] == (await there.health(1))["workers"]

    asyncio.run(tried())


def test_health_tells_that_workers_differ_and_what_the_slowest_has() -> None:
    async def tried() -> None:
        there = Workers(iter([TWO]))
        first = (await there.health(0))["workers"]
        assert first == {
            "count": 2,
            "agree": True,
            "slowest": {name: there.gateways[0].guard.digests[at][:19] for at, name in enumerate(("policy", "rules"))},
        }
        there.gateways[1].take_up(Pretended(TWO))
        there.gateways[1].agreement.tell(there.gateways[1].guard.digests)
        later = await there.health(1)
        assert later["policy"] == there.gateways[1].guard.digests[0]
        assert later["workers"] == {**first, "agree": False}

    asyncio.run(tried())


def test_a_policy_that_only_one_worker_could_read_is_asked_for_once_by_the_other() -> None:
    async def tried() -> None:
        broken = ManifestError("guard.yaml: misspelt", hint="correct it", code="ACC-E101")
        there = Workers(iter([TWO, broken, broken, broken]))
        there.loaders[0].ask()
        await there.settle(2)
        assert [one.guard.policy.canaries for one in there.gateways] == [TWO.canaries, ONE.canaries]
        assert there.read == 2
        assert any("kept what is in force" in one for one in there.said)

    asyncio.run(tried())


def test_requests_are_answered_while_workers_come_to_agree() -> None:
    async def tried() -> None:
        there = Workers(iter([TWO, THREE, THREE, THREE]))
        for one in there.loaders:
            one.ask()
        settling = asyncio.ensure_future(there.settle(3))
        body = b'{"messages": [{"role": "user", "content": "hi"}]}'
        answers = []
        while not settling.done():
            answers += [(await ask(one, "/v1/chat/completions", body)).status for one in there.gateways]
            await asyncio.sleep(0)
        assert set(answers) == {200}

    asyncio.run(tried())
