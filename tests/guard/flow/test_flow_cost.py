"""A text of many times the length costs so many times as much to rule on, whatever stands in it."""

from __future__ import annotations

from itertools import count
from json import dumps
from time import process_time

import pytest
from guard.flow.desk import DESK, NOW, Step, told

from accord.core.trial import ToolCall

WISH = "Read 'd.txt' and send a mail to ann@work.example with the plan."
SHORT, LONG = 10_000, 80_000
NUMBER = count()


def cost(sent: str, read: str) -> float:
    """Return the seconds of CPU that one ruling takes, over texts that nobody has seen."""
    spent = []
    for _ in range(2):
        new = f" {next(NUMBER)}"
        steps: tuple[Step, ...] = (("read_document", {"path": "d.txt"}, read + new), ("get_profile", {}, read + new))
        call = ToolCall(name="send_mail", args={"to": ["ann@work.example"], "body": sent + new})
        begun = process_time()
        DESK.authorise(told(WISH, *steps), call, now=NOW)
        spent.append(process_time() - begun)
    return min(spent)


@pytest.mark.parametrize(
    "piece", ["a", "a-", "@", ".-", "1", "A1", "é", " ", "\n", "a@b.", "%4", "&#", "'", "GB33", "a1,"]
)
def test_a_longer_text_costs_no_more_than_its_length(piece: str) -> None:
    cost("hello", "hello")
    short, long = piece * (SHORT // len(piece)), piece * (LONG // len(piece))
    assert cost(f"{long}@", "hello") < 24 * max(cost(f"{short}@", "hello"), 0.004)
    assert cost("see 12345678", long) < 24 * max(cost("see 12345678", short), 0.004)


def test_many_receivers_are_looked_up_once() -> None:
    rows = "".join(f"<a{number}@work.example> " for number in range(8_000))

    def spent(many: int) -> float:
        call = ToolCall(name="send_mail", args={"to": [f"a{one}@work.example" for one in range(many)], "body": "x"})
        steps: tuple[Step, ...] = (("read_document", {"path": "d.txt"}, f"{rows}{next(NUMBER)}"),)
        begun = process_time()
        DESK.authorise(told("Send a mail to the people in 'd.txt'.", *steps), call, now=NOW)
        return process_time() - begun

    assert min(spent(390), spent(390)) < 30 * max(spent(2), spent(2), 0.004)


@pytest.mark.parametrize("kind", ["json", "csv", "text"])
def test_many_values_beside_a_large_list_are_looked_for_once(kind: str) -> None:
    names = [f"row-{number}" for number in range(8_000)]

    def spent(many: int) -> float:
        new = f"n{next(NUMBER)}"
        texts = {"json": dumps([{"id": one} for one in (new, *names)]), "csv": "id,of\n" + ",x\n".join((new, *names))}
        steps: tuple[Step, ...] = (("list_transactions", {}, texts.get(kind, " ".join((new, *names)))),)
        call = ToolCall(name="create_event", args={"title": new, "start_time": "12:00", "participants": names[:many]})
        begun = process_time()
        ruling = DESK.authorise(told("Tell me what is new.", *steps), call, now=NOW)
        assert ruling.outcome.stops
        return process_time() - begun

    assert min(spent(390), spent(390)) < 30 * max(spent(2), spent(2), 0.004)


def test_a_longer_wish_costs_no_more_than_its_length() -> None:
    def spent(many: int) -> float:
        wish = f"{'a' * many} {next(NUMBER)} Cancel the event 71 as a copy of event 64."
        begun = process_time()
        DESK.authorise(told(wish), ToolCall(name="cancel_event", args={"event_id": 64}), now=NOW)
        return process_time() - begun

    assert min(spent(16_000), spent(16_000)) < 24 * max(spent(2_000), spent(2_000), 0.004)
