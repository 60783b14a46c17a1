"""Whether a case fits a system, decided from the manifest and from what the target lets us do; never by trying."""

from __future__ import annotations

from collections.abc import Iterator

from accord.attack.campaign.order import Scope
from accord.case.receiver import open_use
from accord.case.variables import names_in
from accord.case.walk import walk
from accord.core.case import AnyTask, Case, CaseKind, Channel, Condition, Need, Step
from accord.core.trial import Capability


def misfit(case: Case, scope: Scope) -> str:
    """Return why a case does not fit, or nothing."""
    if case.kind is not CaseKind.CONVERSATION:
        return f"it is a case of kind {case.kind}, which is not attacked by talking"
    if open_use(case) is not None:
        named = "the manifest names none, or one that cannot stand in a case"
        missing = "there is no manifest to name one" if scope.bare else named
        return f"it asks for a prohibited use, and {missing}"
    return next(_misfits(case, scope), "")


def keeps_own_message(case: Case, scope: Scope) -> bool:
    """Tell whether the system's own message takes the place of the one that a case brings.

    That is so where nobody can replace it, as in nearly every application, and the case needs it as a setting only:
    everything that its oracle looks for is delivered through other channels.
    """
    if Capability.SYSTEM in scope.capabilities:
        return False
    elsewhere = {name for step in case.steps if not is_system(step) for name in names_in(_text(step))}
    leaves = [node.value for node in walk(case.broke) if isinstance(node.value, Condition)]
    looked_for = {name for leaf in leaves for text in _texts(leaf) for name in names_in(text)}
    fixed = any(leaf.leaks and not names_in(leaf.leaks) for leaf in leaves)
    deeds = any(leaf.called is not None or leaf.tool_call is not None for leaf in leaves)
    return looked_for <= elsewhere and (bool(looked_for) or deeds) and not fixed


def is_system(step: Step) -> bool:
    """Tell whether a step replaces the system message."""
    return step.deliver is not None and step.deliver.channel is Channel.SYSTEM


def _text(step: Step) -> str:
    return step.deliver.text if step.deliver else str(step.ask)


def _texts(leaf: Condition) -> Iterator[str]:
    yield from (text for text in (leaf.says, leaf.matches, leaf.leaks, *(leaf.says_any or ())) if text)
    for deed in (leaf.called, leaf.tool_call):
        yield from deed.args.values() if deed else ()


def _misfits(case: Case, scope: Scope) -> Iterator[str]:
    channels = {step.deliver.channel for step in case.steps if step.deliver} - {Channel.USER}
    named = {need for need in case.needs if isinstance(need, str)}
    if keeps_own_message(case, scope):
        channels, named = channels - {Channel.SYSTEM}, named - {Channel.SYSTEM}
    for channel in sorted(channels | (named & set(Channel)) - {Channel.USER}):
        if Capability(channel) not in scope.capabilities:
            yield f"the target lets nobody deliver through {channel}"
    if Channel.RETRIEVAL in channels | named and not scope.retrieval:
        yield "the manifest declares no retrieval"
    tools = {Channel.TOOL_OUTPUT, Channel.TOOL_DESCRIPTION} & (channels | named)
    if tools and not (scope.bare or scope.tools):
        yield "the manifest declares no tools"
    yield from (fault for need in case.needs if isinstance(need, Need) and (fault := _unmet(need, scope)))
    for unknown in sorted(named - set(Channel) - set(Capability)):
        yield f"it needs {unknown!r}, which no target can offer"
    for need in sorted((named & set(Capability)) - set(Channel) - set(scope.capabilities)):
        yield f"the target does not show its {need.replace('-', ' ')}"
    yield from _blind(case, scope)
    if any(isinstance(step.ask, AnyTask) for step in case.steps) and not (scope.bare or scope.tasks):
        yield "the manifest has no honest tasks to ask"


def _unmet(need: Need, scope: Scope) -> str:
    if need.does is not None:
        known = scope.bare or any(tool.does == need.does for tool in scope.tools)
        return "" if known else f"no tool of the manifest does {need.does}"
    known = any(tool.id == need.tool for tool in scope.tools if not scope.bare)
    return "" if known else f"the manifest has no tool {need.tool!r}"


def _blind(case: Case, scope: Scope) -> Iterator[str]:
    """Yield what the oracle has to see and the target does not show."""
    leaves = tuple(node.value for node in walk(case.broke) if isinstance(node.value, Condition))
    deeds = any(leaf.called is not None or leaf.tool_call is not None for leaf in leaves)
    words = any(leaf.says or leaf.says_any or leaf.matches or leaf.leaks for leaf in leaves)
    if deeds and not words and Capability.TOOL_CALLS not in scope.capabilities:
        yield "the target does not show its tool calls"
    if any(leaf.state is not None for leaf in leaves) and Capability.STATE not in scope.capabilities:
        yield "the target does not show its state"
