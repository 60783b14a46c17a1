"""Judging TorchScript's program text: every name of PyTorch that it mentions must be a harmless operator.

The text is read as words, not as a syntax tree: that takes time linear in its size, and no writing of a call, however
odd, hides a name. A name of PyTorch's name spaces that stands alone could be reached through a variable: it is refused.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.models import operators
from accord.scan.part import Part
from accord.scan.rating import Sight

_NAME: Final = (
    r"""(?P<name>[^\W\d]\w*(?:[ \t]*\.[ \t\\\n]*[^\W\d]\w*)*)|(?P<number>\d[\w.]*)|(?P<method>\.[ \t\\\n]*[^\W\d]\w*)"""
)
_WORD: Final = re.compile(
    r"""(?P<text>\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}"""
    r"""|"(?!"")(?:[^"\\\n]|\\.)*"|'(?!'')(?:[^'\\\n]|\\.)*')|(?P<open>["'])|(?P<note>\#[^\n]*)|""" + _NAME,
    re.S,
)
_BARE: Final = re.compile(_NAME)
_DEFINED: Final = re.compile(r"^([ \t]*)(?:class|def)[ \t]+([^\W\d]\w*)", re.M)
_OPERATOR: Final = re.compile(rb"[a-zA-Z_]\w{0,60}::[a-zA-Z_]\w{0,120}")
_CALLED: Final = re.compile(r"[ \t\\]{0,100}\(")
_LONGEST: Final = 200
_REACHING: Final = frozenset({"save", "from_file"})
_SPACES: Final = frozenset({"torch", "ops", "aten", "prim", "__torch__"})


class Program(NamedTuple):
    """What the program of an archive defines: full names, names of methods, and modules with their parents."""

    names: frozenset[str]
    methods: frozenset[str]
    modules: frozenset[str] = frozenset()

    def holds(self, name: str) -> bool:
        """Tell whether a name below `__torch__` is the program's own, an attribute of it, or a class of PyTorch."""
        plain = name.removeprefix("__torch__.torch.classes.")
        if plain != name:
            return operators.torch_word("class", ".".join(plain.split(".")[:2]))
        return name in self.names or name.rpartition(".")[0] in self.names or name in self.modules


def own_names(sources: Iterable[tuple[str, str]]) -> Program:
    """Return what the sources of an archive define, each given as (module, text)."""
    names, methods, modules = set[str](), set[str](), set[str]()
    for module, text in sources:
        words = module.split(".")
        modules.update(".".join(words[:count]) for count in range(2, len(words) + 1))
        for indent, name in _DEFINED.findall(text):
            if indent:
                methods.add(name)
            else:
                names.add(f"{module}.{name}")
    return Program(frozenset(names), frozenset(methods), frozenset(modules))


def judge(text: str, program: Program, part: Part) -> Iterator[Sight]:
    """Yield the names in a program text that PyTorch's harmless operators do not include."""
    said = set[str]()
    for found in _words(text):
        if found.lastgroup == "open":
            yield part.sees("malformed", "a text in the program does not end", offset=found.start())
        if found.lastgroup not in ("name", "method"):
            continue
        name = re.sub(r"[\s\\]+", "", found[0]) if not found[0].isidentifier() else found[0]
        if name in ("import", "from"):
            name = "import " + re.split(r"[\n;#]", text[found.end() : found.end() + _LONGEST], maxsplit=1)[0].strip()
        elif operators.torch_word("foreign-call", name) and _CALLED.match(text, found.end()):
            name += "()"
        if name in said:
            continue
        said.add(name)
        kind = _foreign(name, program) or _kind(name, program, method=found.lastgroup == "method")
        if kind:
            line = text.count("\n", 0, found.start()) + 1
            fact = (
                f"the program calls {one_line(name)[:160]}"
                if kind != "torch-unread"
                else f"the program passes {name} on"
            )
            yield part.sees(kind, fact, name=name, line=line, offset=len(text[: found.start()].encode()))


def _words(text: str) -> Iterator[re.Match[str]]:
    """Yield the words of a program; behind a text that does not end, whatever looks like a name is one."""
    for found in _WORD.finditer(text):
        yield found
        if found.lastgroup == "open":
            yield from _BARE.finditer(text, found.end())
            return


def _foreign(name: str, program: Program) -> str | None:
    """Return the kind of reason against a name of Python that no program of PyTorch may say, None for another."""
    said, _, rest = name.partition(" ")
    if said == "import":
        tops = {one.partition(".")[0] for one in re.split(r"[\s,()]+", rest)}
        return "torch-operator" if tops & sys.stdlib_module_names else "torch-custom"
    if name.endswith("()"):
        return None if name[:-2] in program.methods else "torch-operator"
    top, dot, _ = name.partition(".")
    return "torch-operator" if dot and operators.torch_word("foreign", top) else None


def _kind(name: str, program: Program, *, method: bool) -> str | None:
    words = name.lstrip(".").split(".")
    last = words[-1]
    if method or words[0] not in _SPACES:
        if last not in _REACHING or (not method and len(words) == 1):
            return None
        return "torch-custom" if last in program.methods else "torch-operator"
    if len(words) == 1:
        return "torch-unread"
    if words[0] == "__torch__":
        return None if program.holds(name) else "torch-custom"
    if words[0] == "torch":
        return None if len(words) == 2 and operators.torch_word("type", words[1]) else _use("aten", words[1])
    if words[0] == "ops" and len(words) > 2:
        return _use(words[1], words[2])
    return _use(words[0], words[1]) if words[0] in ("aten", "prim") else None if words[0] == "ops" else "torch-unread"


def _use(space: str, name: str) -> str | None:
    use = operators.torch(space, name)
    return {"fine": None, "danger": "torch-operator"}.get(use or "", "torch-custom")


def mentioned(data: bytes, part: Part) -> Iterator[Sight]:
    """Yield the operators that mobile bytecode names as `space::name` and that are not harmless."""
    names = set[str]()
    for found in _OPERATOR.finditer(data):
        length = int.from_bytes(data[max(found.start() - 4, 0) : found.start()], "little")
        said = data[found.start() : found.start() + length] if 3 < length <= _LONGEST else found[0]
        names.add(said.decode("latin-1"))
    for name in sorted(names):
        space, _, last = name.partition("::")
        kind = _use(space, last)
        if kind:
            yield part.sees(kind, f"the program calls {one_line(name)}", name=name)
