"""Measures `accord guard`, part by part, beside peers where they are installed: one table after another.

    .venv/bin/python bench/guard.py [--only policy,search,detector,gateway,herd,fresh] [--agentdojo DIR] [--litellm DIR]

`policy` replays AgentDojo with a fully compromised agent (DIR: an environment with agentdojo), `search` attacks the
policy adaptively, `detector` reads the development corpus with ours and the peers' (inferwall, stackone-defender and
the baselines, as far as they are in the environment that runs this), `gateway` runs beside LiteLLM's proxy, `herd`
counts what a rule stops of what its case is turned into, `fresh` does so on cases that were made without a look at the
compiler. What lies in ../shared and is absent is said and left out.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).resolve().parent
HARNESS: Final = HERE.parent.parent / "shared" / "tools" / "agentdojo_policy.py"


class Part(NamedTuple):
    """One table: its name, the command that makes it, or why it cannot be made here."""

    name: str
    command: tuple[str, ...]
    missing: str = ""


def main() -> None:
    """Run the parts that are asked for, one after another; end with 1 when one of them fails."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", default="policy,search,detector,gateway,herd,fresh")
    asked.add_argument("--agentdojo", type=Path, help="environment with agentdojo==0.1.35 and accord")
    asked.add_argument("--litellm", type=Path, help="environment with requirements/bench-guard.in")
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--tries", type=int, default=100_000)
    options = asked.parse_args()
    wanted = options.only.split(",")
    print(
        f"accord {version('accord')}, Python {platform.python_version()}, {os.cpu_count()} cores, seed {options.seed}"
    )
    failed = [part.name for part in parts(options) if part.name in wanted and not made(part)]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


def parts(options: argparse.Namespace) -> Iterator[Part]:
    """Yield every part with its command."""
    own, seed = sys.executable, str(options.seed)
    dojo = options.agentdojo / "bin" / "python" if options.agentdojo else None
    why = "" if dojo and HARNESS.is_file() else "it needs --agentdojo DIR and ../shared/tools"
    yield Part("policy", (str(dojo), str(HARNESS), "--policy", "adapters:agentdojo_decide"), why)
    yield Part("search", (own, str(HERE / "guard_policy.py"), "--tries", str(options.tries), "--seed", seed))
    yield Part("detector", (own, str(HERE / "guard_detector.py"), "--encoder", "--peers"))
    beside = ("--litellm", str(options.litellm)) if options.litellm else ()
    yield Part("gateway", (own, str(HERE / "guard_gateway.py"), "--seed", seed, *beside))
    yield Part("herd", (own, str(HERE / "guard_herd.py"), "--seed", seed))
    yield Part("fresh", (own, str(HERE / "guard_herd.py"), "--seed", seed, "--set", str(HERE / "herd" / "second")))


def made(part: Part) -> bool:
    """Run one part, its table on our output; a part that cannot run here is named and does not fail."""
    print(f"\n== {part.name}", flush=True)
    if part.missing:
        print(f"left out: {part.missing}")
        return True
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    return subprocess.run(part.command, check=False, env=environment).returncode == 0


if __name__ == "__main__":
    main()
