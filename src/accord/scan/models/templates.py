"""Judging Jinja templates from their syntax tree: never rendered, default-deny for those that come with a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.content.tables import table_of
from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.models.template_costs import costs
from accord.scan.models.template_values import BUILDERS, MOST_NODES, Known, fold, set_once, walked
from accord.scan.part import Part
from accord.scan.rating import Sight

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

_LONGEST = 200 << 10
_JOINTS = ".[(|~+-*,"
_MOST_JOINTS = 20_000
_MOST_REPORTED = 20
_NO_JINJA: Final = "it is no Jinja"
_MARKS: Final = ("{{", "{%", "{#")
_INSIDE: Final = re.compile(
    r"\{[{%][^{}]{0,400}(__(?:class|globals|builtins|subclasses|mro|bases?|init|import|getattribute|code|reduce|loader)__)"
)
_DUNDER: Final = re.compile(r"_*__\w+__|_[A-Z]\w*__\w+")
_FIELD: Final = re.compile(r"\{[^{}]*[.\[]_")
_DEEP: Final = re.compile(r"(?:[(\[{][ \t\n]*){150}|(?:\bnot[ \t]+){150}|(?:[-+][ \t]*){150}")
_PICKERS: Final = {
    **dict.fromkeys(("map", "selectattr", "rejectattr", "groupby", "sum"), 0),
    **dict.fromkeys(("unique", "min", "max", "join"), 1),
    "sort": 2,
}
"""Filters that read an attribute of each item, and which of their arguments names it."""


class Use(StrEnum):
    """What a template is for: `chat` templates come with models and are denied what they do not need."""

    CHAT = "chat"
    PROMPT = "prompt"


class _Fact(NamedTuple):
    kind: str
    message: str
    line: int


class _Names(NamedTuple):
    """The names of `data/scan/jinja_names.yaml`."""

    globals: frozenset[str]
    methods: frozenset[str]
    filters: frozenset[str]
    tests: frozenset[str]
    internals: frozenset[str]
    calls: frozenset[str]
    frames: frozenset[str]
    roots: frozenset[str]
    around: frozenset[str]


def looks_like_template(text: str) -> bool:
    """Tell whether a text has a mark that Jinja would look behind."""
    return any(mark in text for mark in _MARKS)


def judge(
    text: str, part: Part, look: Look, *, name: str = "", offset: int | None = None, use: Use = Use.CHAT
) -> Iterator[Sight]:
    """Yield what a template would do beyond making text; `name` is the key it stands under."""
    look.tick()
    if not looks_like_template(text):
        return
    label = f"{name}: " if name else ""
    for fact in _judged(text, use):
        yield part.sees(fact.kind, f"{label}{fact.message} (line {fact.line})", name=name or "template", offset=offset)


def _judged(text: str, use: Use) -> list[_Fact]:
    tree = _tree(text)
    if isinstance(tree, _Fact):
        hidden = _by_sight(text)
        is_prose = use is Use.PROMPT and (tree.message.startswith(_NO_JINJA) or tree.kind == "limit-met")
        return hidden if is_prose else [*hidden, tree]
    facts = _Judge(tree).facts()
    return facts if use is Use.CHAT else [one for one in facts if one.kind != "template-unknown"]


def _tree(text: str) -> nodes.Template | _Fact:
    """Return the syntax tree of a template, or why there is none."""
    from jinja2.exceptions import TemplateSyntaxError
    from jinja2.parser import Parser

    if len(text) > _LONGEST:
        return _Fact("limit-met", f"a template of {len(text)} letters is not read", 1)
    if sum(map(text.count, _JOINTS)) > _MOST_JOINTS:
        return _Fact("limit-met", f"a template of more than {_MOST_JOINTS} names and signs is not read", 1)
    if deep := _DEEP.search(text):
        return _Fact("malformed", "its brackets or signs nest too deeply", text.count("\n", 0, deep.start()) + 1)
    try:
        return Parser(_environment(), text).parse()
    except TemplateSyntaxError as error:
        return _Fact("malformed", f"{_NO_JINJA}: {one_line(str(error.message))[:120]}", error.lineno)
    except (RecursionError, ValueError, OverflowError, MemoryError) as error:
        return _Fact("malformed", f"parsing it ends with {type(error).__name__}", 1)


def _by_sight(text: str) -> list[_Fact]:
    """Return the reach for internals that stands within the marks of a template which cannot be parsed."""
    found = _INSIDE.search(text)
    line = text.count("\n", 0, found.start()) + 1 if found else 0
    return [_Fact("template-injection", f"it names {found[1]}", line)] if found else []


class _Judge:
    """Goes through the tree of one template and gathers facts."""

    def __init__(self, tree: nodes.Template) -> None:
        from jinja2 import nodes as kinds

        self.kinds = kinds
        self.names = _names()
        self.facts_found: dict[_Fact, None] = {}
        self.nodes = walked(tree)
        self.own = {node.name for node in self.nodes if isinstance(node, kinds.Macro)} | {"caller"}
        self.known = Known(set_once(self.nodes))
        self.fragments = any("__" in text for text in self._constants(self.nodes))
        self.given = {node.name for node in self.nodes if isinstance(node, kinds.Name) and node.ctx != "load"}

    def facts(self) -> list[_Fact]:
        """Return what is to be said, the worst not lost among the rest."""
        if len(self.nodes) >= MOST_NODES:
            self._say("limit-met", f"the template has more than {MOST_NODES} nodes", self.nodes[0])
        for node in self.nodes:
            self._look(node)
        for cost in costs(self.nodes, self.known):
            self._say("template-endless", cost.message, cost.node)
        if self.known.steps < 0:
            self._say("limit-met", "finding out what its expressions come to takes too long", self.nodes[0])
        found = sorted(self.facts_found, key=lambda fact: fact.kind == "template-unknown")
        return found[:_MOST_REPORTED]

    def _say(self, kind: str, message: str, node: nodes.Node) -> None:
        self.facts_found[_Fact(kind, one_line(message, 200), node.lineno or 1)] = None

    def _look(self, node: nodes.Node) -> None:
        kinds = self.kinds
        if isinstance(node, kinds.Getattr | kinds.NSRef):
            self._look_at_name(node)
        elif isinstance(node, kinds.Const):
            self._look_at_constant(node)
        elif isinstance(node, kinds.Getitem):
            self._look_at_item(node)
        elif isinstance(node, kinds.Call):
            self._look_at_call(node)
        elif isinstance(node, kinds.Filter):
            self._look_at_filter(node)
        elif isinstance(node, kinds.Test):
            if node.name not in self.names.tests:
                self._say("template-unknown", f"the test {node.name} is not one of Jinja's", node)
        elif isinstance(node, kinds.Include | kinds.Import | kinds.FromImport | kinds.Extends):
            self._look_at_template(node)
        elif isinstance(node, kinds.Concat | kinds.Add | kinds.Mod | kinds.Mul):
            self._look_at_text(fold(node, self.known), node)
        elif isinstance(node, kinds.AssignBlock):
            self._look_at_text(fold(node.target, self.known), node)
        elif isinstance(node, kinds.Name):
            self._look_at_variable(node)

    def _look_at_name(self, node: nodes.Getattr | nodes.NSRef) -> None:
        """Judge a name that is read from an object."""
        name = node.attr
        if _DUNDER.fullmatch(name):
            self._say("template-injection", f"reads {name}", node)
        elif name.startswith("_"):
            self._say("template-unknown", f"reads the private name {name}", node)
        elif name in self.names.frames:
            self._say("template-injection", f"reads {name}", node)

    def _look_at_variable(self, node: nodes.Name) -> None:
        if _DUNDER.fullmatch(node.name) and node.name.strip("_") in self.names.internals:
            self._say("template-injection", f"uses {node.name}", node)
        elif node.ctx == "load" and node.name in self.names.around - self.given:
            self._say("template-unknown", f"uses {node.name}, which belongs to the program around it", node)

    def _look_at_constant(self, node: nodes.Const) -> None:
        self._look_at_text(node.value, node)

    def _look_at_text(self, value: object, node: nodes.Node) -> None:
        """Judge a text that stands in an expression, or comes out of one."""
        if not isinstance(value, str):
            return
        bare = value.strip()
        if bare.startswith("__") and bare.endswith("__") and bare.strip("_") in self.names.internals:
            self._say("template-injection", f"makes the name {bare}", node)
        elif "__" in value and _FIELD.search(value):
            self._say("template-injection", f"holds the format {value}", node)

    def _look_at_item(self, node: nodes.Getitem) -> None:
        if isinstance(node.arg, self.kinds.Slice):
            return
        value = fold(node.arg, self.known)
        if isinstance(value, str):
            if _DUNDER.fullmatch(value):
                inside = value.strip("_") in self.names.internals or not value.startswith("__")
                kind = "template-injection" if inside else "template-unknown"
                self._say(kind, f"reads {value} as an item", node)
        elif value is None and self._is_built(node.arg) and (self.fragments or self._leads_out(node.node)):
            self._say("template-injection", "reads an item whose name is put together", node)

    def _constants(self, found: list[nodes.Node]) -> Iterator[str]:
        """Yield the texts that stand in expressions, and those that blocks set variables to."""
        kinds = self.kinds
        for node in found:
            if isinstance(node, kinds.Const) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, kinds.AssignBlock):
                yield from (one.data for one in walked(node) if isinstance(one, kinds.TemplateData))

    def _is_built(self, node: nodes.Node) -> bool:
        kinds = self.kinds
        if isinstance(node, kinds.Filter | kinds.Getattr):
            return (node.name if isinstance(node, kinds.Filter) else node.attr) in BUILDERS
        if isinstance(node, kinds.Call):
            return self._is_built(node.node)
        return isinstance(node, kinds.Concat | kinds.Add | kinds.Mul | kinds.Mod)

    def _leads_out(self, node: nodes.Node) -> bool:
        """Tell whether an expression is an object of the interpreter rather than data that was handed over."""
        kinds = self.kinds
        while isinstance(node, kinds.Getattr | kinds.Getitem | kinds.Filter) and node.node is not None:
            node = node.node
        if isinstance(node, kinds.Name):
            return node.name in self.names.roots | self.names.globals | self.own - {"loop"}
        return isinstance(node, kinds.Const | kinds.TemplateData | kinds.List | kinds.Tuple | kinds.Call)

    def _look_at_call(self, node: nodes.Call) -> None:
        callee, kinds = node.node, self.kinds
        if isinstance(callee, kinds.Name):
            self._look_at_function(callee.name, node)
        elif isinstance(callee, kinds.Getattr):
            self._look_at_method(callee, node)
        else:
            self._say("template-injection", f"calls what a {type(callee).__name__.lower()} comes to", node)

    def _look_at_function(self, name: str, node: nodes.Call) -> None:
        if name in self.own:
            return
        if name in self.names.calls or name in self.names.roots - {"cycler", "joiner", "lipsum", "self"}:
            self._say("template-injection", f"calls {name}", node)
        elif name not in self.names.globals:
            self._say("template-unknown", f"calls {name}, which no renderer of chat templates hands over", node)

    def _look_at_method(self, callee: nodes.Getattr, node: nodes.Call) -> None:
        kinds, name, subject = self.kinds, callee.attr, callee.node
        if name in self.names.calls:
            self._say("template-injection", f"calls {name}", node)
        elif name == "format":
            pattern = fold(subject, self.known)
            if not isinstance(pattern, str):
                self._say("template-unknown", "formats by a pattern that does not stand in the template", node)
            elif _FIELD.search(pattern):
                self._say("template-injection", f"formats by {pattern}", node)
        elif isinstance(subject, kinds.Name) and subject.name == "self":
            self._say("template-unknown", f"calls the block {name}", node)
        elif name not in self.names.methods:
            self._say("template-unknown", f"calls the method {name}", node)

    def _look_at_filter(self, node: nodes.Filter) -> None:
        name = node.name
        if name == "attr":
            value = fold(node.args[0], self.known) if node.args else None
            plain = isinstance(value, str) and not value.startswith("_")
            kind = "template-unknown" if plain else "template-injection"
            self._say(
                kind, f"reads an attribute by the filter attr: {value if isinstance(value, str) else 'computed'}", node
            )
        elif name not in self.names.filters:
            self._say("template-unknown", f"the filter {name} is not one of Jinja's", node)
        elif name in {"join", "format", "replace", "reverse"}:
            self._look_at_text(fold(node, self.known), node)
        if name in _PICKERS:
            self._look_at_picker(node)

    def _look_at_picker(self, node: nodes.Filter) -> None:
        """Judge a filter that reads an attribute of each item by a name, or applies another filter by its name."""
        place = _PICKERS[node.name]
        wanted = [pair.value for pair in node.kwargs if pair.key == "attribute"] + node.args[place : place + 1]
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            self._say("template-injection", f"the filter {node.name} gets arguments that are computed", node)
        for one in wanted:
            value = fold(one, self.known)
            if value is None:
                self._say("template-injection", f"the filter {node.name} gets a name that is computed", node)
            elif isinstance(value, str) and any(part.startswith("_") for part in value.split(".")):
                self._say("template-injection", f"the filter {node.name} reads {value}", node)
            elif value == "attr":
                self._say("template-injection", f"the filter {node.name} reads attributes by name", node)

    def _look_at_template(self, node: nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends) -> None:
        value = fold(node.template, self.known)
        plain = isinstance(value, str) and not value.startswith(("/", "\\")) and ".." not in value and ":" not in value
        kind = "template-unknown" if plain else "template-injection"
        self._say(kind, f"reads another file: {value if isinstance(value, str) else 'computed'}", node)


@cache
def _names() -> _Names:

    loaded = table_of("scan/jinja_names.yaml")
    return _Names(**{kind: frozenset(map(str, found)) for kind, found in loaded.items()})


@cache
def _environment() -> Environment:
    from jinja2 import Environment
    from jinja2 import nodes as kinds
    from jinja2.ext import Extension
    from jinja2.parser import Parser

    class Generation(Extension):
        """The tag by which transformers mark what the assistant said."""

        tags = {"generation"}  # noqa: RUF012  # the extension's own way

        def parse(self, parser: Parser) -> nodes.Node:
            """Read on to the end tag."""
            line = next(parser.stream).lineno
            return kinds.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True)).set_lineno(line)

    return Environment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do", Generation], autoescape=True)
