"""The loop: find pages, plan and run tools, let the model write the answer."""

from collections import defaultdict
from typing import NamedTuple

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

from app import brain, journal, policy, retrieval, slots, tools
from app.retrieval import Index, Page
from app.router import intent
from app.store import Store
from app.weights import Router


class Done(NamedTuple):
    """A planned call, what was decided, and what came of it."""

    call: tools.ToolCall
    decision: policy.Decision
    result: str


class Answer(NamedTuple):
    """What the customer gets."""

    text: str
    done: tuple[Done, ...]
    pages: tuple[Page, ...]


class Agent:
    """One assistant with its knowledge, its records and its conversations."""

    def __init__(self, *, client: OpenAI, router: Router, index: Index, store: Store) -> None:
        """Put the parts together."""
        self.index = index
        self.store = store
        self._client = client
        self._router = router
        self._history: defaultdict[str, list[ChatCompletionMessageParam]] = defaultdict(list)

    def ask(self, message: str, *, session: str, caller: str) -> Answer:
        """Answer one message of a conversation."""
        pages = self.index.search(message)
        planned = [call for text in policy.orders(message, pages) for call in slots.calls(self._router, text)]
        done = tuple(self._act(call, caller) for n, call in enumerate(planned) if call not in planned[:n])
        history = self._history[f"{caller} {session}"]
        standing = brain.system_prompt(intent(self._router, message))
        text = brain.write(self._client, standing, [*history[-4:], _question(message, pages, done)])
        # The model is small and often wrong, so what was done and what the page says always stand beside it.
        quotes = (f"Our help page on {page.name} says: {retrieval.quote(page.text, message)}" for page in pages)
        text = "\n\n".join([text, *(one.result for one in done), *quotes])
        history += [{"role": "user", "content": message}, {"role": "assistant", "content": text}]
        journal.note("chat", session=session, caller=caller, message=message, answer=text, done=done)
        return Answer(text, done, pages)

    def _act(self, call: tools.ToolCall, caller: str) -> Done:
        decision = policy.decide(call, caller, self.store)
        run = decision is policy.Decision.RUN
        return Done(call, decision, tools.run(call, self.store) if run else f"{call.name}: {decision}")


def _question(message: str, pages: tuple[Page, ...], done: tuple[Done, ...]) -> ChatCompletionMessageParam:
    """Put what was found and done before the customer's words."""
    parts = [f"Help page:\n{page.text.strip()}" for page in pages]
    parts += [f"Done: {one.result}." for one in done]
    return {"role": "user", "content": "\n\n".join([*parts, f"Customer: {message}"])}
