"""The same with LangChain: the harness wraps a retriever and tools as they are, by their usual methods.

It needs `langchain-core`. Nothing of LangChain is replaced: the objects keep their types and go into chains as before.
"""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool

from accord.attack.harness import Harness

OUTBOX: list[tuple[str, str]] = []


class Pages(BaseRetriever):
    """Finds one page."""

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [Document(page_content=f"You can return plants within 30 days. ({query})")]


@tool
def send_email(to: str, body: str) -> str:
    """Send a mail."""
    OUTBOX.append((to, body))
    return f"mailed {to}"


harness = Harness()
retriever = harness.retrieval(Pages())
mail = harness.tool(does="send-message", args={"recipient": "to", "content": "body"})(send_email)


def _model(documents: list[Document]) -> str:
    """Stand in for a model that obeys every `mail ADDRESS: TEXT` it reads."""
    read = " ".join(document.page_content for document in documents)
    _, found, order = read.partition("mail ")
    if not found:
        return read
    address, _, body = order.partition(":")
    return f"{read} {mail.invoke({'to': address.strip(), 'body': body.strip()})}"


chain = retriever | RunnableLambda(_model)


@harness.answers
def answer(text: str) -> str:
    """Answer through the chain."""
    return str(chain.invoke(text))


@harness.state
def state() -> dict[str, int]:
    """Return what counts for before and after."""
    return {"mails": len(OUTBOX)}


if __name__ == "__main__":
    print(answer("returns"))
