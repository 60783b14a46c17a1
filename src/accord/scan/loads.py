"""Loading calls in Python source that can run code out of the file they load."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from accord.scan.names import Names, argument
from accord.scan.rules import LoadRule, rules

_SAFE_LOADERS = ("SafeLoader", "CSafeLoader", "BaseLoader", "CBaseLoader")
_POSITION: Final = {("torch.load", "weights_only"): 99, ("numpy.load", "allow_pickle"): 2, ("yaml.load", "Loader"): 1,
             ("yaml.load_all", "Loader"): 1}  # fmt: skip


class Load(NamedTuple):
    """One call that can run code: the qualified name, where, the keyword that matters, and the safe call."""

    call: str
    line: int
    column: int
    detail: str
    fix: str


def loads(nodes: Iterable[ast.AST], names: Names) -> Iterator[Load]:
    """Yield the calls that load code, resolved through imports and aliases."""
    known = rules().loads
    for node in nodes:
        if isinstance(node, ast.Call):
            name = names.qualified(node.func)
            rule = known.get(name) or _switched(node, known)
            if rule and _unsafe(node, name, rule, names):
                yield _load(node, name or "load", _detail(rule), rule.fix)
            elif _trusts(argument(node, "trust_remote_code"), names):
                fix = "leave trust_remote_code out, or pin revision to a commit that was reviewed"
                yield _load(node, name or "from_pretrained", "trust_remote_code=True", fix)
        elif isinstance(node, ast.ClassDef):
            yield from _unpicklers(node, names)


def _switched(node: ast.Call, known: Mapping[str, LoadRule]) -> LoadRule | None:
    """Return the rule for a keyword that allows code whatever is called: `*.allow_dangerous_deserialization`."""
    return next((rule for one in node.keywords if (rule := known.get(f"*.{one.arg}"))), None)


def _unpicklers(node: ast.ClassDef, names: Names) -> Iterator[Load]:
    """Yield a subclass of Unpickler that does not say which classes may be loaded."""
    plain = not any(isinstance(one, ast.FunctionDef) and one.name == "find_class" for one in node.body)
    if plain and any(names.qualified(one) == "pickle.Unpickler" for one in node.bases):
        fix = "override find_class with an allow-list"
        yield Load("pickle.Unpickler", node.lineno, node.col_offset + 1, "no find_class of its own", fix)


def _load(node: ast.Call, name: str, detail: str, fix: str) -> Load:
    return Load(name, node.lineno, node.col_offset + 1, detail, fix)


def _unsafe(node: ast.Call, name: str, rule: LoadRule, names: Names) -> bool:
    if rule.unless:
        given = _given(node, name, rule.unless[0])
        return given is None or not _is(given, rule.unless[1], names)
    if rule.when:
        given = _given(node, name, rule.when[0])
        return given is not None and _is(given, rule.when[1], names)
    return True


def _given(node: ast.Call, name: str, keyword: str) -> ast.expr | None:
    at = _POSITION.get((name, keyword), 99)
    return argument(node, keyword) or (node.args[at] if len(node.args) > at else None)


def _is(given: ast.expr, wanted: object, names: Names) -> bool:
    if wanted == "safe":
        return names.qualified(given).rpartition(".")[2] in _SAFE_LOADERS
    value = names.value(given)
    return isinstance(value, ast.Constant) and type(value.value) is type(wanted) and value.value == wanted


def _trusts(given: ast.expr | None, names: Names) -> bool:
    value = names.value(given) if given is not None else None
    return isinstance(value, ast.Constant) and value.value is True


def _detail(rule: LoadRule) -> str:
    if rule.unless:
        return f"without {rule.unless[0]}=" + ("a safe loader" if rule.unless[1] == "safe" else str(rule.unless[1]))
    return f"{rule.when[0]}={rule.when[1]}" if rule.when else ""
