"""Adding a planted text to what an application's own sources return, in the form in which they return it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass, replace
from typing import Final, TypeVar

from accord.core.trial import Delivery

_TEXTS: Final = ("page_content", "text", "content", "body", "document", "description")
_NAMES: Final = ("name", "source", "title", "id")

T = TypeVar("T")


def mixed(found: object, planted: Sequence[Delivery]) -> object:
    """Return what a source found with the planted texts first: texts, bytes, lists of texts, mappings or objects.

    Raises `TypeError` for a form that cannot take a text: a trial without its attack would look like a pass.
    """
    texts = [one.text for one in planted]
    if found is None or isinstance(found, str):
        return "\n\n".join([*texts, *([found] if found else [])])
    if isinstance(found, bytes):
        return b"\n\n".join([*(text.encode("utf-8", "replace") for text in texts), *([found] if found else [])])
    if isinstance(found, list | tuple) and not hasattr(found, "_fields"):
        sample = found[0] if found else ""
        new = [_like(sample, one) for one in planted]
        fresh = [one for one in new if _text_of(one) not in {_text_of(old) for old in found}]
        return [*fresh, *found] if isinstance(found, list) else (*fresh, *found)
    if isinstance(found, Mapping):
        return _in_mapping(found, planted)
    raise TypeError(f"the harness cannot add a text to a {type(found).__name__}: give it a `merge`")


def described(found: object, planted: Sequence[Delivery]) -> object:
    """Return the tools that a model is told of, with the planted descriptions: of known tools, or of new ones."""
    if not isinstance(found, list | tuple) or not found:
        raise TypeError("the harness cannot describe tools: the function returned no list of tools")
    tools = list(found)
    for one in planted:
        place = next((place for place, tool in enumerate(tools) if _tool_name(tool) == one.name), None)
        if place is None:
            tools.append(_tool_like(tools[0], one))
        else:
            tools[place] = _tool_like(tools[place], one)
    return tools if isinstance(found, list) else tuple(tools)


def handed_in(found: object, planted: Sequence[Delivery]) -> object:
    """Return the files that users handed in, with the planted ones: whole files as bytes, or what is read in them."""
    from accord.attack.targets.files import as_text
    from accord.attack.targets.files import planted as built

    files = [built(one.name or "note.md", one.text, one.text) for one in planted]
    if isinstance(found, bytes):
        return files[-1]
    if isinstance(found, list) and found and isinstance(found[0], bytes):
        return [*files, *found]
    return mixed(found, [replace(one, text=as_text(data)) for one, data in zip(planted, files, strict=True)])


def _in_mapping(found: Mapping[object, object], planted: Sequence[Delivery]) -> object:
    """Add to the first value that holds texts: `{"history": …}`, `{"documents": [[…]]}`."""
    for key, value in found.items():
        if isinstance(value, list) and value and isinstance(value[0], list):
            return {**found, key: [mixed(value[0], planted), *value[1:]]}
        if isinstance(value, str | list):
            return {**found, key: mixed(value, planted)}
    raise TypeError("the harness finds no text in a mapping to add to: give it a `merge`")


def _like(sample: object, one: Delivery) -> object:
    """Return a document of the same form as another."""
    if isinstance(sample, str):
        return one.text
    if isinstance(sample, bytes):
        return one.text.encode("utf-8", "replace")
    if isinstance(sample, tuple) and not hasattr(sample, "_fields") and sample:
        return (_like(sample[0], one), *sample[1:])
    if isinstance(sample, Mapping):
        names = {name: one.name or "note" for name in _NAMES if isinstance(sample.get(name), str)}
        return {**sample, **names, _first(sample): one.text}
    field = next((name for name in _TEXTS if isinstance(getattr(sample, name, None), str)), None)
    if field is None:
        raise TypeError(f"the harness cannot make a {type(sample).__name__} with a text: give it a `merge`")
    made = _changed(sample, {field: one.text})
    if isinstance(getattr(sample, "metadata", None), dict):
        made = _changed(made, {"metadata": {"source": one.name or "note"}})
    return made


def _first(sample: Mapping[object, object]) -> object:
    known = (name for name in _TEXTS if isinstance(sample.get(name), str))
    others = (name for name, value in sample.items() if isinstance(value, str) and name not in _NAMES)
    found = next(known, None) or next(others, None)
    if found is None:
        raise TypeError("the harness finds no text in a mapping: give it a `merge`")
    return found


def _text_of(value: object) -> object:
    if isinstance(value, Mapping):
        return next((value[name] for name in _TEXTS if isinstance(value.get(name), str)), None)
    if isinstance(value, tuple) and value and not hasattr(value, "_fields"):
        return _text_of(value[0])
    if isinstance(value, str | bytes):
        return value
    return next((text for name in _TEXTS if isinstance(text := getattr(value, name, None), str)), None)


def _tool_name(tool: object) -> object:
    if isinstance(tool, Mapping):
        inner = tool.get("function")
        return inner.get("name") if isinstance(inner, Mapping) else tool.get("name")
    return getattr(tool, "name", None)


def _tool_like(tool: object, one: Delivery) -> object:
    """Return a tool of the same form with the planted name and description."""
    changes = {"name": one.name or _tool_name(tool), "description": one.text}
    if isinstance(tool, Mapping):
        inner = tool.get("function")
        return {**tool, "function": {**inner, **changes}} if isinstance(inner, Mapping) else {**tool, **changes}
    return _changed(tool, changes)


def _changed(value: T, changes: Mapping[str, object]) -> T:
    """Return a copy with other values in some fields, whatever kind of object it is."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **changes)
    renew = getattr(value, "_replace", None)
    if renew is not None:
        made: T = renew(**changes)
        return made
    other = copy.copy(value)
    for name, new in changes.items():
        setattr(other, name, new)
    return other
