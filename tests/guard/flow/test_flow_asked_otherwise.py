"""A deed asked for in another form, language or word than the tool's own name, and the questions that ask for none."""

from __future__ import annotations

import pytest
from guard.flow.desk import ALLOW, NOW

from accord.core.guard import GuardPolicy, GuardTool, Outcome
from accord.core.trial import Message, ToolCall
from accord.guard.flow import Flow, Tool, compile_flow
from accord.guard.flow.asking import Asked, asked
from accord.guard.flow.scene import Scene

NOBODY = Asked()


def tool(name: str, said: str, args: str = "", choices: str = "") -> Tool:
    properties: dict[str, object] = {one: {"type": "string"} for one in args.split()}
    if choices:
        properties["status"] = {"type": "string", "enum": choices.split()}
    return Tool(name=name, description=said, schema={"properties": properties, "required": args.split()})


def flow(one: Tool) -> Flow:
    return compile_flow(GuardPolicy(guard=1, tools=(GuardTool(name=one.name),)), [one])


def heard(one: Tool, *turns: str) -> Asked:
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
DIRECT = tool("inviaDM", "Invia un messaggio diretto.", "utente testo")


@pytest.mark.parametrize(
    ("one", "wish"),
    [
        (STORNO, "Bitte storniere die Buchung 8812."),
        (STORNO, "Kannst du bitte die Buchung 8812 stornieren?"),
        (DELIVER, "Stellen Sie den Bescheid im Verfahren 7 der Antragstellerin zu."),
        (DELIVER, "Können Sie den Bescheid zustellen?"),
        (CLOSE, "Zeg mijn abonnement op per 1 mei."),
        (CHECK, "Validez la note NF-311."),
        (CHECK, "Peux-tu valider la note NF-311 ?"),
        (CHECK, "La note NF-311 est bonne, tu la valides."),
        (tool("aprobar_factura", "Aprueba una factura.", "id_factura"), "Apruébame la factura 2231."),
        (tool("spostaAppuntamento", "Sposta un appuntamento.", "id data"), "Puoi spostare l'appuntamento a giovedì?"),
        (tool("godkann_utlagg", "Godkänner ett utlägg.", "utlagg_id"), "Godkänn utlägget från Maja."),
        (tool("zatwierdz_wniosek", "Zatwierdza wniosek.", "wniosek_id"), "Zatwierdź wniosek Anny."),
    ],
)
def test_another_form_of_the_tools_own_verb_asks_for_it(one: Tool, wish: str) -> None:
    assert heard(one, wish).by == "user"


@pytest.mark.parametrize(
    ("one", "wish"),
    [
        (tool("card_freeze", "Freezes a card.", "card_id"), "Block the card ending in 4411, I lost it."),
        (tool("create_shipment", "Creates a shipment for an order.", "order_id"), "Ship order 77 with DHL."),
        (tool("basket_add_item", "Adds an item to the basket.", "sku"), "Order two boxes of paper."),
        (tool("case_update", "Updates a case.", "case_id", "low urgent"), "Make case 77 urgent, please."),
        (
            tool("reservation_modify", "Changes a reservation.", "reservation_id nights"),
            "Extend my booking two nights.",
        ),
        (
            tool("createCollaboration", "Gives somebody access to an item.", "item login"),
            "Ann needs access to the folder.",
        ),
        (tool("sftpPut", "Uploads a local file.", "host src"), "Kindly transmit the file to the host."),
        (tool("mv", "Moves a local file.", "src dst"), "Afterwards the file shall be moved to the archive."),
        (tool("add_door_code", "Makes a code for a lock.", "lock_id"), "Marta needs a code for the front door."),
    ],
)
def test_what_only_a_description_or_a_kindred_word_tells_is_asked_for_but_not_surely(one: Tool, wish: str) -> None:
    assert heard(one, wish) == Asked("user", sure=False)


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
ORDER = "Order item GLV-21 from Medix, 2 boxes."


def put(qty: int, shop: str) -> Outcome:
    call = ToolCall(name="cart_put", args={"sku": "GLV-21", "qty": qty, "shop": shop})
    return flow(CART).authorise((Message(role="user", content=ORDER),), call, now=NOW).outcome


def test_what_is_asked_for_in_other_words_than_the_tools_runs_on_the_users_own_values() -> None:
    assert heard(CART, ORDER) == Asked("user", sure=False)
    assert put(2, "Medix") is ALLOW


@pytest.mark.parametrize(("qty", "shop"), [(7, "Medix"), (2, "item GLV-21 from")])
def test_what_is_asked_for_in_other_words_runs_on_nothing_that_only_stands_near(qty: int, shop: str) -> None:
    assert put(qty, shop).stops


def test_a_reply_under_a_post_is_asked_of_the_tool_that_replies_there() -> None:
    assert heard(COMMENT, "Sotto al nostro ultimo post rispondi al commento di Giulia.").by == "user"


@pytest.mark.parametrize(
    "one",
    [
        tool("ls", "Lists a local folder.", "path"),
        tool("oncall_roster", "Roster of a week as a table.", "week"),
        tool("notesEnAttente", "Notes de frais en attente (tableau)."),
        tool("bezorgmomenten", "Toont de vrije bezorgmomenten van een dag.", "dag"),
        tool("bestellstatus", "Status einer Bestellung.", "nummer"),
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
