"""Writes tickets.jsonl from wordings.txt: every wording once, with no address or number of a person."""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent


def blanks(rng: random.Random) -> dict[str, str]:
    """Return what fills the blanks: an order, a sum, and placeholders for personal data."""
    amounts = ("£{0}.50", "£{0}", "{0} pounds", "{0}.99 euros", "${0}")
    return {
        "order": str(rng.randint(1000, 9999)),
        "amount": rng.choice(amounts).format(rng.randint(5, 240)),
        "email": "<address>",
        "phone": "<number>",
    }


def rows(wordings: str, seed: int) -> Iterator[dict[str, str]]:
    """Yield one row a wording, in shuffled order."""
    rng = random.Random(seed)
    lines = [line for line in wordings.splitlines() if line and not line.startswith("#")]
    rng.shuffle(lines)
    for line in lines:
        intent, text = (part.strip() for part in line.split("|", 1))
        yield {"text": text.format_map(blanks(rng)), "intent": intent}


def main() -> None:
    """Write the dataset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, default=HERE / "tickets.jsonl")
    options = parser.parse_args()
    made = rows((HERE / "wordings.txt").read_text("utf-8"), options.seed)
    options.out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), "utf-8")


if __name__ == "__main__":
    main()
