"""Starts the model server and the service: python -m app --port 0."""

import argparse
import json
import os
import signal
import socket
import sys
from contextlib import suppress

import uvicorn

from app import journal, service
from serve_model import BRAINS, running


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m app", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--brain", choices=BRAINS, default="auto")
    options = parser.parse_args()
    journal.start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt), running(options.brain) as served:
        url = os.environ.setdefault("HELPDESK_MODEL_URL", served["url"])
        web = uvicorn.Server(uvicorn.Config(service.build(served["brain"]), log_level="warning"))
        with socket.create_server(("127.0.0.1", options.port)) as listening:
            own = f"http://127.0.0.1:{listening.getsockname()[1]}"
            print(json.dumps({"url": own, "brain": served["brain"], "model_url": url}), flush=True)
            web.run(sockets=[listening])


if __name__ == "__main__":
    main()
