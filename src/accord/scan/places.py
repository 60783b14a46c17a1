"""What paths alone tell: data folders, prompts, knowledge, lock files, tests."""

from __future__ import annotations

import re
from typing import Final

_TESTS: Final = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|test_data|testdata)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.\w+$", re.I
)
_DATA: Final = re.compile(
    r"(?:^|/)(?:data|dataset|datasets|corpus|corpora|train|training|training[_-]data|fine[_-]?tun(?:e|ing)|"
    r"eval|evals|evaluation|evaluations|benchmarks?|golden|gold)/",
    re.I,
)
_EVAL: Final = re.compile(r"(?:^|/|_|-)(?:evals?|evaluation|golden|benchmark)(?:[/_.-]|$)", re.I)
_PROMPT_FOLDER: Final = re.compile(r"(?:^|/)(?:[\w-]*[_-])?(?:prompts|prompt_templates|system_prompts)/", re.I)
_PROMPT_NAME: Final = re.compile(
    r"(?:^|/)(?:[^/]*[_.-])?(?:system|user|agent)?[_-]?(?:prompts?|instructions)(?:[_.-][^/]*)?$", re.I
)
_PROMPT_EXT: Final = re.compile(r"\.(?:md|txt|j2|jinja2?|ya?ml|tmpl|tpl|mustache|hbs|prompt|prompty|poml)$", re.I)
_KNOWLEDGE: Final = re.compile(
    r"^(?:.*/)?(?:kb|knowledge|knowledge[_-]?bases?|rag[_-]?(?:data|docs|documents|corpus)|vector[_-]?(?:store|stores|db)|"
    r"\.?chroma(?:[_-]?db)?|faiss[_-]?(?:index|db|store)|qdrant[_-]?(?:data|storage|db)|lancedb|\w+\.lance)(?=/)",
    re.I,
)
_DOCUMENT: Final = re.compile(
    r"\.(?:md|mdx|txt|rst|html?|pdf|docx?|pptx?|csv|tsv|jsonl?|ya?ml|xml|sqlite3?|db|bin|index|faiss|lance|parquet)$",
    re.I,
)
_MCP: Final = re.compile(r"(?:^|/)(?:\.?mcp|mcp[_-]?(?:config|servers|settings)|claude_desktop_config)\.json$", re.I)
_LOCK: Final = (
    (re.compile(r"(?:^|/)uv\.lock$"), "uv"),
    (re.compile(r"(?:^|/)poetry\.lock$"), "poetry"),
    (re.compile(r"(?:^|/)pdm\.lock$"), "pdm"),
    (re.compile(r"(?:^|/)Pipfile\.lock$"), "pipenv"),
    (re.compile(r"(?:^|/)(?:package-lock|npm-shrinkwrap)\.json$"), "npm"),
    (re.compile(r"(?:^|/)pylock(?:\.[^./]+)?\.toml$"), "pylock"),
    (re.compile(r"(?:^|/)yarn\.lock$"), "yarn"),
    (re.compile(r"(?:^|/)pnpm-lock\.ya?ml$"), "pnpm"),
    (re.compile(r"(?:^|/)(?:[\w.-]+\.)?conda-lock\.ya?ml$"), "conda-lock"),
    (re.compile(r"(?:^|/)Cargo\.lock$"), "cargo"),
    (re.compile(r"(?:^|/)go\.sum$"), "go"),
    (re.compile(r"(?:^|/)(?:environment|conda|env)\.ya?ml$"), "conda"),
    (
        re.compile(r"(?:^|/)(?:[\w.-]*requirements[\w.-]*|constraints[\w.-]*|requirements/[\w.-]+)\.txt$", re.I),
        "requirements",
    ),
)


def is_test(path: str) -> bool:
    """Tell whether a path lies among tests."""
    return bool(_TESTS.search(path))


def in_data_folder(path: str) -> bool:
    """Tell whether a path lies in a folder that is named as datasets are."""
    return bool(_DATA.search(path))


def is_evaluation(path: str) -> bool:
    """Tell whether a path is named as evaluation sets are."""
    return bool(_EVAL.search(path))


def prompt_by_folder(path: str) -> bool:
    """Tell whether a text file lies in a folder of prompts."""
    return bool(_PROMPT_FOLDER.search(path) and _PROMPT_EXT.search(path) and not _is_readme(path))


def prompt_by_name(path: str) -> bool:
    """Tell whether a text file is named as prompts are."""
    return bool(_PROMPT_EXT.search(path) and _PROMPT_NAME.search(_PROMPT_EXT.sub("", path)) and not _is_readme(path))


def knowledge_folder(path: str) -> str | None:
    """Return the topmost folder above a document that is named as stores for retrieval are."""
    match = _KNOWLEDGE.match(path)
    if match is None or not _DOCUMENT.search(path):
        return None
    folder, top = match[0], _KNOWLEDGE.match(path[: path.index("/") + 1])
    return top[0] if top else folder


def is_mcp_config(path: str) -> bool:
    """Tell whether a file is named as configurations of MCP servers are."""
    return bool(_MCP.search(path))


def lock_kind(path: str) -> str | None:
    """Return the kind of lock file that a path names, or None."""
    return next((kind for pattern, kind in _LOCK if pattern.search(path)), None)


def _is_readme(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return "card" in name or name.startswith(("readme", "license", "licence", "changelog"))
