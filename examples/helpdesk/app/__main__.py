"""Starts the model server and the service: python -m app --port 0."""

import argparse
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn

from app import journal, service
from serve_model import BRAINS, running


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m app", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--brain", choices=BRAINS, default="auto")
    parser.add_argument("--guard", type=Path, help="guard.yaml: stand behind Accord's guard, with this policy")
    parser.add_argument("--guard-port", type=int, default=0, help="where the guard's gateway listens")
    options = parser.parse_args()
    journal.start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt), running(options.brain) as served, guarded(options, served["url"]) as model:
        url = os.environ.setdefault("HELPDESK_MODEL_URL", model)
        web = uvicorn.Server(uvicorn.Config(service.build(served["brain"], options.guard), log_level="warning"))
        with socket.create_server(("127.0.0.1", options.port)) as listening:
            own = f"http://127.0.0.1:{listening.getsockname()[1]}"
            told = {"url": own, "brain": served["brain"], "model_url": url}
            print(json.dumps(told | ({"guard_url": model.removesuffix("/v1")} if options.guard else {})), flush=True)
            web.run(sockets=[listening])


@contextmanager
def guarded(options: argparse.Namespace, model: str) -> Iterator[str]:
    """Yield the address of the model, or of the gateway that stands in front of it."""
    if options.guard is None:
        yield model
        return
    from app.guarding import gateway

    with gateway(options.guard, model, options.guard_port) as address:
        yield address


if __name__ == "__main__":
    main()
