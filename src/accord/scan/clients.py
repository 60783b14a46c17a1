"""Hosted models, models of a hub and retrieval stores that Python source reaches for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from accord.scan.names import Names, argument
from accord.scan.rules import Rules, rules

_MODEL: Final = (
    "model",
    "model_name",
    "model_id",
    "modelId",
    "azure_deployment",
    "deployment_name",
    "engine",
    "repo_id",
)
_BASE_URL: Final = ("base_url", "azure_endpoint", "api_base", "endpoint", "endpoint_url", "openai_api_base", "url")
_MODEL_FIRST: Final = frozenset({
    "google.generativeai.GenerativeModel", "vertexai.generative_models.GenerativeModel", "litellm.completion",
    "vertexai.preview.generative_models.GenerativeModel", "litellm.acompletion", "litellm.embedding", "replicate.run",
    "litellm.aembedding", "replicate.stream", "huggingface_hub.InferenceClient", "dspy.LM", "pydantic_ai.Agent",
    "huggingface_hub.AsyncInferenceClient", "langchain.chat_models.init_chat_model", "ollama.chat", "ollama.generate",
    "langgraph.prebuilt.create_react_agent", "ollama.embed", "ollama.embeddings",
    "langchain.chat_models.base.init_chat_model", "llama_index.llms.anthropic.Anthropic",
})  # fmt: skip
_SPLIT: Final = frozenset({"litellm", "dspy", "pydantic-ai", "langchain"})
_ENDPOINT: Final = re.compile(
    r"https?://([\w.:\[\]-]{1,200})/\S{0,200}?(?:chat/completions|v1/messages|v1/responses|v1/completions|v1/embeddings|:generateContent)(?:\?\S*)?"
)
_NAME: Final = re.compile(r"[\w][\w./:@ +-]{0,199}")
_HUB_NAME: Final = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")
_GENERATORS: Final = frozenset({"langchain", "openai", "anthropic"})


class Client(NamedTuple):
    """A hosted model that code calls: who serves it, its name and address where they are literal."""

    provider: str
    model: str | None
    base_url: str | None
    line: int
    column: int


class Hub(NamedTuple):
    """A model that code fetches from a hub by its name."""

    model: str
    revision: str | None
    line: int
    column: int


class Store(NamedTuple):
    """A retrieval store that code opens, and the path of it where that is literal."""

    provider: str
    path: str | None
    line: int
    column: int


def clients(nodes: Sequence[ast.AST], names: Names) -> Iterator[Client]:
    """Yield the hosted models of a module; one without a name only where its provider has none with a name."""
    known = rules()
    made = list(_constructed(nodes, names, known))
    providers = tuple(dict.fromkeys(one.provider for one in made)) or _imported(names, known)
    asked = list(_asked(nodes, names, known, providers))
    found = [*made, *asked, *_posted(nodes, names)]
    address = {one.provider: one.base_url for one in reversed(found) if one.base_url}
    named = {one.provider for one in found if one.model}
    seen: set[tuple[str, str | None]] = set()
    for one in found:
        key = (one.provider, one.model)
        if key in seen or (one.model is None and one.provider in named):
            continue
        seen.add(key)
        yield one._replace(base_url=one.base_url or address.get(one.provider))


def hubs(nodes: Iterable[ast.AST], names: Names) -> Iterator[Hub]:
    """Yield the models that are fetched from a hub by a literal name."""
    known = rules().hub
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        name = names.qualified(node.func)
        fetched = name.endswith(".from_pretrained") and not name.startswith("vertexai")
        if not fetched and name not in known:
            continue
        first = node.args[0] if node.args and not name.endswith("pipeline") else None
        model = names.text(
            argument(node, "model", "model_name", "model_id", "repo_id", "pretrained_model_name_or_path") or first
        )
        simple = name.endswith(
            ("SentenceTransformer", "CrossEncoder", "whisper.load_model", "WhisperModel", "timm.create_model")
        )
        dataset = names.text(argument(node, "repo_type")) == "dataset"
        if model and not dataset and (_HUB_NAME.fullmatch(model) or ((fetched or simple) and _NAME.fullmatch(model))):
            yield Hub(model, names.text(argument(node, "revision")), node.lineno, node.col_offset + 1)


def stores(nodes: Iterable[ast.AST], names: Names) -> Iterator[Store]:
    """Yield the retrieval stores and document folders that are opened."""
    known = rules()
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        name = names.qualified(node.func)
        provider = known.stores.get(name) or _vectorstore(name, known)
        if provider is None:
            continue
        folder = argument(node, "path", "persist_directory", "input_dir", "uri", "folder_path")
        first = node.args[0] if node.args and provider in {"folder", "lancedb", "faiss", "chroma"} else None
        path = names.text(folder or first)
        if path or provider != "folder":
            yield Store(provider, path, node.lineno, node.col_offset + 1)


def _vectorstore(name: str, known: Rules) -> str | None:
    top = name.partition(".")[0]
    if not top.startswith(("langchain", "llama_index")) or "()" in name:
        return None
    parts = name.split(".")
    classes = (parts[-1], parts[-2] if len(parts) > 1 else "")  # FAISS(…) or FAISS.from_documents(…)
    return next((known.vectorstores[one] for one in classes if one in known.vectorstores), None)


def _constructed(nodes: Iterable[ast.AST], names: Names, known: Rules) -> Iterator[Client]:
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        name = names.qualified(node.func)
        provider = known.clients.get(name) or _langchain(name, known) or _bedrock(name, node, names)
        if provider is None:
            continue
        model = _model(node, names, first=name in _MODEL_FIRST)
        if name in {"agents.Agent", "pydantic_ai.Agent", "langgraph.prebuilt.create_react_agent"} and model is None:
            continue  # the model is given elsewhere
        if provider in _SPLIT and model:
            provider, model = _split(provider, model)
        yield Client(provider, model, names.text(argument(node, *_BASE_URL)), node.lineno, node.col_offset + 1)


def _asked(nodes: Iterable[ast.AST], names: Names, known: Rules, providers: tuple[str, ...]) -> Iterator[Client]:
    for node in nodes:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = names.qualified(node.func) or "." + _tail(node.func)
        method = next((one for one in known.methods if name.endswith(one)), None)
        if method is None or name in known.clients:
            continue
        usual = known.methods[method]
        made = known.clients.get(name.partition("()")[0])
        provider = made or (usual if usual in providers or not providers else providers[0])
        distinct = method in {".chat.completions.create", ".responses.create", ".messages.create", ".invoke_model"}
        model = _model(node, names, first=False)
        if made or providers or (distinct and model):
            yield Client(provider, model, None, node.lineno, node.col_offset + 1)


def _posted(nodes: Iterable[ast.AST], names: Names) -> Iterator[Client]:
    bodies = [one for node in nodes if isinstance(node, ast.Dict) for one in _body(node, names)]
    for node in nodes:
        text = names.text(node) if isinstance(node, ast.Constant | ast.JoinedStr) else None
        match = _ENDPOINT.fullmatch(text) if text and len(text) < 1000 else None
        if match and isinstance(node, ast.expr):
            for model in bodies or (None,):
                yield Client(_provider_of(match[1]), model, text, node.lineno, node.col_offset + 1)


def _body(node: ast.Dict, names: Names) -> Iterator[str]:
    keys = {names.text(key): value for key, value in zip(node.keys, node.values, strict=True) if key is not None}
    model = names.text(keys.get("model"))
    if model and keys.keys() & {"messages", "input", "prompt"}:
        yield model


def _provider_of(host: str) -> str:
    for mark in (
        "openai.azure",
        "openai",
        "anthropic",
        "mistral",
        "cohere",
        "groq",
        "together",
        "googleapis",
        "deepseek",
    ):
        if mark in host:
            return {"openai.azure": "azure-openai", "googleapis": "google"}.get(mark, mark)
    return "openai-compatible"


def _model(node: ast.Call, names: Names, *, first: bool) -> str | None:
    given = argument(node, *_MODEL) or (node.args[0] if first and node.args else None)
    model = names.text(given)
    return model if model and _NAME.fullmatch(model) else None


def _split(provider: str, model: str) -> tuple[str, str]:
    match = re.fullmatch(r"([a-z_]+)[:/](.+)", model)
    return (match[1].replace("_", "-"), match[2]) if match else (provider, model)


def _langchain(name: str, known: Rules) -> str | None:
    return known.langchain.get(name.rpartition(".")[2]) if name.startswith("langchain") and "()" not in name else None


def _bedrock(name: str, node: ast.Call, names: Names) -> str | None:
    service = names.text(node.args[0] if node.args else argument(node, "service_name"))
    made = name.endswith(".client") and name.startswith(("boto3", "aioboto3"))
    return "bedrock" if made and service in {"bedrock-runtime", "bedrock-agent-runtime"} else None


def _imported(names: Names, known: Rules) -> tuple[str, ...]:
    """Return who serves the libraries that are imported, for a client that is passed in."""
    tops = {one.partition(".")[0] for one in names.imports.values()}
    return tuple(
        dict.fromkeys(who for name, who in known.clients.items() if name.partition(".")[0] in tops - {"agents"})
    )


def _tail(node: ast.Attribute) -> str:
    parts: list[str] = []
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    return ".".join(reversed(parts))
