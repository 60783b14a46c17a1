"""What runs while packages are installed, and where they come from: scripts, setup.py, second indexes."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from accord.content.tables import table_of
from accord.scan.supply.packages import Lock, Package, mapping

_MOST_TEXT = 4 << 20
_DEEPEST_NODES = 200_000


class Oddity(NamedTuple):
    """Something odd about how packages are installed; `grave` tells what has no honest use."""

    message: str
    line: int | None
    grave: bool
    fix: str


class _Rules(NamedTuple):
    hooks: tuple[str, ...]
    harmless: re.Pattern[str]
    fetching: re.Pattern[str]
    network: frozenset[str]
    decoding: frozenset[str]
    running: frozenset[str]
    trusted: frozenset[str]


def package_scripts(text: str) -> Iterator[Oddity]:
    """Yield scripts of a `package.json` that run when it is installed and do more than build."""
    rules = _rules()
    try:
        scripts = mapping(mapping(json.loads(text[:_MOST_TEXT])).get("scripts"))
    except (ValueError, RecursionError):
        return
    for hook in rules.hooks:
        command = scripts.get(hook)
        if not isinstance(command, str) or not command.strip():
            continue
        grave = bool(rules.fetching.search(command[:4000]))
        parts = [part.strip() for part in re.split(r"&&|\|\||;", command[:4000])]
        if grave or (
            hook in {"preinstall", "install", "postinstall"} and not all(map(rules.harmless.fullmatch, parts))
        ):
            yield Oddity(
                f"the script {hook} runs when the package is installed: {command[:120]}",
                text.count("\n", 0, max(text.find(f'"{hook}"'), 0)) + 1,
                grave,
                "install with --ignore-scripts, and run what is needed by hand or in the build",
            )


def setup_calls(text: str) -> Iterator[Oddity]:
    """Yield calls of a `setup.py` that fetch something, or run what was decoded or fetched."""
    try:
        tree = ast.parse(text[:_MOST_TEXT])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    rules = _rules()
    names = _imported(tree)
    calls = [node for _, node in zip(range(_DEEPEST_NODES), ast.walk(tree), strict=False) if isinstance(node, ast.Call)]
    for node in calls:
        name = _name(node.func, names)
        inside = {_name(one.func, names) for one in ast.walk(node) if isinstance(one, ast.Call)} - {name}
        if name in rules.network:
            yield _setup(f"setup.py opens a connection while it is installed: {name}", node)
        elif name in rules.running and inside & (rules.decoding | rules.network):
            yield _setup(f"setup.py runs what it decodes while it is installed: {name} of {min(inside)}", node)
        elif name in rules.running and rules.fetching.search(_texts(node)) and name not in {"compile", "eval", "exec"}:
            yield _setup(f"setup.py starts a program that fetches or hides something: {_texts(node)[:80]}", node)


def _setup(message: str, node: ast.Call) -> Oddity:
    return Oddity(
        message, node.lineno, grave=True, fix="install from a wheel, built where nothing is lost, and read this file"
    )


def _imported(tree: ast.Module) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _name(node: ast.expr, names: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Call) and _name(node.func, names) == "__import__" and node.args:
        first = node.args[0]
        return ".".join([str(getattr(first, "value", "?")), *reversed(parts)])
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([names.get(node.id, node.id), *reversed(parts)])


def _texts(node: ast.Call) -> str:
    return " ".join(
        one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )[:2000]


def second_indexes(text: str, lock: Lock) -> Iterator[Oddity]:
    """Yield options of a requirements file by which a package of the same name elsewhere may be taken."""
    unhashed = [one.name for one in lock.packages if not one.hashed]
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\s*(--extra-index-url|--find-links|-f|--trusted-host)(?:[\s=]|$)", line[:2000])
        if match is None or (not unhashed and match[1] != "--trusted-host"):
            continue
        if match[1] == "--extra-index-url":
            message = f"packages are looked for in a second index as well, and {len(unhashed)} of them have no hash"
            fix = "name one index that mirrors both, or lock with hashes: whoever has the higher version wins"
        elif match[1] == "--trusted-host":
            message, fix = "a host is trusted without a certificate", "give the host a certificate, and drop the option"
        else:
            continue
        yield Oddity(message, number, grave=False, fix=fix)


def loose_origins(lock: Lock) -> Iterator[tuple[Package, str]]:
    """Yield packages that come from an address without a commit or a hash."""
    for one in lock.packages:
        if (
            one.origin
            and not one.hashed
            and one.version is None
            and re.match(
                r"(?:git\+|hg\+|svn\+|https?:|ssh:|git:|git@|github:|[A-Za-z0-9][\w.-]{0,100}/[\w.-]{1,100}(?:#|$))",
                one.origin,
            )
        ):
            yield one, one.origin


def script_runners(lock: Lock) -> Iterator[Package]:
    """Yield packages whose lock says that they run a script when installed, but those known for it."""
    trusted = _rules().trusted
    seen: set[str] = set()
    for one in lock.packages:
        if one.scripts and one.name not in trusted and one.name not in seen:
            seen.add(one.name)
            yield one


@cache
def _rules() -> _Rules:
    said = table_of("supply/scripts.yaml")
    calls = said["calls"]
    return _Rules(
        tuple(said["hooks"]),
        re.compile("|".join(f"(?:{one})" for one in said["harmless"])),
        re.compile("|".join(said["fetching"]), re.IGNORECASE),
        frozenset(calls["network"]),
        frozenset(calls["decoding"]),
        frozenset(calls["running"]),
        frozenset(said["trusted"]),
    )
