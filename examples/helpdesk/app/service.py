"""The HTTP service."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app import brain, edge, intake, policy, retrieval, weights
from app.agent import Agent, Done
from app.store import Store
from app.tools import ToolCall


def build(brain_name: str, rules: Path | None = None) -> Starlette:
    """Return the service, its parts freshly made; with the policy of a guard, they stand behind it."""
    routes = [
        Route("/health", health),
        Route("/chat", chat, methods=["POST"]),
        Route("/documents", add_document, methods=["POST"]),
        Route("/documents/{name}", remove_document, methods=["DELETE"]),
        Route("/orders/{id:int}", order),
    ]
    app = Starlette(routes=routes, exception_handlers={Exception: edge.failed})
    app.state.brain = brain_name
    parts = {"client": brain.connect(), "router": weights.load(), "index": retrieval.from_folder(), "store": Store()}
    if rules is None:
        app.state.agent = Agent(**parts)
    else:
        from app.guarding import GuardedAgent

        app.state.agent = GuardedAgent(rules=rules, **parts)
    return edge.protect(app)


async def health(request: Request) -> JSONResponse:
    """Say that the service runs, and which brain writes its answers."""
    return JSONResponse({"status": "ok", "brain": request.app.state.brain})


async def chat(request: Request) -> JSONResponse:
    """Answer a message."""
    body, agent = await edge.body(request), request.app.state.agent
    session, who = body.get("session", "default"), edge.caller(request)
    answer = await run_in_threadpool(agent.ask, body["message"], session=session, caller=who)
    return JSONResponse(
        {
            "answer": answer.text,
            "tool_calls": [_shown(one) for one in answer.done if one.decision is policy.Decision.RUN],
            "not_run": [_shown(one) for one in answer.done if one.decision is not policy.Decision.RUN],
            "sources": [page.name for page in answer.pages],
        }
    )


async def add_document(request: Request) -> JSONResponse:
    """Take in a help page."""
    body = await edge.body(request)
    return intake.add(request.app.state.agent.index, retrieval.Page(body["name"], body["text"]), edge.caller(request))


async def remove_document(request: Request) -> JSONResponse:
    """Take an added help page out again."""
    found = request.app.state.agent.index.remove(request.path_params["name"])
    return JSONResponse({"removed": found}, status_code=200 if found else 404)


async def order(request: Request) -> JSONResponse:
    """Show an order."""
    agent: Agent = request.app.state.agent
    wanted = request.path_params["id"]
    found, look = agent.store.order(wanted), ToolCall("look_up_order", {"order_id": wanted})
    if found is None or policy.decide(look, edge.caller(request), agent.store) is not policy.Decision.RUN:
        return JSONResponse({"error": "no such order"}, status_code=404)
    return JSONResponse(found._asdict())


def _shown(one: Done) -> dict[str, object]:
    return {"name": one.call.name, "args": dict(one.call.args), "result": one.result}
