"""Skops files: every node is judged by what it builds, whatever type it claims, against the types of its own kind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.content.tables import table_of
from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.pickles.lists import Named, uses
from accord.scan.rating import Rating, Sight
from accord.scan.repositories.callables import rating_of
from accord.scan.repositories.documents import strings

if TYPE_CHECKING:
    from accord.scan.containers.archive import Archive, Entry

_MOST = 64 << 20
_MOST_NODES = 2_000_000
_SCALAR: Final = re.compile(
    r"numpy\.(?:u?int|float|complex|longlong|ulonglong|longdouble|intc|uintc|short|ushort|byte|ubyte)\w{0,12}"
)
_UFUNC_HOMES: Final = re.compile(
    r"numpy(?:\._?core(?:\.\w{1,40}){0,2}|\.lib(?:\.\w{1,40}){0,2})?|scipy\.special(?:\._\w{1,40})?"
)
_LOSS: Final = re.compile(
    r"(?:sklearn\.(?:_loss\.(?:_)?loss|linear_model\._sgd_fast|linear_model\._sag_fast)|_loss|_sgd_fast)\.[A-Z]\w{1,60}"
)
_SKLEARN_FUNCTION: Final = re.compile(
    r"sklearn\.(?:cluster|decomposition|ensemble|feature_selection|gaussian_process|linear_model|metrics|neighbors|preprocessing|svm|tree)"
    r"\.(?:\w{1,60}\.){0,2}_?[a-z][a-z0-9_]{1,80}"
)
_FUNCTIONS: Final = frozenset({"ufunc", "function", "builtin_function_or_method", "_ArrayFunctionDispatcher"})
"""What the first protocol calls the class of a function, whose own name stands in the content."""

_FEW_BYTES = 64
_ESTIMATOR: Final = re.compile(r"sklearn(?:\.\w{1,60}){1,6}\.[A-Z_]\w{1,80}")


class _Kind(NamedTuple):
    types: frozenset[str]
    listed: bool
    scalars: bool
    losses: bool
    ufuncs: bool
    estimators: bool


def read_archive(archive: Archive, look: Look) -> Iterator[Sight]:
    """Yield what the schema of a skops file would have built; the arrays beside it are looked inside as members."""
    entry: Entry | None = archive.find("schema.json")
    if entry is None:
        raise BrokenError("the archive has no schema.json")
    part = archive.open(entry)
    hidden: list[object] = []

    def paired(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            hidden.extend(value for key, value in pairs if found[key] is not value)
        return found

    schema = json.loads(part.whole(_MOST), object_pairs_hook=paired)
    if not isinstance(schema, dict) or "__loader__" not in schema:
        look.name_format(archive.part, archive.format)
        yield from look.inside(part)
        return
    for value in (schema, *hidden):
        yield from _nodes(value, part, archive, look)
    if hidden:
        yield part.sees("malformed", f"{len(hidden)} keys of the schema stand twice in one node")


def _nodes(value: object, part: Part, archive: Archive, look: Look) -> Iterator[Sight]:
    waiting, count = [value], 0
    while waiting:
        one = waiting.pop()
        count += 1
        if count > _MOST_NODES:
            raise BrokenError(f"the schema has more than {_MOST_NODES} nodes")
        if count % 4096 == 0:
            look.tick()
        if isinstance(one, dict):
            if "__loader__" in one or "__class__" in one:
                yield from _node(one, part, look)
            yield from _stored(one, part, archive)
            waiting.extend(held for held in one.values() if isinstance(held, dict | list))
        elif isinstance(one, list):
            waiting.extend(held for held in one if isinstance(held, dict | list))


def _stored(node: Mapping[str, object], part: Part, archive: Archive) -> Iterator[Sight]:
    """Judge the member that a node reads; a few bytes of a `bytes` object hold nothing to look at."""
    file = node.get("file")
    if not isinstance(file, str) or "__loader__" not in node:
        return
    entry = archive.find(file)
    if entry is None:
        shown = one_line(file, 80)
        yield part.sees("malformed", f"a node reads {shown}, which is not in the archive", name=shown)
    elif node["__loader__"] in {"BytesNode", "BytearrayNode"} and entry.size <= _FEW_BYTES:
        archive.take(entry)


def _node(node: Mapping[str, object], part: Part, look: Look) -> Iterator[Sight]:
    loader, module, name = node.get("__loader__"), node.get("__module__"), node.get("__class__")
    if not (isinstance(loader, str) and isinstance(module, str) and isinstance(name, str)):
        yield part.sees("skops-unknown", "a node does not say its type in words", name="__class__")
        return
    content = node.get("content")
    if loader == "OperatorFuncNode":
        yield from _operator(node, part, look)
    elif loader == "MethodNode":
        yield from _method(node, f"{module}.{name}", part)
    elif loader == "FunctionNode" and isinstance(content, dict):
        yield from _built(loader, str(content.get("module_path")), str(content.get("function")), part)
        if name not in _FUNCTIONS:
            yield from _built(loader, module, name, part)
    else:
        yield from _built(loader, module, name, part)
    if loader == "RandomGeneratorNode":
        yield from _generator(node, part)


def _built(loader: str, module: str, name: str, part: Part) -> Iterator[Sight]:
    """Judge what one node imports by the name that its loader reads."""
    full, shown = f"{module}.{name}", one_line(f"{module}.{name}", 120)
    if rating_of(full) is Rating.DANGEROUS and not _allowed(loader, module, name):
        yield part.sees("skops-method", f"a {one_line(loader, 40)} builds {shown}", name=shown)
    elif loader not in _kinds():
        yield part.sees("skops-unknown", f"the loader {one_line(loader, 60)} of {shown} is unknown", name=shown)
    elif not _allowed(loader, module, name):
        yield from _refused(loader, full, part)


def _refused(loader: str, full: str, part: Part) -> Iterator[Sight]:
    """Tell a type that no kind of node builds from one that its node only pretends to build."""
    shown = one_line(full, 120)
    elsewhere = next((kind for kind, one in _kinds().items() if full in one.types), None)
    if elsewhere or (_kinds()[loader].types and loader not in {"TypeNode", "ConstructorFromReduceNode", "TupleNode"}):
        yield part.sees("skops-confused", f"a {loader} claims to be {shown}", name=shown)
    else:
        yield part.sees("skops-unknown", f"a {loader} builds {shown}, which nobody vouches for", name=shown)


def _operator(node: Mapping[str, object], part: Part, look: Look) -> Iterator[Sight]:
    module, name = node["__module__"], node["__class__"]
    shown = one_line(f"{module}.{name}", 120)
    if module != "operator":
        yield part.sees("skops-confused", f"an OperatorFuncNode claims the module of {shown}", name=shown)
    elif name not in {"itemgetter", "attrgetter"}:
        yield part.sees("skops-method", f"an OperatorFuncNode calls {shown}", name=shown)
    elif name == "attrgetter":
        reaches = any("__" in one for one in strings(node.get("attrs"), look))
        kind = "skops-method" if reaches else "skops-unknown"
        yield part.sees(kind, f"a node reads attributes by {shown}", name=shown)


def _method(node: Mapping[str, object], full: str, part: Part) -> Iterator[Sight]:
    content = node.get("content")
    held: Mapping[str, object] = content if isinstance(content, dict) else {}
    owner, func = held.get("obj"), held.get("func")
    inner = f"{owner.get('__module__')}.{owner.get('__class__')}" if isinstance(owner, dict) else ""
    shown = one_line(f"{full}.{func}", 120)
    if inner != full:
        message = f"a MethodNode claims {one_line(full, 80)} and holds {one_line(inner, 80)}"
        yield part.sees("skops-confused", message, name=shown)
    elif not isinstance(func, str) or func.startswith("_") or rating_of(f"{full}.{func}") is Rating.DANGEROUS:
        yield part.sees("skops-method", f"a MethodNode reaches {shown}", name=shown)
    else:
        yield part.sees("skops-unknown", f"a MethodNode reaches {shown}", name=shown)


def _generator(node: Mapping[str, object], part: Part) -> Iterator[Sight]:
    """Judge the name of the bit generator, which skops looks up in numpy.random and calls."""
    said: object = node
    for key in ("content", "bit_generator", "content", "bit_generator", "content"):
        said = said.get(key) if isinstance(said, dict) else None
    name = said.strip('"') if isinstance(said, str) else None
    if name not in _table()["bit_generators"]:
        shown = one_line(str(name), 80)
        yield part.sees(
            "skops-confused", f"numpy.random.{shown} is called as a bit generator", name=f"numpy.random.{shown}"
        )


def _allowed(loader: str, module: str, name: str) -> bool:
    kind = _kinds().get(loader)
    if kind is None:
        return False
    full = f"{module}.{name}"
    return (
        full in kind.types
        or (kind.scalars and bool(_SCALAR.fullmatch(full)))
        or (kind.losses and bool(_LOSS.fullmatch(full)))
        or (kind.estimators and bool(_ESTIMATOR.fullmatch(full)) and rating_of(full) is not Rating.DANGEROUS)
        or (kind.ufuncs and _is_ufunc(module, name))
        or (
            kind.listed
            and bool(uses(Named(module, name)) & (_HELD if loader in {"TypeNode", "FunctionNode"} else _MADE))
        )
    )


def _is_ufunc(module: str, name: str) -> bool:
    table = _table()
    if _SKLEARN_FUNCTION.fullmatch(f"{module}.{name}"):
        return rating_of(f"{module}.{name}") is not Rating.DANGEROUS
    return (name in table["ufuncs"] and bool(_UFUNC_HOMES.fullmatch(module))) or f"{module}.{name}" in table[
        "functions"
    ]


_MADE: Final = frozenset({"new", "call"})
_HELD: Final = frozenset({"new", "call", "name"})


@cache
def _table() -> Mapping[str, frozenset[str]]:
    said = _said()
    return {key: frozenset(str(one) for one in said[key]) for key in ("bit_generators", "ufuncs", "functions")}


@cache
def _kinds() -> Mapping[str, _Kind]:
    flags = ("listed", "scalars", "losses", "ufuncs", "estimators")
    return {
        name: _Kind(frozenset(one["types"]), **{flag: bool(one.get(flag)) for flag in flags})
        for name, one in dict(_said()["nodes"]).items()
    }


@cache
def _said() -> Mapping[str, Mapping[str, Mapping[str, list[str]]]]:
    said: Mapping[str, Mapping[str, Mapping[str, list[str]]]] = table_of("scan/skops_types.yaml")
    return said
