"""How a target is reached, beyond its address: what can be planted in it, read from it, and run for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from accord.core.trial import Capability

Planted = Literal["retrieval", "memory", "file"]
"""The channels into which a target can take texts over HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpUndo:
    """The request that takes a planted text out again; `{{name}}` stands for its name."""

    url: str
    method: str = "DELETE"
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpPlant:
    """The request that puts a text where the target reads it; `{{name}}` and `{{text}}` stand in `url` and `body`.

    `file` is the field of a form in which the text is sent as a file (md, html, pdf, docx), instead of a body.
    """

    url: str
    method: str = "POST"
    body: str | None = None
    file: str | None = None
    undo: HttpUndo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpState:
    """Where the target tells its state as JSON; `path` leads to the part that counts."""

    url: str
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """Any HTTP endpoint, by template: `{{text}}` in `body` stands for what is said.

    A header `env:NAME` takes its value from the environment, so that no credential lies in the manifest. `answer`,
    `calls` and `stopped` are dotted paths to the text, the tool calls and the reason of the end in what comes back.
    `session` names the field (or `header:NAME`) that holds a fresh id in each trial. Other addresses than `url` may
    be relative to it.
    """

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    answer: str | None = None
    session: str | None = None
    calls: str | None = None
    stopped: str | None = None
    plant: Mapping[Planted, HttpPlant] = field(default_factory=dict)
    state: HttpState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class McpCall:
    """An MCP server: its address, or the command that starts it; `tool` and `argument` take what is said."""

    url: str | None = None
    command: tuple[str, ...] = ()
    tool: str | None = None
    argument: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCall:
    """A command: one run a turn, or with `lines` one process a session that speaks JSON lines.

    It gets the variables of the environment that `environment` names and no others. `can` is what it lets us do
    beyond asking, with `lines` only.
    """

    run: tuple[str, ...]
    lines: bool = False
    environment: tuple[str, ...] = ()
    can: tuple[Capability, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessCall:
    """The door of a harness in a running application; `token` is `env:NAME`. `can` is what the application wrapped."""

    url: str
    token: str = "env:ACCORD_HARNESS_TOKEN"  # the name of a variable, no token
    can: tuple[Capability, ...] = ()
