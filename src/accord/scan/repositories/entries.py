"""Keys of a configuration that name code, callables, templates or paths for a loader to follow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight
from accord.scan.repositories.callables import DOTTED, judged
from accord.scan.repositories.documents import Document, Tagged, mappings, strings
from accord.scan.repositories.remote import code_of_class, code_of_module, leaves

Node = Mapping[str, object]
"""One mapping of a document."""

_INTERPOLATION: Final = re.compile(r"\$\{\s*(eval|exec|py|python|python_code|sh|shell|cmd|call)\s*:([^}]{0,300})")
_HARM: Final = re.compile(r"__|\bimport\b|\bos\.|open\(|exec|eval\(|system|popen|subprocess|\|\s*(?:ba)?sh\b")
_CHAINS: Final = re.compile(r"llm_bash_chain|pal_chain|python_repl|llm_math_chain|shell_tool|terminal", re.IGNORECASE)
_HONEST_TAGS: Final = re.compile(
    r"!(?:Ref|Sub|GetAtt|Join|Select|Split|If|Not|Equals|And|Or|FindInMap|Base64|Cidr|ImportValue|GetAZs|Condition|"
    r"Transform|ENV|env|secret|vault|include|include_dir_\w+|input|reference|relative|lambda_ref|placeholder|tuple|"
    r"ref|copy|unsafe|binary|float|int|str|bool|null|timestamp|merge|omap|set|var|param)"
)
_PLAIN_PYTHON: Final = frozenset(
    {"none", "bool", "str", "unicode", "bytes", "int", "long", "float", "complex", "list", "tuple", "dict"}
)
_LIBRARIES: Final = frozenset(
    {"transformers", "diffusers", "peft", "timm", "torch", "sentence_transformers", "onnxruntime", "k_diffusion"}
)
_PIPELINE: Final = re.compile(r"[a-z_]{0,40}(?:diffusion|pipeline|kandinsky|shap_e|wuerstchen|flux)[a-z0-9_]{0,40}")
_PYTHON = "tag:yaml.org,2002:python/"
_HYPER: Final = re.compile(r"!(new|name|apply|module|applyref|instantiate):(.{0,500})", re.DOTALL)


def judge(document: Document, part: Part, look: Look) -> Iterator[Sight]:
    """Yield what speaks against a configuration: each key that leads to code, and each tag that builds an object."""
    yield from _tags(document.tags, part)
    for value in (document.value, *document.hidden):
        for node in mappings(value, look):
            for key in node.keys() & RULES.keys():
                yield from RULES[key](node, part, look)
        yield from _interpolated(value, part, look)


def _interpolated(value: object, part: Part, look: Look) -> Iterator[Sight]:
    for text in strings(value, look):
        if "${" in text and (match := _INTERPOLATION.search(text)):
            kind = "entry-dangerous" if _HARM.search(match[2]) else "entry-unknown"
            yield part.sees(kind, f"a value is computed by a resolver: {one_line(match[0], 120)}", name=match[1])


def _tags(tags: Iterable[Tagged], part: Part) -> Iterator[Sight]:
    for tag in tags:
        hyper = _HYPER.fullmatch(tag.tag)
        if hyper:
            yield from _named(hyper[2], f"the tag !{hyper[1]}", part, tag.line)
        elif tag.tag.startswith(_PYTHON):
            yield from _python_tag(tag, part)
        elif not _HONEST_TAGS.fullmatch(tag.tag):
            shown = one_line(tag.tag, 120)
            yield part.sees("tag-unknown", f"the YAML tag {shown} builds something unknown", name=shown, line=tag.line)


def _python_tag(tag: Tagged, part: Part) -> Iterator[Sight]:
    kind, colon, name = tag.tag.removeprefix(_PYTHON).partition(":")
    if not colon and kind in _PLAIN_PYTHON:
        return
    if kind in {"name", "module", "object", "object/new", "object/apply"}:
        yield from _named(name or tag.text, f"the YAML tag !!python/{kind}", part, tag.line)
        return
    shown = one_line(tag.tag, 120)
    yield part.sees("tag-unknown", f"the YAML tag {shown} builds something unknown", name=shown, line=tag.line)


def _named(name: object, says: str, part: Part, line: int | None = None) -> Iterator[Sight]:
    found = judged(part, name, says, line=line) if isinstance(name, str) else None  # in a vocabulary it is a number
    if found:
        yield found


def _target(node: Node, part: Part, _look: Look) -> Iterator[Sight]:
    yield from _named(node["_target_"], "_target_", part)


def _class_path(node: Node, part: Part, _look: Look) -> Iterator[Sight]:
    if "init_args" in node or "dict_kwargs" in node or len(node) == 1:
        yield from _named(node["class_path"], "class_path", part)


def _ldm_target(node: Node, part: Part, _look: Look) -> Iterator[Sight]:
    name = node["target"]
    nemo = part.name.startswith("model_config")
    if isinstance(name, str) and "." in name and DOTTED.fullmatch(name) and (nemo or "params" in node):
        yield from _named(name, "target", part)


def _jsonpickle(node: Node, part: Part, _look: Look) -> Iterator[Sight]:
    for key in ("py/object", "py/type", "py/class", "py/function", "py/method", "py/property"):
        if key in node:
            yield from _named(_first(node[key]), key, part)
    if "py/repr" in node:
        shown = one_line(str(node["py/repr"]), 120)
        yield part.sees("entry-dangerous", f"py/repr has a text evaluated: {shown}", name="py/repr")
    if "py/reduce" in node:
        called = _first(node["py/reduce"])
        if not isinstance(called, dict):
            yield part.sees("entry-unknown", "py/reduce calls something that is not named plainly", name="py/reduce")


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else value


def _langchain(node: Node, part: Part, _look: Look) -> Iterator[Sight]:
    names = node.get("id")
    if node.get("type") == "constructor" and isinstance(names, list):
        yield from _named(".".join(str(one) for one in names[:12]), "a serialised LangChain constructor", part)


def _chain(node: Node, part: Part, look: Look) -> Iterator[Sight]:
    kind = node["_type"]
    if isinstance(kind, str) and _CHAINS.search(kind):
        yield part.sees(
            "entry-dangerous", f"_type builds a chain that runs what a model writes: {one_line(kind)}", name=kind[:80]
        )
    if node.get("template_format") in {"jinja2", "jinja"}:
        from accord.scan.models import templates

        for key in ("template", "prefix", "suffix"):
            text = node.get(key)
            if isinstance(text, str):
                yield from templates.judge(text, part, look, name=key, use=templates.Use.PROMPT)
    for key in ("template_path", "prefix_path", "suffix_path", "_path", "llm_chain_path", "examples"):
        text = node.get(key)
        if isinstance(text, str) and leaves(text):
            yield part.sees("path-outside", f"{key} leads outside of the folder: {one_line(text, 120)}", name=key)


def _auto_map(node: Node, part: Part, look: Look) -> Iterator[Sight]:
    for name in strings(node["auto_map"], look):
        yield from code_of_class(name, "auto_map", part, look)


def _pipelines(node: Node, part: Part, look: Look) -> Iterator[Sight]:
    for one in mappings(node["custom_pipelines"], look):
        if isinstance(one.get("impl"), str):
            yield from code_of_class(str(one["impl"]), "custom_pipelines", part, look)


def _trust(node: Node, part: Part, _look: Look) -> Iterator[Sight]:
    value = node["trust_remote_code"]
    if value is True or value == "true":
        yield part.sees(
            "trusts-code", "trust_remote_code is set: a loader runs the repository's code", name="trust_remote_code"
        )


def _auto_mapping(node: Node, part: Part, look: Look) -> Iterator[Sight]:
    given = node["auto_mapping"]
    library = given.get("parent_library") if isinstance(given, dict) else None
    if isinstance(library, str) and library.partition(".")[0] not in {
        "transformers",
        "diffusers",
        "peft",
        "timm",
        "torch",
    }:
        yield from code_of_module(library, "auto_mapping.parent_library", part, look)


def _template(node: Node, part: Part, look: Look) -> Iterator[Sight]:
    from accord.scan.models import templates

    for key in ("chat_template", "chat_templates"):
        for text in strings(node.get(key), look):
            if templates.looks_like_template(text):
                yield from templates.judge(text, part, look, name=key)


def _weights(node: Node, part: Part, _look: Look) -> Iterator[Sight]:
    held = node["weight_map"]
    files = {one for one in held.values() if isinstance(one, str)} if isinstance(held, dict) else set[str]()
    if not isinstance(held, dict) or any(not isinstance(one, str) for one in held.values()):
        raise BrokenError("weight_map does not lead from names of weights to names of files")
    for file in sorted(files):
        if leaves(file):
            yield part.sees(
                "path-outside",
                f"weight_map leads outside of the folder: {one_line(file, 120)}",
                name=one_line(file, 120),
            )


def _library(node: Node, part: Part, look: Look) -> Iterator[Sight]:
    for key in ("custom_ops_library", "custom_op_library", "custom_ops_libraries"):
        for path in strings(node.get(key), look):
            kind = "path-outside" if leaves(path) else "native-named"
            yield part.sees(kind, f"{key} has native code loaded: {one_line(path, 120)}", name=key)


def _loader(node: Node, part: Part, look: Look) -> Iterator[Sight]:
    """Judge MLflow's python_function flavour: the module that loads, and the code and data beside it."""
    name, code = node["loader_module"], node.get("code")
    for key in ("data", "code", "model_path", "python_model", "model_code_path"):
        path = node.get(key)
        if isinstance(path, str) and leaves(path):
            yield part.sees(
                "path-outside", f"{key} leads outside of the model's folder: {one_line(path, 120)}", name=key
            )
    if not isinstance(name, str):
        yield part.sees("entry-unknown", "loader_module is no text", name="loader_module")
        return
    folder = f"{code}/" if isinstance(code, str) else ""
    found = judged(part, name, "loader_module")
    if found and found.kind == "entry-unknown":
        yield from code_of_module(name, "loader_module", part, look, folders=(folder, ""))
    elif found:
        yield found
    for key in ("model_code_path", "python_model"):
        script = node.get(key)
        if isinstance(script, str) and script.endswith(".py") and not leaves(script):
            yield from code_of_module(script.removesuffix(".py").replace("/", "."), key, part, look)


def _activation(node: Node, part: Part, _look: Look) -> Iterator[Sight]:
    name = node["activation_function"]
    if isinstance(name, str) and "." in name:
        yield from _named(name, "activation_function", part)


def _imports(node: Node, part: Part, look: Look) -> Iterator[Sight]:
    given = node["custom_imports"]
    for name in strings(given.get("imports") if isinstance(given, dict) else given, look):
        yield from code_of_module(name, "custom_imports", part, look)


def _module(node: Node, part: Part, look: Look) -> Iterator[Sight]:
    """Judge one line of `modules.json`, by which sentence-transformers imports what it is told."""
    kind, path = node.get("type"), node.get("path")
    if isinstance(path, str) and leaves(path):
        yield part.sees("path-outside", f"the path of a module leads outside of the folder: {one_line(path, 120)}")
    if isinstance(kind, str) and "path" in node and not kind.startswith("sentence_transformers."):
        yield from code_of_class(kind, "the type of a module", part, look)


def _components(node: Node, part: Part, look: Look) -> Iterator[Sight]:
    """Judge the components of a diffusers pipeline: each names the library that it is imported from."""
    if "_diffusers_version" not in node:
        return
    for key, value in node.items():
        if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
            continue
        library = value[0]
        top = library.partition(".")[0]
        if key == "_class_name":
            yield from code_of_module(library, key, part, look)
        elif top not in _LIBRARIES and not _PIPELINE.fullmatch(library):
            yield from code_of_module(
                library, f"the component {one_line(key, 60)}", part, look, folders=(f"{key}/", "")
            )


def _items(node: Node, part: Part, _look: Look) -> Iterator[Sight]:
    """Judge the paths in the manifest of a Core ML package."""
    held = node["itemInfoEntries"]
    for item in held.values() if isinstance(held, dict) else ():
        path = item.get("path") if isinstance(item, dict) else None
        if isinstance(path, str) and leaves(path):
            shown = one_line(path, 120)
            yield part.sees("path-outside", f"an item leads outside of the package: {shown}", name=shown)


RULES: Final[Mapping[str, Callable[[Node, Part, Look], Iterator[Sight]]]] = {
    "_target_": _target,
    "class_path": _class_path,
    "target": _ldm_target,
    "py/object": _jsonpickle,
    "py/type": _jsonpickle,
    "py/class": _jsonpickle,
    "py/function": _jsonpickle,
    "py/method": _jsonpickle,
    "py/property": _jsonpickle,
    "py/repr": _jsonpickle,
    "py/reduce": _jsonpickle,
    "lc": _langchain,
    "_type": _chain,
    "auto_map": _auto_map,
    "custom_pipelines": _pipelines,
    "trust_remote_code": _trust,
    "auto_mapping": _auto_mapping,
    "chat_template": _template,
    "chat_templates": _template,
    "weight_map": _weights,
    "custom_ops_library": _library,
    "custom_op_library": _library,
    "custom_ops_libraries": _library,
    "loader_module": _loader,
    "activation_function": _activation,
    "custom_imports": _imports,
    "idx": _module,
    "itemInfoEntries": _items,
    "_class_name": _components,
}
"""Keys that matter in any document, and who judges the mapping that holds them."""
