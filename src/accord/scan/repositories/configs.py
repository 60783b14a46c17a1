"""Which kind of configuration a text is, and who judges it; what is none of them is plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.rating import Sight
from accord.scan.repositories import entries, notebooks, packages, tool_config
from accord.scan.repositories.documents import Document, read_json, read_yaml, strings
from accord.scan.repositories.remote import leaves

if TYPE_CHECKING:
    from accord.scan.repositories.texts import Text

_BIG = 512 << 10
_PROSE: Final = re.compile(
    r"\.(?:md|mdx|rst|txt|html?|tex|csv|tsv|jsonl|ndjson|log|ipynb|pyi?|pyx|js|mjs|ts|tsx|jsx|c|cc|cpp|h|hpp|cu|rs|go|java|"
    r"kt|sh|bash|zsh|ps1|bat|sql|r|rmd|jl|lua|rb|php|pl|css|scss|svg|xml|diff|patch|srt|vtt|bib|adoc|po|vocab|model|dict|s)$"
)
_STRICT: Final = re.compile(
    r"(?:^|[._-])(?:config|tokenizer_config|generation_config|preprocessor_config|processor_config|adapter_config|model_index|"
    r"modules|index|special_tokens_map|chat_template|params|mcp)\.json$"
)
_KEYS: Final = "|".join(sorted((re.escape(one) for one in entries.RULES), reverse=True))
_JSON_MARKS: Final = re.compile(
    rf'"(?:{_KEYS})"\s*:|"(?:class_name|modelTopology|gradient_booster|nbformat|arg_nodes|node_row_ptr|heads|weightsManifest)"\s*:|'
    r"\\u00[2-7]|\$\{\s*\w{2,12}\s*:"
)
_STRONG: Final = re.compile(
    rb'"(?:_target_|py/\w{4,10}|auto_map|loader_module|lc|custom_pipelines|class_path)"\s*:\s*["{\[1]|'
    rb"!!python/|!<tag:yaml\.org,2002:python|^\s{0,40}_target_\s*:",
    re.MULTILINE,
)
_WORDS: Final = (
    b"_target_",
    b'"py/',
    b"auto_map",
    b"loader_module",
    b'"lc"',
    b"custom_pipe",
    b"class_path",
    b"python/",
)
_CHUNK = 1 << 20
_YAML_MARKS: Final = re.compile(
    r"!|\$\{\s*\w{2,12}\s*:|\\[xuU]|mcp|tools|command|py/|"
    + "|".join(rf"\b{re.escape(one)}[\"']?\s*:" for one in entries.RULES if not one.startswith("py/"))
)
_YAML_SURE: Final = re.compile(
    r"!!python/|!<tag:yaml\.org,2002:python|^\s{0,40}_target_\s*:|:\s{1,8}!(?:new|apply|name|module):|^%TAG",
    re.MULTILINE,
)
_YAML_NAME: Final = re.compile(r"(?:\.(?:ya?ml|yml\.\w+|yaml\.\w+)|^(?:mlmodel|conda|\.dvc|dvc\.lock))$")
_LOADS: Final = re.compile(
    r"allow_pickle|safe_mode|trust_remote_code|unsafe_deser|trusted\s*=|read_pickle|register_custom_ops|allow_dangerous|"
    r"use_safetensors|load_op_library|load_library|"
    r"\b(?:c?pickle5?|_pickle|dill|cloudpickle|joblib|shelve|marshal|jsonpickle|yaml|mlflow|torch|skops|"
    r"gensim|bentoml|autogluon|stable_baselines3|mmcv|mmengine|hickle|ruamel|statsmodels|networkx)\b",
    re.IGNORECASE,
)
_LOADING: Final = re.compile(r"load|Unpickler|decode|open|read_pickle|trust|deserialization|register_custom")
_MOST_SOURCE = 256 << 10
_TOML_MARKS: Final = re.compile(r"mcp|_target_|py/|tools|class_path")
_LAYERS: Final = re.compile(r"^\s{0,20}(?:layers?|node|input_layer)\s{0,4}:?\s{0,4}\{", re.MULTILINE)
_GRAPH: Final = re.compile(
    r"^\s{0,20}(?:graph_def|meta_graphs|saved_model_schema_version|node|library|meta_info_def)\b", re.M
)
_CAFFE: Final = re.compile(r"^\s{0,20}layers?\s{0,4}:?\s{0,4}\{|^\s{0,20}(?:net|train_net)\s{0,4}:", re.MULTILINE)
_CAFFE_PYTHON: Final = re.compile(r"\btype\s{0,8}:\s{0,8}[\"']Python[\"']|\bpython_param\s{0,8}:?\s{0,8}\{")
_TOOLS = 4 << 20


def judge(text: Text, look: Look) -> Iterator[Sight]:
    """Yield what a text has a loader follow, by what it is: JSON, XML, Python, a template, protocol text, YAML."""
    first = text.head[:1]
    suffix = text.name.rpartition(".")[2]
    opens = first in {"{", "["} or (first == "/" and suffix.startswith("json"))
    if opens and suffix not in _BY_SUFFIX and (yield from _json(text, look)):
        return
    if first == "<" and suffix not in _TEMPLATES:
        from accord.scan.models import markup

        yield from markup.read(text.part, look)
        return
    reader = _BY_SUFFIX.get(suffix)
    if reader:
        yield from reader(text, look)
    elif _YAML_NAME.search(text.name):
        yield from _yaml(text, look)
    elif text.name.startswith("requirements"):
        yield from packages.requirements(text.part, text.text)
    elif text.head.startswith("#!") and "python" in text.head[:80]:
        yield from _python(text, look)
    elif not _PROSE.search(text.name) and _LAYERS.search(text.head):
        yield from _layers(text, look)
    elif not _PROSE.search(text.name) and _YAML_SURE.search(text.text):
        yield from _yaml(text, look)


def _json(text: Text, look: Look) -> Generator[Sight, None, bool]:
    """Judge JSON; the result tells whether it was JSON."""
    if text.name.endswith((".jsonl", ".ndjson")):
        return True
    if not text.whole:
        yield from _big(text, look)
        return True
    tools = len(text.text) < _TOOLS and bool(tool_config.MARKS.search(text.text))
    strict = len(text.text) < _TOOLS and bool(_STRICT.search(text.name))
    if not tools and not strict and not _JSON_MARKS.search(text.text):
        return True
    document = read_json(text.text)
    if document is None:
        if strict:
            yield text.part.sees("config-broken", "the configuration is no JSON", name=text.part.name)
        return strict
    yield from _shaped(document, text, look)
    yield from entries.judge(document, text.part, look)
    if tools:
        yield from tool_config.judge(document, text.part, look)
    return True


def _shaped(document: Document, text: Text, look: Look) -> Iterator[Sight]:
    """Hand a JSON document to the reader of the model format that it is, if any."""
    value, part = document.value, text.part
    if not isinstance(value, dict):
        return
    held: dict[str, object] = value
    if "nbformat" in held:
        yield from notebooks.judge(held, part, look)
    elif isinstance(held.get("learner"), dict):
        from accord.scan.models import trees

        look.name_format(part, "xgboost")
        yield from trees.read_json(part, look)
    elif "nodes" in held and {"arg_nodes", "heads", "node_row_ptr"} & held.keys():
        from accord.scan.models import symbols

        look.name_format(part, "mxnet")
        yield from symbols.judge(held, part, look)
    from accord.scan.models import keras_config

    if keras_config.is_keras(held):
        look.name_format(part, "keras-json")
        for one in (held, *document.hidden):
            yield from keras_config.judge(one, part, look)
    elif "modelTopology" in held:
        look.name_format(part, "tensorflowjs")
        yield from keras_config.judge(held["modelTopology"], part, look)
        for path in strings(held.get("weightsManifest"), look):
            if leaves(path):
                shown = one_line(path, 120)
                yield part.sees("path-outside", f"weightsManifest leads outside of the folder: {shown}", name=shown)


def _big(text: Text, look: Look) -> Iterator[Sight]:
    """Judge a text of many megabytes by the keys that lead to code: none of them, and nothing leads there."""
    part = text.part
    found = _strong(part, look)
    if found:
        shown = one_line(found.decode(), 60)
        yield part.sees("limit-met", f"{shown} stands in a text too long to be parsed", name=shown)
    else:
        yield part.sees(
            "text-big", f"{part.size >> 20} MiB of text were searched for keys that lead to code, not parsed"
        )


def _strong(part: Part, look: Look) -> bytes | None:
    """Return the first key or tag that leads to code in a long text; plain words are looked for first: it is quick."""
    for at in range(0, part.size, _CHUNK):
        look.tick()
        chunk = part.read(at, _CHUNK + 100)
        if any(word in chunk for word in _WORDS):
            found = _STRONG.search(chunk)
            if found:
                return found[0]
    return None


def _yaml(text: Text, look: Look) -> Iterator[Sight]:
    if not text.whole:
        yield from _big(text, look)
        return
    marks = _YAML_SURE if len(text.text) > _BIG else _YAML_MARKS
    if not marks.search(text.text):
        return
    for document in read_yaml(text.text, look) or ():
        yield from entries.judge(document, text.part, look)
        yield from tool_config.judge(document, text.part, look)


def _toml(text: Text, look: Look) -> Iterator[Sight]:
    if len(text.text) > _BIG or not _TOML_MARKS.search(text.text):
        return
    import tomllib

    try:
        document = Document(tomllib.loads(text.text))
    except (tomllib.TOMLDecodeError, RecursionError):
        return  # a text like any other: its readers refuse it
    yield from entries.judge(document, text.part, look)
    yield from tool_config.judge(document, text.part, look)


def _python(text: Text, _look: Look) -> Iterator[Sight]:
    if text.name == "setup.py":
        yield text.part.sees("set-up-code", "setup.py runs when the folder is installed", name="setup.py")
    if not (_LOADS.search(text.text) and _LOADING.search(text.text)):
        return
    if len(text.text) > _MOST_SOURCE:
        yield text.part.sees("text-big", "the source is too long to be searched for unsafe load calls", name=text.name)
        return
    from accord.scan.python import read_loads

    for load in read_loads(text.text)[0]:
        said = " ".join(filter(None, (load.call, load.detail)))
        message = f"{said} can run code out of what it loads; instead: {load.fix}"
        yield text.part.sees("unsafe-load-call", message, name=load.call, line=load.line, column=load.column)


def _template(text: Text, look: Look) -> Iterator[Sight]:
    from accord.scan.models import templates

    use = templates.Use.CHAT if "chat_template" in text.name else templates.Use.PROMPT
    if templates.looks_like_template(text.text):
        yield from templates.judge(text.text, text.part, look, name=text.part.name, use=use)


def _layers(text: Text, look: Look) -> Iterator[Sight]:
    """Judge the text form of protocol buffers: Caffe's layers, else TensorFlow's graphs."""
    part = text.part
    if _CAFFE.search(text.text):
        look.name_format(part, "caffe")
        for match in _CAFFE_PYTHON.finditer(text.text):
            line = text.text.count("\n", 0, match.start()) + 1
            yield part.sees(
                "layer-python", f"line {line} has a Python layer: {one_line(match[0], 80)}", name="Python", line=line
            )
        if not text.whole:
            yield part.sees("limit-met", "the network is too long to be read whole")
    elif _LAYERS.search(text.head) or _GRAPH.search(text.text):
        from accord.scan.models import tensorflow_text

        yield from tensorflow_text.read(part, look)


_TEMPLATES: Final = frozenset({"jinja", "jinja2", "j2"})
_BY_SUFFIX: Final[Mapping[str, Callable[[Text, Look], Iterator[Sight]]]] = {
    "py": _python,
    "pyi": _python,
    "pyw": _python,
    "yaml": _yaml,
    "yml": _yaml,
    "toml": _toml,
    "jinja": _template,
    "jinja2": _template,
    "j2": _template,
    "pbtxt": _layers,
    "prototxt": _layers,
}
