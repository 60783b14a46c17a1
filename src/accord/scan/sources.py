"""What source code suggests about an AI system, and how hints from many files become assets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from accord.core.asset import Asset
from accord.core.text import clean, one_line, shown
from accord.scan.python import Module, read_module

_MATTERS: Final = (
    "openai", "anthropic", "genai", "generativeai", "vertexai", "mistralai", "cohere", "bedrock", "azure.ai", "litellm",
    "ollama", "langchain", "langgraph", "llama_index", "llama_cpp", "InferenceClient", "groq", "together", "replicate",
    "dspy", "crewai", "smolagents", "pydantic_ai", "transformers", "huggingface", "vllm", "from_pretrained", "timm",
    "torch.hub", "diffusers", "whisper", "haystack", "chromadb", "pinecone", "qdrant", "weaviate", "milvus", "lancedb",
    "faiss", "/chat/completions", "v1/messages", "v1/responses", "v1/completions", "v1/embeddings", "generateContent",
    "PROMPT", "prompt =", "prompt=", "prompt:", "INSTRUCTIONS", "instructions=", "instructions =", "SYSTEM", "persona",
    "system_message", "system_instruction", '"system"', "'system'", "tool(", ".tool\n", "@tool", "function_tool",
    "Tool(",
    "TOOLS", "tools =", "tools=", "_tool", "available_functions", '"function"', "fastmcp", "import mcp",
    "from mcp", "ToolCall", "tool_call",
)  # fmt: skip


class Hint(NamedTuple):
    """Something that may be part of an AI system.

    `sure` hints stand by themselves, others only beside one that `speaks` for an AI system.
    """

    kind: str
    id: str
    facts: Mapping[str, str]
    sure: bool = True
    speaks: bool = True
    path: str | None = None
    size: int | None = None


class Read(NamedTuple):
    """What one source file suggests, or why it could not be read."""

    hints: tuple[Hint, ...]
    problem: str | None = None


def matters(text: str) -> bool:
    """Tell whether a source file may name something of an AI system, so that it is worth parsing."""
    return any(word in text for word in _MATTERS)


def read(text: str, path: str) -> Read:
    """Return what a Python file or notebook suggests."""
    notebook = path.endswith(".ipynb")
    if notebook:
        source = _cells(text)
        if source is None:
            return Read((), "not readable as a notebook")
        text = source
    module = read_module(text)
    return Read(tuple(_hints(module, path, lines=not notebook)), module.problem)


def modelfile(text: str, path: str) -> Iterator[Hint]:
    """Yield the model that an Ollama Modelfile starts from, and the prompt in it."""
    match = re.search(r"^FROM\s+([\w./:-]{1,200})\s*$", text[:100_000], re.MULTILINE)
    if match:
        facts = {"provider": "ollama", "model": match[1], "path": clean(path)}
        yield Hint("model.api", f"api:ollama/{match[1]}", facts)
        if re.search(r"^SYSTEM\b", text[:100_000], re.MULTILINE):
            yield Hint("prompt", path, {"format": "modelfile"}, path=path)


def merged(hints: Iterable[Hint], known: frozenset[str]) -> Iterator[Asset]:
    """Yield one asset for each thing that the hints speak of; `known` are the paths that exist."""
    best: dict[tuple[str, str], Hint] = {}
    for hint in hints:
        best.setdefault((hint.kind, hint.id), hint)
    named = {hint.facts.get("provider") for hint in best.values() if hint.kind == "model.api" and "model" in hint.facts}
    folders = _folders(known)
    for hint in _settled(best.values(), known, folders):
        if hint.kind == "model.api" and "model" not in hint.facts and hint.facts.get("provider") in named:
            continue
        if hint.kind == "model.hub" and _is_local(hint.facts["model"], known, folders):
            continue
        yield Asset(id=hint.id, kind=hint.kind, path=hint.path, size=hint.size, facts=dict(hint.facts))


def _settled(hints: Iterable[Hint], known: frozenset[str], folders: frozenset[str]) -> Iterator[Hint]:
    """Yield the hints, each store in code with its folder, and no folder twice."""
    stores: set[str] = set()
    for hint in sorted(hints, key=lambda one: one.path is None):
        settled = _placed(hint, known, folders) if hint.kind == "retrieval" and hint.path is None else hint
        if settled is None or (settled.kind == "retrieval" and settled.path in stores):
            continue
        if settled.kind == "retrieval" and settled.path:
            stores.add(settled.path)
        yield settled


def _placed(hint: Hint, known: frozenset[str], folders: frozenset[str]) -> Hint | None:
    """Return a store that code opens with the folder it lies in, where that is among what was walked."""
    plain = hint.facts.get("store", "").removeprefix("./").rstrip("/")
    if plain in folders or plain in known:
        return hint._replace(path=plain, id=plain)
    return None if hint.facts["provider"] == "folder" else hint


def _is_local(name: str, known: frozenset[str], folders: frozenset[str]) -> bool:
    plain = name.removeprefix("./").rstrip("/")
    return name.startswith((".", "/", "~")) or "\\" in name or plain in known or plain in folders


def _folders(known: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    for path in known:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)


def _hints(module: Module, path: str, *, lines: bool) -> Iterator[Hint]:
    where = shown(path)
    for client in module.clients:
        told = {"provider": client.provider, "model": client.model, "base_url": client.base_url, "path": where}
        named = f"api:{client.provider}/{client.model}" if client.model else f"api:{client.provider}"
        yield Hint("model.api", named, _facts(told, client.line if lines else None))
    for hub in module.hubs:
        told = {"provider": "huggingface", "model": hub.model, "revision": hub.revision, "path": where}
        named = f"hf:{hub.model}@{hub.revision}" if hub.revision else f"hf:{hub.model}"
        yield Hint("model.hub", named, _facts(told, hub.line if lines else None))
    for store in module.stores:
        told = {"provider": store.provider, "store": store.path, "path": where}
        yield Hint("retrieval", f"{path}:{store.provider}", _facts(told, store.line if lines else None))
    for prompt in module.prompts:
        named = f"{path}#{prompt.symbol}" if prompt.symbol else f"{path}:{prompt.line}"
        line = prompt.line if lines else None
        yield Hint("prompt", named, _facts({"symbol": prompt.symbol}, line), prompt.sure, prompt.sure, path)
    for tool in module.tools:
        told = {"name": tool.name, "how": tool.how, "description": tool.description}
        yield Hint("tool", f"{path}#{tool.name}", _facts(told, tool.line if lines else None), path=path)


def _facts(told: Mapping[str, str | None], line: int | None) -> dict[str, str]:
    facts = {key: one_line(value, 200) for key, value in told.items() if value}
    return facts if line is None else {**facts, "line": str(line)}


def _cells(text: str) -> str | None:
    """Return the code of a notebook, its magics blanked."""
    try:
        cells = json.loads(text)["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return re.sub(r"^[ \t]*[%!?].*$", "pass", "\n".join(code), flags=re.MULTILINE)
