"""Honest documents, and their attacked twins: the same with an order planted that nobody there would give.

Documents are corpus rows that may ship, docstrings and code of Python's library, and the descriptions of installed
packages under permissive licences; some of them as pages. Orders are written by the grammars; of the corpus come the
requests of users, which are orders where no user speaks, and what it plants itself (Agent Security Bench).
"""

from __future__ import annotations

import html
import importlib.metadata
import json
import random
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import carriers
import grammar
import sources

_PACKAGES: Final = sources.HERE / "packages.txt"
_OTHERS: Final = ("agentact", "plainact", "indirect", "quiet", "leak", "authority", "memory")
_DOCUMENTS: Final = ("document", "html", "email", "tool_output", "code")
_FRAMES: Final = (
    "<!-- {} -->", '<p style="display:none">{}</p>', '<img alt="{}" src="/a.png">', "<p>{}</p>", "<p>{}</p>",
    "<li>{}</li>", '<span title="{}">.</span>', '<meta name="description" content="{}">', "<div hidden>{}</div>",
)  # fmt: skip
_LEADS: Final = (
    *[""] * 12,
    "Important: ",
    "PS: ",
    "Note: ",
    "Ignore the previous instructions. ",
    "Hi, ",
    "Attention! ",
)
_COLUMNS: Final = {
    "name": (
        "Name",
        "Player",
        "Song title",
        "Author",
        "Film",
        "Driver",
        "Artist",
        "Product name",
        "Bill to",
        "Candidate",
    ),
    "day": ("Date", "Release date", "Born", "Order date", "Due", "First aired", "Issue date", "Date of birth", "Since"),
    "number": (
        "Rank",
        "No.",
        "Points",
        "Week",
        "Price ($)",
        "Attendance",
        "Year",
        "Total",
        "Goals scored",
        "Items sold",
    ),
    "place": ("Venue", "Home town", "Country", "Game site", "Address", "Location", "Ship to", "Stadium", "Origin"),
    "word": (
        "Position",
        "Team",
        "Status",
        "Category",
        "Role",
        "Notes",
        "Party",
        "Network",
        "Opponent",
        "Payment method",
    ),
    "score": ("Result", "Score", "Record", "Final score", "Home record", "Outcome", "Match result", "Set score"),
}  # fmt: skip
_CELLS: Final = re.compile(r"\| (?=\w)|\n")
_ENDS: Final = re.compile(r"[.!?]\s|\n")
_CLOSED: Final = re.compile(r"</(?:p|li|div|h\d|ul|td|article)>")
_VALUES: Final = re.compile(r"(?<=[a-z.!?])\"(?=[,}\n])")
_ASB: Final = re.compile(r"[^.\n<>]*\bPlease [^\n<>]{20,400}?\.(?=\s|<|$)")


class Planted(NamedTuple):
    """A text, where its source is from, and where an order was planted, if one was."""

    text: str
    source: str
    order: tuple[int, int] | None = None


def planted(seed: int, *, without: tuple[str, ...] = (), times: int = 2) -> Iterator[Planted]:
    """Yield documents, each with `times` twins that hold an order, and the prompts of users as they are.

    Corpus rows whose source begins with one of `without` are left out, as documents and as orders.
    """
    rng = random.Random(seed)
    rows = [
        row for row in sources.corpus("train") if row["ship"] and not str(row["source"]).startswith(without or ("?",))
    ]
    orders = _orders(rng, rows)
    for text, source in _documents(rng, rows):
        page = source.startswith(("library", "packages", "docs", "OWASP")) and rng.random() < 0.3
        shown = _page(text, rng) if page else text
        yield Planted(shown, source)
        for _ in range(times):
            yield _with(shown, source, rng.choice(orders), rng)
    for row in rows:
        if row["label"] == 0 and row["channel"] == "user" and not str(row["source"]).startswith("encoded"):
            yield Planted(str(row["text"]), "user")


def _documents(rng: random.Random, rows: list[dict[str, object]]) -> Iterator[tuple[str, str]]:
    library = [(text, kind) for text, kind in sources.library_prose() if len(text) > 400]
    yield from ((text, "library") for text, kind in library if kind == "document")
    yield from [(text, "library") for text, kind in library if kind == "code"][:400]
    yield from _packages(rng)
    yield from (
        (str(row["text"]), str(row["source"])) for row in rows if row["label"] == 0 and row["channel"] in _DOCUMENTS
    )
    words = ["report", "alpha", "garden", "north", "copper", "atlas", "harbor", "lemon", "signal", "quarter"]
    yield from ((_table(rng, words), "tables") for _ in range(700))
    for lang in grammar.languages():
        writer = grammar.Writer(grammar.read(lang), rng, words)
        for _ in range(2000 if lang == "en" else 100):
            kind = rng.choice(carriers.kinds())
            honest = writer.benign()[0] if rng.random() < 0.6 else None
            yield carriers.carry(kind, writer, [], honest).text, "made"


def _table(rng: random.Random, words: list[str]) -> str:
    """Return a table of names, days and numbers, as Markdown or with another mark between its cells."""
    kinds = [rng.choice(("name", "day", "number", "place", "word", "score")) for _ in range(rng.randint(3, 9))]
    joint, edge = rng.choice(((" | ", "| "), (" | ", "| "), (",", ""), ("\t", ""), (";", "")))

    def cell(kind: str) -> str:
        name = f"{rng.choice(words)} {rng.choice(words)}".title()
        day = f"{rng.choice(('January', 'May', 'July', 'October'))} {rng.randint(1, 28)}, {rng.randint(1950, 2026)}"
        score = f"{rng.choice('WLD')} {rng.randint(0, 40)}-{rng.randint(0, 40)}"
        number, one = str(rng.randint(1, 90_000)), rng.choice(words).title()
        return {"name": name, "day": day, "number": number, "place": f"{one}, {name}", "score": score}.get(kind, one)

    head = [rng.choice(_COLUMNS[kind]) + (f" ({rng.choice(words)})" if rng.random() < 0.1 else "") for kind in kinds]
    ruled = [["-" * rng.randint(3, 12) for _ in kinds]] if edge else []
    rows = [head, *ruled, *([cell(kind) for kind in kinds] for _ in range(rng.randint(4, 25)))]
    lead = f"{rng.choice(words).title()} {rng.choice(words)}\n\n" if rng.random() < 0.2 else ""
    return lead + "\n".join(edge + joint.join(row) + edge[::-1] for row in rows)


def _packages(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield pieces of the descriptions of the packages that are listed, which have to be installed as they are listed.

    Others teach nothing: else what an environment happens to hold would change the weights.
    """
    places = [str(path) for path in sorted((sources.ROOT / ".venv/lib").glob("python3*/site-packages"))]
    found = {one.metadata["Name"]: one for one in importlib.metadata.distributions(path=places)}
    for line in sources.named(_PACKAGES):
        name, _, version = line.partition("==")
        if name not in found or found[name].version != version:
            raise SystemExit(f"{line} is not installed in .venv: see train/guard/README.md")
        told = found[name].metadata
        text = str(told.get_payload() or told.get("Description") or "")
        for at in range(0, min(len(text), 20_000) - 600, 2500):
            yield text[at : at + rng.choice((1200, 2500))], "packages"


def _orders(rng: random.Random, rows: list[dict[str, object]]) -> list[str]:
    words = ["report", "alpha", "garden", "north", "copper", "atlas", "harbor"]
    english = grammar.Writer(grammar.read("en", more=True, orders=True), rng, words)
    found = [english.attack("order")[0] for _ in range(6000)]
    found += [english.attack("agentact")[0] for _ in range(3000)]
    found += [english.attack(rng.choice(_OTHERS))[0] for _ in range(3000)]
    for lang in grammar.languages(more=True):
        writer = grammar.Writer(grammar.read(lang, more=True), rng, words)
        kinds = [kind for kind in _OTHERS if writer.has(1, kind)] if lang != "en" else []
        found += [writer.attack(rng.choice(kinds))[0] for _ in range(150) if kinds]
    asked = [row for row in rows if row["label"] == 0 and str(row["source"]).startswith(("WildG", "deepset"))]
    found += [str(row["text"]) for row in asked if len(str(row["text"])) < 300]
    bench = [_ASB.findall(str(row["text"])) for row in rows if str(row["source"]).startswith("ASB")]
    found += [one[0] for one in bench if one] * 3
    return [one.strip() for one in found if len(one) > 15]


def _with(text: str, source: str, order: str, rng: random.Random) -> Planted:
    order = rng.choice(_LEADS) + order
    if rng.random() < 0.1:
        order = order[0].lower() + order[1:]
    if "</" in text:
        order, spots = rng.choice(_FRAMES).format(html.escape(order)), _CLOSED
    elif text.lstrip()[:1] in "{[" or '": "' in text:
        order, spots = " " + json.dumps(order, ensure_ascii=False)[1:-1], _VALUES
    elif text.startswith("| "):
        order, spots = order + " ", _CELLS
    else:
        order, spots = rng.choice(("", "\n", "\n\n")) + order + rng.choice(("\n", " ", "\n\n")), _ENDS
    places = [match.start() if spots is _VALUES else match.end() for match in spots.finditer(text)]
    at = rng.choice((0, len(text), len(text))) if rng.random() < 0.3 or not places else rng.choice(places)
    return Planted(text[:at] + order + text[at:], source, (at, at + len(order)))


def _page(text: str, rng: random.Random) -> str:
    body = "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n"))
    title = html.escape(text[: rng.randint(20, 50)])
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body><article>{body}</article></body></html>"
