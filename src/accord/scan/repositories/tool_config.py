"""Configurations of tools and tool servers: how servers are started, and what tools tell the model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from accord.core.text import one_line
from accord.scan.effects import effects
from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.rating import Sight
from accord.scan.repositories.documents import Document, mappings, strings
from accord.scan.repositories.tool_text import hidden, poison, signs, skeleton

MARKS: Final = re.compile(
    r'"(?:mcpServers|mcp_servers|context_servers|mcp|servers|inputSchema|input_schema|description_for_model|tools|'
    r'functions|skills|parameters)"\s*:'
)
"""Keys that a configuration of tools has in JSON."""

_SERVERS: Final = ("mcpServers", "mcp_servers", "context_servers", "servers")
_SCHEMAS: Final = frozenset({"inputSchema", "input_schema", "parameters", "inputs", "args_schema", "outputSchema"})
_SHELLS: Final = frozenset({"sh", "bash", "zsh", "dash", "fish", "cmd", "powershell", "pwsh", "ksh"})
_RUNNERS: Final = frozenset({"npx", "bunx", "uvx", "pipx", "pnpx", "yarn", "pnpm", "npm", "bun", "uv", "dnx"})
_RUN_WORDS: Final = frozenset({"-y", "--yes", "run", "dlx", "tool", "exec", "x", "--quiet", "-q"})
_LATIN: Final = re.compile(r"[A-Za-z]")
_INLINE: Final = frozenset({"-c", "-e", "--eval", "/c", "/C", "-Command", "-lc", "-ic"})
_FROM: Final = frozenset({"--from", "-p", "--package"})
_PINNED: Final = re.compile(
    r"@?[^@\s]{1,200}@v?\d[\w.+-]{0,60}|[^=\s]{1,200}==[\w.+!-]{1,60}|.{0,300}@[0-9a-f]{40}|[./~].*"
)
_SECRET_KEY: Final = re.compile(r"key|token|secret|passw|auth|credential|bearer", re.IGNORECASE)
_SECRET: Final = re.compile(
    r"(?:bearer\s+)?(?:sk-[\w-]{16,}|gh[pousr]_\w{30,}|github_pat_\w{30,}|xox[abpr]-[\w-]{16,}|AKIA[A-Z0-9]{16}|AIza[\w-]{30,}|"
    r"glpat-[\w-]{16,}|hf_[A-Za-z0-9]{30,}|[A-Za-z0-9+/_=.-]{32,200})",
    re.IGNORECASE,
)
_LOOPBACK: Final = re.compile(
    r"http://(?:localhost|127\.\d|\[::1\]|0\.0\.0\.0|host\.docker\.internal|[\w-]{1,63}(?:[:/]|$))"
)


def judge(document: Document, part: Part, look: Look) -> Iterator[Sight]:
    """Yield what speaks against the tools and tool servers of a configuration."""
    for value in (document.value, *document.hidden):
        if isinstance(value, list):
            yield from _listed(value, part, look)
        for node in mappings(value, look):
            for key in _SERVERS:
                yield from _servers(node.get(key), part, look)
            for key in ("tools", "functions", "skills", "prompts", "resources"):
                yield from _listed(node.get(key), part, look)
            told = node.get("description_for_model")
            if isinstance(told, str):
                yield from _told("the plug-in", told, part)
            instructions = node.get("instructions")
            if isinstance(instructions, str) and ("tools" in node or "serverInfo" in node):
                yield from _told("the server's instructions", instructions, part)
    for hid in document.hidden:
        if isinstance(hid, dict) and any(_is_server(held) for held in hid.values()):
            yield part.sees(
                "tool-shadowed", "two servers have one name: readers disagree on which is started", name="mcpServers"
            )


def _listed(given: object, part: Part, look: Look) -> Iterator[Sight]:
    """Judge a list or a table of tools."""
    if isinstance(given, dict):
        given = [{"name": name, **held} for name, held in given.items() if isinstance(held, dict)]
    if not isinstance(given, list):
        return
    tools = [tool for one in given if (tool := _tool(one)) is not None]
    names: set[str] = set()
    for tool in tools:
        name = str(tool["name"])
        shown = one_line(name, 80)
        yield from _told(f"the tool {shown}", "\n".join(strings(dict(tool), look)), part, name=shown)
        plain = skeleton(name)
        if plain in names and _is_offered(tool):
            yield part.sees("tool-shadowed", f"two tools of one list answer to {shown}", name=shown)
        elif plain != name.casefold() and plain.isascii() and _LATIN.search(name):
            message = f"the tool {shown} has letters that pass for others: {ascii(name)[:120]}"
            yield part.sees("tool-hidden", message, name=shown)
        if _is_offered(tool):
            names.add(plain)


def _is_offered(tool: Mapping[str, object]) -> bool:
    """Tell whether a model is offered this as a tool: told what it does, and given a schema."""
    schema = any(isinstance(tool.get(key), dict) for key in ("inputSchema", "input_schema", "parameters"))
    return schema and isinstance(tool.get("description"), str)


def _tool(one: object) -> Mapping[str, object] | None:
    """Return what a list holds when it is a tool: a name, and a description or a schema."""
    if not isinstance(one, dict):
        return None
    inner = one.get("function")
    held: dict[str, object] = inner if one.get("type") == "function" and isinstance(inner, dict) else one
    told = isinstance(held.get("description"), str) or held.keys() & _SCHEMAS
    return held if isinstance(held.get("name"), str) and told else None


def _told(says: str, text: str, part: Part, *, name: str = "") -> Iterator[Sight]:
    found = hidden(text)
    if found:
        yield part.sees("tool-hidden", f"{says} hides {found} in its description", name=name)
    orders = poison(text)
    if orders:
        yield part.sees("tool-poisoned", f"{says} orders the model about: {'; '.join(orders)}", name=name)


def _is_server(one: object) -> bool:
    return isinstance(one, dict) and ("command" in one or "url" in one or "serverUrl" in one)


def _servers(given: object, part: Part, look: Look) -> Iterator[Sight]:
    if not isinstance(given, dict):
        return
    servers = {name: one for name, one in given.items() if isinstance(one, dict) and _is_server(one)}
    seen: dict[str, str] = {}
    for name, server in servers.items():
        shown = one_line(str(name), 80)
        plain = skeleton(str(name))
        if plain in seen:
            yield part.sees("tool-shadowed", f"two servers look like {shown}", name=shown)
        seen[plain] = str(name)
        yield from _started(shown, server, part)
        yield from _reached(shown, server, part)
        yield from _secrets(shown, server, part)
        told = server.get("description")
        if isinstance(told, str):
            yield from _told(f"the server {shown}", told, part, name=shown)


def _started(name: str, server: Mapping[str, object], part: Part) -> Iterator[Sight]:
    """Judge the command that starts a server."""
    command, args = _command(server)
    if not command:
        return
    line = " ".join((command, *args))
    program = command.replace("\\", "/").rpartition("/")[2].removesuffix(".exe").removesuffix(".cmd").lower()
    inline = _after(args, _INLINE)
    if signs().shells.search(line):
        yield part.sees(
            "tool-shell",
            f"starting {name} gives a download or hidden text to a shell: {one_line(line, 150)}",
            name=name,
        )
    elif inline is not None and program.startswith("python"):
        for one in effects(inline)[0]:
            yield part.sees("tool-shell", f"starting {name} runs code that {one.does}: {one.name}", name=name)
    elif program in _SHELLS and inline is not None:
        yield part.sees("tool-by-shell", f"{name} is started through a shell: {one_line(inline, 120)}", name=name)
    loose = _unpinned(program, args)
    if loose:
        yield part.sees("tool-unpinned", f"{name} is fetched without a version: {one_line(loose, 100)}", name=name)


def _command(server: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    command, args = server.get("command"), server.get("args")
    if isinstance(command, dict):  # Zed: {"path": …, "args": […]}
        held: dict[str, object] = command
        command, args = held.get("path"), held.get("args")
    if isinstance(command, list):
        command, args = (command[0] if command else ""), command[1:]
    words = tuple(str(one) for one in args[:200]) if isinstance(args, list) else ()
    if isinstance(command, str) and " " in command and not words:
        first, *rest = command.split()
        return first, tuple(rest)
    return (command if isinstance(command, str) else ""), words


def _unpinned(program: str, args: tuple[str, ...]) -> str | None:
    """Return the package or image that a launcher fetches without a version."""
    if program in _RUNNERS:
        words = [one for one in args if one not in _RUN_WORDS]
        given = _after(args, _FROM)
        package = given or next((one for one in words if not one.startswith("-")), None)
        return package if package and not _PINNED.fullmatch(package) else None
    if program in {"docker", "podman"} and "run" in args:
        image = _image(args[args.index("run") + 1 :])
        named = image.rpartition("/")[2] if image else ""
        return image if image and (":" not in named or named.endswith(":latest")) and "@sha256:" not in image else None
    return None


def _after(args: tuple[str, ...], words: frozenset[str]) -> str | None:
    """Return the argument that follows the first of some switches."""
    return next((after for word, after in pairwise(args) if word in words), None)


def _image(args: tuple[str, ...]) -> str | None:
    takes = {
        "-e",
        "-v",
        "--env",
        "--volume",
        "--mount",
        "-p",
        "--name",
        "--network",
        "-w",
        "--workdir",
        "-u",
        "--env-file",
        "--add-host",
    }
    skip = False
    for word in args:
        if skip or word.startswith("-"):
            skip = not skip and word in takes
            continue
        return word
    return None


def _reached(name: str, server: Mapping[str, object], part: Part) -> Iterator[Sight]:
    for key in ("url", "serverUrl"):
        url = server.get(key)
        if isinstance(url, str) and url.startswith("http://") and not _LOOPBACK.match(url):
            yield part.sees("tool-plain-http", f"{name} is reached without TLS: {one_line(url, 120)}", name=name)


def _secrets(name: str, server: Mapping[str, object], part: Part) -> Iterator[Sight]:
    for table in (server.get("env"), server.get("headers")):
        for key, value in table.items() if isinstance(table, dict) else ():
            if isinstance(value, str) and _SECRET_KEY.search(str(key)) and _is_secret(value):
                yield part.sees("tool-secret", f"{name} holds a secret in {one_line(str(key), 60)}", name=name)


def _is_secret(value: str) -> bool:
    odd = any(one in value for one in ("${", "<", "{{", "$(", "%", "your", "YOUR", "xxx", "XXX", "..."))
    return not odd and bool(_SECRET.fullmatch(value)) and len(set(value)) > 10
