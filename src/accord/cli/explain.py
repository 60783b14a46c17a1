"""`accord explain`: what a practice, check, framework id or error code means."""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from accord.core.errors import CatalogError
from accord.core.text import clean, one_line
from accord.record.catalogue import FrameworkId, error_pages, find_framework_id, framework, frameworks, load_catalogue

if TYPE_CHECKING:
    from accord.core.catalogue import Catalogue, Guideline, Provision

_WIDTH = 80
_CHECK = re.compile(r"[A-Z]{2,8}[0-9]{3,4}")
_TERSE = frozenset({"ai-data-security", "eu-ai-act", "iso-42001"})
_ERROR = re.compile(r"ACC-E[0-9]+")


class Explained(NamedTuple):
    """What is told about an id; `facts` are lines that only people read."""

    id: str
    kind: str
    title: str
    text: str
    provisions: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


class Brief(NamedTuple):
    """What is told about a check elsewhere than on its own page."""

    code: str
    title: str
    bears_on: tuple[str, ...]
    refs: tuple[str, ...]


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
@click.option("--plugin", "plugins", multiple=True, metavar="PACKAGE", help="Allow the checks of a package.")
def command(id_: str, form: str, plugins: tuple[str, ...]) -> None:
    """Explain a guideline practice, a check, a framework id or an error code."""
    allowed = _allowed(plugins)
    found = explain(id_, allowed)
    click.echo(_json(found) if form == "json" else "\n".join(_lines(found)))


def explain(id_: str, allowed: frozenset[str]) -> Explained:
    """Return what is known about an id; raises `CatalogError` with the nearest id for an unknown one."""
    if _ERROR.fullmatch(id_):
        page = error_pages().get(id_)
        if page:
            return Explained(id_, "error", page.title, page.text, see=page.see)
        raise _unknown(id_, error_pages())
    catalogue = load_catalogue()
    found = _in_catalogue(id_, catalogue, allowed)
    if found is None and _CHECK.fullmatch(id_):
        found = _check(id_, allowed)
    found = found or _framework(id_, catalogue, allowed)
    if found is None:
        raise _unknown(id_, _every_id(catalogue, allowed))
    return found


def _in_catalogue(id_: str, catalogue: Catalogue, allowed: frozenset[str]) -> Explained | None:
    for guideline in (*catalogue.guidelines(), *catalogue.companion):
        if guideline.id == id_:
            return _guideline(guideline, _checks(id_, allowed))
        for practice in guideline.practices:
            if practice.id == id_:
                return _provision(practice, guideline, _checks(id_, allowed))
            if id_ in practice.claims:
                return _claim(id_, practice, _checks(id_, allowed))
    return None


def _guideline(guideline: Guideline, checks: tuple[Brief, ...]) -> Explained:
    practices = (f"{practice.id} {practice.asks}" for practice in guideline.practices)
    bearing = _bearing(checks, (claim for practice in guideline.practices for claim in practice.claims))
    return Explained(
        id=guideline.id,
        kind="guideline",
        title=guideline.title,
        text=guideline.asks,
        provisions=tuple(practice.id for practice in guideline.practices),
        checks=bearing,
        see=_crosswalk(guideline),
        facts=(*practices, *_crosswalk_lines(guideline)),
    )


def _provision(practice: Provision, guideline: Guideline, checks: tuple[Brief, ...]) -> Explained:
    return Explained(
        id=practice.id,
        kind="provision",
        title=practice.asks,
        text=f"{guideline.id} {guideline.title}. {guideline.asks}",
        provisions=(practice.id,),
        checks=_bearing(checks, practice.claims),
        see=(guideline.id, *_crosswalk(guideline)),
        facts=(
            *_facts(practice),
            *(_claim_line(claim, checks) for claim in practice.claims),
            *_crosswalk_lines(guideline),
        ),
    )


def _claim(id_: str, practice: Provision, checks: tuple[Brief, ...]) -> Explained:
    return Explained(
        id=id_,
        kind="claim",
        title=id_.partition("/")[2].replace("-", " "),
        text=f"What {practice.id} needs shown: {practice.asks}.",
        provisions=(practice.id,),
        checks=_bearing(checks, (id_,)),
        see=(practice.id,),
        facts=(*_facts(practice), _claim_line(id_, checks)),
    )


def _check(id_: str, allowed: frozenset[str]) -> Explained | None:
    from accord.core.plugins import load_checks

    loaded = load_checks(allowed).get(id_)
    if loaded is None:
        return None
    one = loaded.check
    looks = f"looks at {', '.join(one.on)}; since {one.since}; {'can' if one.waivable else 'can never'} be waived"
    return Explained(
        id=id_,
        kind="check",
        title=one.title,
        text=one.page,
        provisions=tuple(dict.fromkeys(claim.partition("/")[0] for claim in one.bears_on)),
        checks=(id_,),
        see=(*one.bears_on, *one.refs),
        facts=(looks, f"from {loaded.plugin.name} {loaded.plugin.version}"),
    )


def _framework(id_: str, catalogue: Catalogue, allowed: frozenset[str]) -> Explained | None:
    found: FrameworkId | None = find_framework_id(id_)
    if found is None:
        return None
    everything = (*catalogue.guidelines(), *catalogue.companion)
    guidelines = [one for one in everything if id_ in one.crosswalk.get(found.framework.id, ())]
    other = found.framework
    return Explained(
        id=id_,
        kind="framework",
        title=found.title,
        text=f"{other.title} {other.version}. {other.source}.",
        provisions=tuple(practice.id for one in guidelines for practice in one.practices),
        checks=tuple(check.code for check in _checks(id_, allowed) if id_ in check.refs),
        see=tuple(one.id for one in guidelines),
        facts=tuple(f"{one.id}  {one.title}" for one in guidelines),
    )


def _facts(practice: Provision) -> tuple[str, ...]:
    fresh = "as long as nothing changes" if practice.fresh == "subject" else practice.fresh
    how = f"mode {practice.mode} · gate {practice.gate} · from level {practice.level} · fresh {fresh}"
    note = (f"note: {practice.note}",) if practice.note else ()
    return (f"owner {practice.owner}", how, *note)


def _claim_line(claim: str, checks: tuple[Brief, ...]) -> str:
    codes = [f"{check.code} {check.title}" for check in checks if claim in check.bears_on]
    return f"{claim}: {'; '.join(codes) or 'no check yet'}"


def _bearing(checks: tuple[Brief, ...], claims: Iterable[str]) -> tuple[str, ...]:
    wanted = frozenset(claims)
    return tuple(check.code for check in checks if wanted & frozenset(check.bears_on))


def _crosswalk(guideline: Guideline) -> tuple[str, ...]:
    """Return the ids of other frameworks; one that says too little by itself has its framework before it."""
    return tuple(
        f"{name} {item}" if name in _TERSE else item for name, items in guideline.crosswalk.items() for item in items
    )


def _crosswalk_lines(guideline: Guideline) -> Iterator[str]:
    return (f"{name}: {', '.join(items)}" for name, items in guideline.crosswalk.items())


def _checks(mentioning: str, allowed: frozenset[str]) -> tuple[Brief, ...]:
    """Return the checks that mention an id: of ours they are read, not imported, which costs more than the answer."""
    if not allowed:
        return tuple(brief for path in _ours() for brief in _briefs(path, mentioning))
    from accord.core.plugins import load_checks

    every = (loaded.check for loaded in load_checks(allowed).values())
    return tuple(Brief(one.code, one.title, one.bears_on, one.refs) for one in every)


def _ours() -> Iterator[Path]:
    import accord

    return iter(sorted((Path(accord.__path__[0]) / "checks").rglob("*.py")))


def _briefs(path: Path, mentioning: str) -> Iterator[Brief]:
    import ast

    text = path.read_text("utf-8")
    if mentioning not in text or "@check(" not in text:
        return
    for node in (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)):
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check":
                claims = next(ast.literal_eval(word.value) for word in call.keywords if word.arg == "bears_on")
                page = ast.get_docstring(node) or ""
                refs = tuple(re.findall(r"^- ([\w.-]+)", page, re.M))
                yield Brief(ast.literal_eval(call.args[0]), page.partition("\n")[0].rstrip("."), claims, refs)


def _allowed(plugins: tuple[str, ...]) -> frozenset[str]:
    from accord.core.settings import read_settings

    return frozenset(read_settings(Path(), os.environ, plugins).plugins)


def _every_id(catalogue: Catalogue, allowed: frozenset[str]) -> Iterator[str]:
    for guideline in (*catalogue.guidelines(), *catalogue.companion):
        yield guideline.id
        for practice in guideline.practices:
            yield from (practice.id, *practice.claims)
    for name in frameworks():
        yield from framework(name).ids
    yield from error_pages()
    yield from (check.code for check in _checks("", allowed))


def _unknown(id_: str, known: Iterable[str]) -> CatalogError:
    from difflib import get_close_matches

    near = get_close_matches(id_[:80], list(known), n=8, cutoff=0)
    nearest = max(near, key=lambda other: _shared(id_, other), default="")
    hint = f"the nearest is {nearest}" if nearest else ""
    return CatalogError(f"nothing is called {one_line(id_, 80)!r}", hint=hint, code="ACC-E201")


def _shared(one: str, other: str) -> int:
    """Count the characters that two ids begin with alike."""
    return next((n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(other))


def _json(found: Explained) -> str:
    members = {key: value for key, value in found._asdict().items() if key != "facts"}
    return json.dumps(members, ensure_ascii=False, indent=2)


def _lines(found: Explained) -> Iterator[str]:
    yield from textwrap.wrap(clean(f"{found.kind} {found.id}: {found.title}"), _WIDTH)
    yield ""
    for block in _blocks(clean(found.text)):
        hang = re.match(r"(?:- |\d+\. )?", block)
        yield from textwrap.wrap(block, _WIDTH, subsequent_indent=" " * len(hang[0] if hang else "")) or [""]
    if found.facts or found.see:
        yield ""
    for fact in found.facts:
        yield from textwrap.wrap(clean(fact), _WIDTH, initial_indent="  = ", subsequent_indent="    ")
    told = () if found.kind in ("provision", "guideline") else (("provisions", found.provisions), ("see", found.see))
    for name, items in told:
        if items:
            yield from textwrap.wrap(
                f"{name}: {', '.join(items)}", _WIDTH, initial_indent="  = ", subsequent_indent="    "
            )


def _blocks(text: str) -> Iterator[str]:
    """Yield headings, list entries and paragraphs, each on one line, and the empty lines between them."""
    block = ""
    for line in text.splitlines():
        if block and (not line.strip() or block.startswith("#") or re.match(r"#|- |\d+\. ", line)):
            yield block
            block = ""
        if not line.strip():
            yield ""
        block = f"{block} {line.strip()}".strip()
    if block:
        yield block
