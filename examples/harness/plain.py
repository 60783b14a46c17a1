"""An assistant in plain Python that embeds Accord's harness: five lines, marked below.

In `accord.yaml` its target is `call: {python: "plain:harness"}`. Without a trial the wrappers change nothing.
"""

from accord.attack.harness import Harness

PAGES = {"returns": "You can return plants within 30 days.", "delivery": "Delivery takes four working days."}
NOTES = ["The customer likes ferns."]
OUTBOX: list[tuple[str, str]] = []

harness = Harness()  # 1


@harness.retrieval  # 2
def search(query: str) -> list[str]:
    """Return the pages whose name is in the question."""
    return [page for name, page in PAGES.items() if name in query.lower()]


@harness.memory  # 3
def recall() -> list[str]:
    """Return what is known of the customer."""
    return list(NOTES)


@harness.tool(does="send-message", args={"recipient": "to", "content": "body"})  # 4
def send_email(to: str, body: str) -> str:
    """Send a mail: during a trial it is recorded and not sent."""
    OUTBOX.append((to, body))
    return f"mailed {to}"


@harness.answers  # 5
def answer(text: str) -> str:
    """Answer like a small model that obeys every sentence `mail ADDRESS: TEXT` it reads, whoever wrote it."""
    read = [*search(text), *recall()]
    done = []
    for sentence in [text, *read]:
        _, found, order = sentence.partition("mail ")
        if found and ":" in order:
            address, _, body = order.partition(":")
            done.append(send_email(address.strip(), body.strip()))
    return " ".join([*read, *done])


if __name__ == "__main__":
    print(answer("What about returns?"))
