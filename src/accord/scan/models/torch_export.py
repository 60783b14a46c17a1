"""Reading programs of torch.export (.pt2): a graph as JSON, raw weights, and pickled inputs that are looked inside."""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from accord.core.text import one_line
from accord.scan.look import Look, OverError
from accord.scan.models import operators
from accord.scan.models.expressions import complaint
from accord.scan.models.strict_json import load
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

if TYPE_CHECKING:
    from accord.scan.containers.archive import Archive

_MOST_JSON: Final = 64 << 20
_MOST_VALUES: Final = 8_000_000
_DEEPEST: Final = 300
_TICK: Final = 8192
_MARKS: Final = ("archive_format", "archive_version", "version")
_MARK: Final = re.compile(rb"[0-9a-z.]{0,64}\n?")
_OLD: Final = (b"PK", b"\x80\x02")  # PyTorch 2.1 wrote its tensors under names that end so
_CONFIG: Final = re.compile(r"((?:[^/]+/)?data/(?:weights|constants)/)[^/]+_config\.json\Z")


def read_archive(archive: Archive, look: Look) -> Iterator[Sight]:
    """Yield what an exported program calls beyond PyTorch's operators; what is left is looked inside after."""
    from accord.scan.containers.torch import take_marks

    for entry in archive.entries:
        inner = entry.name.removeprefix(archive.root)
        if inner.endswith(".json") and not inner.startswith("extra/") and archive.head(entry, 2)[:2] not in _OLD:
            part = archive.open(entry)
            look.name_format(part, "torch-export-json")
            text = load(part.whole(_MOST_JSON))
            yield from text.oddities(part)
            for reading in text.readings:
                yield from judge(reading, part, look)
            config = _CONFIG.match(entry.name)
            if config:
                _take_raw(archive, config[1], text.document)
    for name in _MARKS:
        mark = archive.under(name)
        if mark and mark.plain and _MARK.fullmatch(archive.head(mark, 100)):
            archive.take(mark)
    take_marks(archive)


def _take_raw(archive: Archive, folder: str, document: object) -> None:
    """Take the records that are read as raw numbers, and are as large as their tensor needs."""
    config = document.get("config") if isinstance(document, Mapping) else None
    for one in config.values() if isinstance(config, Mapping) else ():
        if not isinstance(one, Mapping) or one.get("use_pickle") is not False:
            continue
        entry = archive.find(f"{folder}{one.get('path_name')}")
        need = _bytes(one.get("tensor_meta"))
        if entry is not None and need is not None and entry.plain and need <= entry.size <= max(4 * need, 64):
            archive.take(entry)


def _bytes(meta: object) -> int | None:
    """Return how many bytes a tensor spans, None when its description is not plain."""
    if not isinstance(meta, Mapping):
        return None
    item, sizes, strides = _item(meta.get("dtype")), _whole(meta.get("sizes")), _whole(meta.get("strides"))
    offset = _whole([meta.get("storage_offset") or {"as_int": 0}])
    if item is None or sizes is None or strides is None or offset is None or len(sizes) != len(strides):
        return None
    span = 0 if 0 in sizes else 1 + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    return item * (span + offset[0] if span else 0)


def _item(kind: object) -> int | None:
    sizes = (size for size in (1, 2, 4, 8, 16) if operators.torch_word(f"bytes:{size}", str(kind)))
    return next(sizes, None)


def _whole(numbers: object) -> list[int] | None:
    if not isinstance(numbers, list):
        return None
    found = [one.get("as_int") if isinstance(one, Mapping) else None for one in numbers]
    kept = [one for one in found if isinstance(one, int) and 0 <= one < 1 << 62]
    return kept if len(kept) == len(found) else None


def judge(document: object, part: Part, look: Look) -> Iterator[Sight]:
    """Yield the operators, expressions and tree descriptions of a program that are not harmless."""
    waiting: list[tuple[str, object, int]] = [("", document, 0)]
    count = 0
    while waiting:
        key, value, depth = waiting.pop()
        count += 1
        if count % _TICK == 0:
            look.tick()
        if count > _MOST_VALUES or depth > _DEEPEST:
            raise OverError("the program is too large or too deep to be judged whole")
        if isinstance(value, str):
            yield from _text(key, value, part)
            waiting.extend((key, one, depth + 1) for one in _trees(value))
        elif isinstance(value, Mapping):
            yield from _imported(value, part)
            waiting.extend((name, one, depth + 1) for name, one in value.items() if isinstance(one, str | list | dict))
        elif isinstance(value, list):
            waiting.extend((key, one, depth + 1) for one in value if isinstance(one, str | list | dict))


def _text(key: str, text: str, part: Part) -> Iterator[Sight]:
    match key:
        case "target":
            yield from _operator(text, part)
        case "expr_str" | "guards_code" | "as_expr":
            found = complaint(text)
            if found:
                yield part.sees(
                    "torch-expression", f"the expression {one_line(text)[:120]} is no arithmetic: {found}", name=key
                )


def _trees(text: str) -> tuple[object, ...]:
    """Return what a text holds that is JSON itself: trees of values are written so, some levels deep."""
    if text[:1] in ("[", "{") and '"' in text:
        with suppress(BrokenError):
            return load(text.encode("utf-8", "surrogatepass")).readings
    return ()


def _imported(node: Mapping[str, object], part: Part) -> Iterator[Sight]:
    """Yield what the reader of a tree imports: a factory of defaults, or the class of an enumeration."""
    if "default_factory_module" in node:
        module, name = str(node["default_factory_module"]), str(node.get("default_factory_name"))
        if module != "builtins" or not operators.torch_word("factory", name):
            fact = f"a tree of values names the factory {one_line(module)[:80]}.{one_line(name)[:80]}"
            yield part.sees("torch-expression", fact, name=f"{module}.{name}")
    if "__enum__" in node:
        name = str(node.get("fqn"))
        yield part.sees("torch-expression", f"a tree of values imports {one_line(name)[:160]}", name=name)


def _operator(target: str, part: Part) -> Iterator[Sight]:
    words = target.split(".")
    space, name = ("", "")
    if words[:2] == ["torch", "ops"] and len(words) in (4, 5):
        space, name = words[2], words[3]
    elif len(words) == 2:
        space, name = words
    use = operators.torch(space, name) if space else None
    if use == "fine":
        return
    if words[0] in sys.stdlib_module_names or hasattr(builtins, words[0]):
        yield part.sees("torch-operator", f"the program calls {one_line(target)[:160]}", name=target)
        return
    plain = space and space not in ("torch", "math", "_operator")
    kind = "torch-custom" if (plain and use != "danger") or target.startswith("#") else "torch-operator"
    if not space and not target.startswith(("torch.", "_operator", "math")):
        kind = "torch-custom"
    yield part.sees(kind, f"the program calls {one_line(target)[:160]}", name=target)
