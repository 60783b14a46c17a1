"""A deed is asked for in the tool's own words: kindred words, questions about it and other deeds ask for none."""

from __future__ import annotations

import pytest
from guard.flow.desk import NOW

from accord.core.guard import GuardPolicy, GuardTool, Outcome
from accord.core.trial import Message, ToolCall
from accord.guard.flow import Flow, Tool, compile_flow
from accord.guard.flow.asking import asked
from accord.guard.flow.scene import Scene

NOBODY = ""


def tool(name: str, said: str, args: str = "", choices: str = "") -> Tool:
    properties: dict[str, object] = {one: {"type": "string"} for one in args.split()}
    if choices:
        properties["status"] = {"type": "string", "enum": choices.split()}
    return Tool(name=name, description=said, schema={"properties": properties, "required": args.split()})


def flow(one: Tool) -> Flow:
    return compile_flow(GuardPolicy(guard=1, tools=(GuardTool(name=one.name),)), [one])


def heard(one: Tool, *turns: str) -> str:
    policy = flow(one)
    scene = Scene([Message(role="user", content=turn) for turn in turns], policy.facts, frozenset())
    return asked(scene, policy.facts[one.name])


STORNO = tool("buchung_stornieren", "Storniert eine Buchung.", "buchungsnummer")
DELIVER = tool("bescheid_zustellen", "Stellt den Bescheid einer Akte zu.", "aktenzeichen")
CLOSE = tool("abonnementOpzeggen", "Zegt een abonnement op.", "abonnementId datum")
CHECK = tool("validerNote", "Valide une note.", "idNote")
APPROVE = tool("approve_time_off", "Approves a time-off request.", "request_id")
MEMBER = tool("membership_cancel", "Cancels a membership.", "member_id")
COMMENT = tool("rispondiCommento", "Risponde a un commento.", "commentoId testo")
FREEZE = tool("card_freeze", "Freezes a card.", "card_id")
SHIP = tool("create_shipment", "Creates a shipment for an order.", "order_id")
BASKET = tool("basket_add_item", "Adds an item to the basket.", "sku")
DIRECT = tool("inviaDM", "Invia un messaggio diretto.", "utente testo")


@pytest.mark.parametrize(
    ("one", "wish"),
    [
        (STORNO, "Bitte storniere die Buchung 8812."),
        (CHECK, "Peux-tu valider la note NF-311 ?"),
        (CHECK, "Validez la note NF-311."),
        (tool("prolonger_pret", "Prolonge un prêt.", "pret"), "Prolonge le prêt PR-6, s'il te plaît."),
        (APPROVE, "Please approve the time off of Dana."),
        (MEMBER, "Cancel my membership."),
        (tool("draft_delete", "Deletes a draft.", "id"), "Delete the draft."),
    ],
)
def test_the_tools_own_word_asks_for_it(one: Tool, wish: str) -> None:
    assert heard(one, wish) == "user"


@pytest.mark.parametrize(
    ("one", "wish", "args"),
    [
        (STORNO, "Kannst du bitte die Buchung 8812 stornieren?", {"buchungsnummer": "8812"}),
        (CLOSE, "Zeg mijn abonnement AB-12 op per 1 mei.", {"abonnementId": "AB-12", "datum": "2026-05-01"}),
        (FREEZE, "Block the card 4411, I lost it.", {"card_id": "4411"}),
        (SHIP, "Ship order A-77 with DHL.", {"order_id": "A-77"}),
        (BASKET, "Order two boxes of PP-80.", {"sku": "PP-80"}),
        (
            tool("mv", "Moves a local file.", "src dst"),
            "The file a.txt shall be moved to b.",
            {"src": "a.txt", "dst": "b"},
        ),
    ],
)
def test_a_person_is_asked_where_another_form_or_a_kindred_word_is_all_there_is(
    one: Tool, wish: str, args: dict[str, object]
) -> None:
    assert heard(one, wish) == NOBODY
    ruling = flow(one).authorise((Message(role="user", content=wish),), ToolCall(name=one.name, args=args), now=NOW)
    assert (ruling.outcome, ruling.code) == (Outcome.ASK, "ACC-E715")


@pytest.mark.parametrize(
    ("one", "wish"),
    [
        (APPROVE, "Should I approve Dana's request?"),
        (MEMBER, "What happens if I cancel my membership?"),
        (MEMBER, "Would it be cheaper to cancel my membership?"),
        (tool("lock_door", "Locks a door.", "door"), "Is the door locked?"),
        (tool("approve_order", "Approves an order.", "order_id"), "Who approved order 77, and when?"),
        (STORNO, "Kann man die Buchung noch stornieren?"),
        (STORNO, "Soll ich die Buchung stornieren?"),
        (CHECK, "Est-ce que je dois valider la note ?"),
        (CHECK, "Quand tu valides une note, que voit le salarié ?"),
        (CLOSE, "Moet ik mijn abonnement opzeggen?"),
        (tool("anularPedido", "Anula un pedido.", "id"), "¿Se puede anular el pedido?"),
    ],
)
def test_a_question_about_a_deed_asks_for_none(one: Tool, wish: str) -> None:
    assert heard(one, wish) == NOBODY


@pytest.mark.parametrize(
    ("one", "turns"),
    [
        (CLOSE, ("Zeg mijn abonnement niet op!",)),
        (STORNO, ("Bitte nichts stornieren, nur nachsehen.",)),
        (tool("draft_delete", "Deletes a draft.", "id"), ("Delete the draft.", "Hold on, archive it instead.")),
        (tool("booking_cancel", "Cancels a booking.", "id"), ("Instead of cancelling the booking, move it to May.",)),
        (tool("account_close", "Closes an account.", "id"), ("Prepare everything for closing it but don't close it.",)),
    ],
)
def test_a_deed_that_is_refused_or_replaced_is_not_asked_for(one: Tool, turns: tuple[str, ...]) -> None:
    assert heard(one, *turns) == NOBODY


@pytest.mark.parametrize(
    ("one", "wish"),
    [
        (tool("ticket_close", "Closes a ticket.", "ticket_id"), "Assign ticket 5512 to Priya."),
        (tool("void_invoice", "Voids an invoice.", "invoice_id"), "Mark invoice 2231 as paid."),
        (tool("delete_file", "Deletes a file.", "file_id"), "Teile die Datei mit Jonas, nur zum Lesen."),
        (tool("card_unblock", "Unblocks a card.", "card_id"), "Block the card ending in 4411."),
        (tool("repo_delete", "Deletes a repository.", "name"), "Close the pull request and delete the branch."),
        (tool("write_off", "Writes off a quantity.", "sku quantity"), "Book the quantities of DN-552 into stock."),
        (tool("k_set_image", "Sets the image of a deployment.", "deploy image"), "Set the image-resizer to zero."),
        (tool("transferOwnership", "Gives an item to somebody else.", "item login"), "Ann needs access to the folder."),
        (tool("create_order", "Creates a work order.", "unit"), "Write to the plumber of work order WO-77."),
        (tool("kursAnmelden", "Meldet ein Kind zu einem Kurs an.", "kind kurs"), "Melde Leo vom Schwimmkurs ab."),
        (DIRECT, "Sotto al nostro ultimo post rispondi a Giulia che siamo aperti."),
    ],
)
def test_another_deed_on_the_same_thing_is_not_asked_for(one: Tool, wish: str) -> None:
    assert heard(one, wish) == NOBODY


CART = Tool(
    name="cart_put",
    description="Puts an item into the cart.",
    schema={"properties": {"sku": {"type": "string"}, "qty": {"type": "integer"}, "shop": {"type": "string"}}},
)


@pytest.mark.parametrize(("qty", "shop"), [(7, "Medix"), (2, "item GLV-21 from")])
@pytest.mark.parametrize(
    "wish", ["Order item GLV-21 from Medix, 2 boxes.", "Put item GLV-21 of Medix into the cart, 2."]
)
def test_what_is_asked_for_runs_on_nothing_that_only_stands_near(wish: str, qty: int, shop: str) -> None:
    call = ToolCall(name="cart_put", args={"sku": "GLV-21", "qty": qty, "shop": shop})
    assert flow(CART).authorise((Message(role="user", content=wish),), call, now=NOW).outcome.stops


@pytest.mark.parametrize(
    "one",
    [
        tool("ls", "Lists a local folder.", "path"),
        tool("bezorgmomenten", "Toont de vrije bezorgmomenten van een dag.", "dag"),
        tool("lock_devices", "Lists the locks of the home."),
        tool("manifest", "Returns the manifest of a package.", "pkg"),
        tool("get_absence_plans", "Absence plans and balances of a worker.", "worker_id"),
    ],
)
def test_a_listed_tool_whose_name_tells_nothing_is_a_read_by_its_description(one: Tool) -> None:
    assert flow(one).facts[one.name].reads


@pytest.mark.parametrize(
    "one",
    [
        tool("mv", "Moves a local file.", "src dst"),
        tool("rm", "Removes a local file.", "path"),
        tool("unlock", "Details: unlocks a door.", "door"),
        tool("purge_status", "Status of a purge.", "id"),
        tool("history", "Clears the history."),
        tool("ledger", "Posts an entry to the ledger.", "account"),
        tool("notice", "Shows the notice and deletes it.", "id"),
        tool("coffee", "Brews a cup of coffee.", "size"),
        tool("note", "Note about a case.", "case_id text"),
    ],
)
def test_a_word_for_an_effect_in_name_description_or_arguments_makes_no_read(one: Tool) -> None:
    facts = flow(one).facts.get(one.name)
    assert facts is None or not facts.reads


def test_a_tool_that_is_not_listed_gains_nothing_from_its_description() -> None:
    one = tool("oncall_roster", "Roster of a week as a table.", "week")
    facts = compile_flow(GuardPolicy(guard=1), [one]).facts.get(one.name)
    assert facts is None or not facts.reads
