"""Puts the assistant behind Accord's guard: its model behind the gateway, its pages, tools and answers behind decorators."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from accord.core.errors import GuardError
from accord.core.guard import GuardPolicy, Outcome
from accord.guard.detector import load
from accord.guard.doors.functions import Guarded
from accord.guard.engine import Guard
from accord.record.codec import load as read

from app import policy, tools
from app.agent import Agent, Answer, Done
from app.retrieval import Page

REFUSED = "I cannot help with that. Please ask in other words, or write to the shop."


class GuardedAgent(Agent):
    """The same assistant; what it is asked, reads, does and says has to pass the guard."""

    def __init__(self, *, rules: Path, **parts: object) -> None:
        """Make the guard that a policy file describes, and put the parts behind it."""
        super().__init__(**parts)  # type: ignore[arg-type]  # the parts of an agent
        self._guarded = Guarded(Guard(read(rules, GuardPolicy, shown=rules.name), scorer=load()))
        self._answered = self._guarded.answers(super().ask)
        self._tools = {tool.__name__: self._guarded.tool(tool) for tool in (refund, send_email, look_up_order)}
        self._search, self.index.search = self.index.search, self._read  # type: ignore[method-assign]  # pages pass too

    def ask(self, message: str, *, session: str, caller: str) -> Answer:
        """Answer a message, or say that this cannot be answered."""
        try:
            return self._answered(message, session=session, caller=caller)
        except GuardError:
            return Answer(REFUSED, (), ())

    def _read(self, query: str) -> tuple[Page, ...]:
        return tuple(page for page in self._search(query) if self._passes(page))

    def _passes(self, page: Page) -> bool:
        try:
            self._guarded.reads(page.text, f"page {page.name}")
        except GuardError:
            return False
        return True

    def _act(self, call: tools.ToolCall, caller: str) -> Done:
        try:
            self._tools[call.name](**call.args)
        except GuardError as error:
            asks = error.decision is not None and error.decision.outcome is Outcome.ASK
            decided = policy.Decision.WAIT if asks else policy.Decision.REFUSE
            return Done(call, decided, f"{call.name}: {decided}")
        return super()._act(call, caller)


def refund(order_id: int, amount: float) -> str:
    """Pay money back for an order."""
    return f"asked for {amount} on {order_id}"


def send_email(to: str, body: str) -> str:
    """Send a mail to an address."""
    return f"asked for a mail to {to}: {body}"


def look_up_order(order_id: int) -> str:
    """Read an order."""
    return f"asked for {order_id}"


@contextmanager
def gateway(rules: Path, upstream: str, port: int) -> Iterator[str]:
    """Run the gateway in front of the model, and yield its address; its decisions are kept beside the policy."""
    log = rules.with_name("guard-decisions.jsonl")
    command = [Path(sys.executable).with_name("accord"), "guard", "serve", "--upstream", upstream, "--port", str(port)]
    command += ["--policy", rules, "--log", log]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        try:
            told = next((line for line in child.stderr if "listens on " in line), None)
            if told is None:
                sys.exit("the gateway of the guard did not start")
            Thread(target=sys.stderr.writelines, args=(child.stderr,), daemon=True).start()
            yield told.split("listens on ")[1].strip() + "/v1"
        finally:
            child.terminate()
