"""What a tool says of itself, held to what guard.yaml has pinned: a change quarantines it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from accord.core.canon import Digest, digest
from accord.core.errors import RecordError
from accord.core.guard import GuardTool, Outcome, Ruling
from accord.guard.flow.tools import Tool


def pin(tool: Tool) -> Digest:
    """Return the digest of what a tool says of itself: name, description and schema.

    Raises `RecordError` for a schema that is no JSON: what has no canonical form cannot be held to one.
    """
    said = {"name": tool.name, "description": tool.description, "schema": tool.schema}
    try:
        return digest(said)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"the tool {tool.name[:80]!r} describes itself in what is no JSON"
        raise RecordError(message, hint="mend its schema", code="ACC-E712") from error


def quarantined(tools: Iterable[Tool], listed: Mapping[str, GuardTool]) -> Iterator[Ruling]:
    """Yield a refusal for each tool that says something else of itself than guard.yaml has pinned."""
    for tool in tools:
        known = listed.get(tool.name)
        if known is not None and known.pin is not None and not _holds(tool, known):
            said = f"{tool.name} says something else of itself than guard.yaml has pinned ({known.pin})"
            yield Ruling(outcome=Outcome.BLOCK, code="ACC-E712", message=said, path=(tool.name,))


def _holds(tool: Tool, listed: GuardTool) -> bool:
    try:
        return listed.pin == pin(tool)
    except RecordError:  # no JSON: not what was pinned
        return False
