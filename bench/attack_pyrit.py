"""Sends a list of prompts with PyRIT's PromptSendingAttack and writes what PyRIT makes of every answer.

    .venv-bench-peers-pyrit/bin/python bench/attack_pyrit.py JOB.json

It runs in PyRIT's own environment; `bench/attack.py` writes the job (`url`, `model`, `prompts`, `mark`, `concurrency`,
`database`, `out`) and reads `out`. PyRIT keeps its results in a database of its own, as it does by default.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TypedDict


class Job(TypedDict):
    """What to send, where to, and where the results go."""

    url: str
    model: str
    prompts: list[str]
    mark: str
    concurrency: int
    database: str
    out: str


async def send(job: Job) -> list[dict[str, object]]:
    """Send every prompt once and return PyRIT's outcome and the answer of each, in PyRIT's order."""
    from pyrit.executor.attack import AttackExecutor, AttackScoringConfig, PromptSendingAttack
    from pyrit.prompt_target import OpenAIChatTarget
    from pyrit.score import SubStringScorer
    from pyrit.setup import initialize_pyrit_async

    await initialize_pyrit_async(
        "SQLite", load_defaults=False, env_files=[], silent=True, db_path=Path(job["database"])
    )
    attack = PromptSendingAttack(
        objective_target=OpenAIChatTarget(endpoint=job["url"], api_key="none", model_name=job["model"]),
        attack_scoring_config=AttackScoringConfig(objective_scorer=SubStringScorer(substring=job["mark"])),
    )
    done = await AttackExecutor(max_concurrency=job["concurrency"]).execute_attack_async(
        attack=attack, objectives=job["prompts"], return_partial_on_failure=True
    )
    found: list[dict[str, object]] = [
        {
            "prompt": one.objective,
            "outcome": str(one.outcome.value),
            "answer": one.last_response.converted_value if one.last_response else None,
        }
        for one in done.completed_results
    ]
    return found + [
        {"prompt": prompt, "outcome": "error", "answer": None, "error": repr(error)[:200]}
        for prompt, error in done.incomplete_objectives
    ]


if __name__ == "__main__":
    asked: Job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    Path(asked["out"]).write_text(json.dumps(asyncio.run(send(asked))), "utf-8")
