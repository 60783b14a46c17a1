"""Discovery on realistic repositories: what is planted is found, and an ordinary web application stays quiet."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from accord.core.asset import Asset
from accord.scan.discover import discover
from accord.scan.walk import walk

Within = Callable[[float], AbstractContextManager[None]]

SAFETENSORS = (8).to_bytes(8, "little") + b'{"w":{}}'
GGUF = b"GGUF\x03\0\0\0" + bytes(64)
LOCKED = "openai==1.2.3 --hash=sha256:" + "a" * 64 + "\n"
Files = Mapping[str, str | bytes]


def torch_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}, 2))
        archive.writestr("archive/data/0", b"\0" * 16)
    return out.getvalue()


LANGCHAIN: Files = {
    "app/chain.py": '''
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_core.prompts import ChatPromptTemplate
from langchain.tools import tool

REVIEW_PROMPT = ChatPromptTemplate.from_template(
    "You review contracts for risks. Contract: {contract} Answer in English."
)

@tool
def lookup_clause(name: str) -> str:
    """Find a clause in the standard contract."""
    return name

@tool("file_ticket")
def make_ticket(text: str) -> str:
    """File a ticket."""
    return text

llm = ChatOpenAI(model="gpt-4o-mini", temperature=0)
embed = OpenAIEmbeddings(model="text-embedding-3-small")
chain = ChatPromptTemplate.from_messages([
    ("system", "You are a careful lawyer who answers in one paragraph."), ("human", "{q}")
]) | llm
''',
    "prompts/summary.j2": "Summarise the following contract for a manager: {{ text }}",
    "poetry.lock": '[[package]]\nname = "langchain"\nversion = "0.3.1"\nfiles = [{file = "a", hash = "sha256:0"}]\n',
    "data/eval/questions.jsonl": '{"question": "Who pays?", "answer": "The buyer"}\n',
    "README.md": "# Contracts",
}
LANGCHAIN_WANTED = {
    ("prompt", "app/chain.py#REVIEW_PROMPT"),
    ("prompt", "app/chain.py:23"),
    ("tool", "app/chain.py#lookup_clause"),
    ("tool", "app/chain.py#file_ticket"),
    ("model.api", "api:openai/gpt-4o-mini"),
    ("model.api", "api:openai/text-embedding-3-small"),
    ("prompt", "prompts/summary.j2"),
    ("lockfile", "poetry.lock"),
    ("dataset", "data/eval/questions.jsonl"),
}

PLAIN: Files = {
    "bot/client.py": """
import os
from openai import OpenAI
MODEL = os.environ.get("BOT_MODEL", "gpt-4.1")
SYSTEM = "You are the assistant of a bicycle shop. Answer briefly, and only about bicycles."

class Bot:
    def __init__(self) -> None:
        self.client = OpenAI(base_url="https://models.example/v1")

    def ask(self, text: str) -> str:
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
        return self.client.chat.completions.create(model=MODEL, messages=messages, tools=SCHEMAS)

SCHEMAS = [{"type": "function", "function": {"name": "find_bike", "description": "Find a bike", "parameters": {}}}]
TOOLS = {"find_bike": Bot.ask, "book_repair": Bot.ask}
""",
    "bot/fallback.py": """
import anthropic
def ask(client: anthropic.Anthropic, text: str) -> object:
    system = "Answer as the bicycle shop's assistant would, briefly."
    return client.messages.create(model="claude-sonnet-4-5", system=system, messages=[])
""",
    "requirements.txt": LOCKED,
    "mcp.json": '{"mcpServers": {"calendar": {"command": "npx"}, "mail": {"url": "http://127.0.0.1"}}}',
}
PLAIN_WANTED = {
    ("model.api", "api:openai/gpt-4.1"), ("prompt", "bot/client.py#SYSTEM"), ("tool", "bot/client.py#find_bike"),
    ("tool", "bot/client.py#book_repair"), ("model.api", "api:anthropic/claude-sonnet-4-5"),
    ("prompt", "bot/fallback.py#system"), ("lockfile", "requirements.txt"), ("tool", "mcp.json#calendar"),
    ("tool", "mcp.json#mail"),
}  # fmt: skip

SKLEARN: Files = {
    "service/main.py": "import joblib\nmodel = joblib.load('models/churn.joblib')\n",
    "models/churn.joblib": pickle.dumps({"weights": [1, 2, 3]}, 4),
    "models/scaler.pkl": pickle.dumps(["a", 1], 0),
    "data/churn.csv": "age,plan,label\n1,a,0\n",
    "data/holdout.parquet": b"PAR1" + bytes(64) + b"PAR1",
    "Pipfile.lock": '{"default": {"scikit-learn": {"version": "==1.5.0", "hashes": ["sha256:0"]}}}',
}
SKLEARN_WANTED = {
    ("model.file", "models/churn.joblib"), ("model.file", "models/scaler.pkl"), ("dataset", "data/churn.csv"),
    ("dataset", "data/holdout.parquet"), ("lockfile", "Pipfile.lock"),
}  # fmt: skip

TORCH: Files = {
    "train.py": """
import torch
from transformers import AutoModelForSequenceClassification as Auto, AutoTokenizer
model = Auto.from_pretrained("distilbert/distilbert-base-uncased", revision="0123abc")
state = torch.load("checkpoints/epoch3.pt")
local = Auto.from_pretrained("./checkpoints")
""",
    "notebooks/try.ipynb": json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "source": ["# hi"]},
                {
                    "cell_type": "code",
                    "source": [
                        "%matplotlib inline\n",
                        "from sentence_transformers import SentenceTransformer\n",
                        "m = SentenceTransformer('all-MiniLM-L6-v2')\n",
                    ],
                },
            ]
        }
    ),
    "checkpoints/epoch3.pt": torch_zip(),
    "checkpoints/final.safetensors": SAFETENSORS + bytes(8),
    "weights.bin": GGUF,
    "datasets/train.jsonl": '{"text": "good", "label": 1}\n',
    "datasets/test.tsv": "sentence\tlabel\nok\t1\n",
    "uv.lock": 'version = 1\n[[package]]\nname = "torch"\nversion = "2.0.0"\n',
}
TORCH_WANTED = {
    ("model.hub", "hf:distilbert/distilbert-base-uncased@0123abc"), ("model.hub", "hf:all-MiniLM-L6-v2"),
    ("model.file", "checkpoints/epoch3.pt"), ("model.file", "checkpoints/final.safetensors"),
    ("model.file", "weights.bin"), ("dataset", "datasets/train.jsonl"), ("dataset", "datasets/test.tsv"),
    ("lockfile", "uv.lock"),
}  # fmt: skip

MCP: Files = {
    "server.py": '''
from mcp.server.fastmcp import FastMCP
mcp = FastMCP("notes", instructions="Use these tools to read and to write the user's own notes only.")

@mcp.tool()
def read_note(name: str) -> str:
    """Read a note."""
    return name

@mcp.tool(name="write_note", description="Write a note")
async def write(name: str, text: str) -> None:
    """Write it."""

@mcp.resource("notes://all")
def everything() -> str:
    return ""
''',
    "pyproject.toml": "[project]\nname = 'notes'\n",
    "requirements.txt": "mcp==1.2.0\n",
}
MCP_WANTED = {
    ("tool", "server.py#read_note"), ("tool", "server.py#write_note"), ("prompt", "server.py:3"),
    ("lockfile", "requirements.txt"),
}  # fmt: skip

RAG: Files = {
    "rag/index.py": """
import chromadb
from langchain_community.document_loaders import DirectoryLoader
db = chromadb.PersistentClient(path="store/chroma")
pages = DirectoryLoader("handbook/").load()
""",
    "rag/answer.py": '''
import litellm
ANSWER_PROMPT = """Answer the question from the pages below and say which page it was.
Pages: {pages}"""
def answer(q):
    messages = [{"role": "user", "content": ANSWER_PROMPT}]
    return litellm.completion(model="mistral/mistral-large-latest", messages=messages)
''',
    "rag/remote.py": """
import requests
def ask(text):
    body = {"model": "gpt-4o", "messages": []}
    return requests.post("https://api.openai.com/v1/chat/completions", json=body)
""",
    "store/chroma/chroma.sqlite3": b"SQLite format 3\0" + bytes(100),
    "handbook/leave.md": "# Leave", "handbook/pay.md": "# Pay",
    "knowledge_base/faq.md": "# FAQ",
    "index.faiss": b"IxF2" + bytes(64),
    "environment.yml": "dependencies:\n  - python=3.11\n",
}  # fmt: skip
RAG_WANTED = {
    ("retrieval", "store/chroma"), ("retrieval", "handbook"), ("retrieval", "knowledge_base"),
    ("retrieval", "index.faiss"), ("model.api", "api:mistral/mistral-large-latest"), ("model.api", "api:openai/gpt-4o"),
    ("prompt", "rag/answer.py#ANSWER_PROMPT"), ("lockfile", "environment.yml"),
}  # fmt: skip

WEB: Files = {
    "shop/settings.py": "SYSTEM_NAME = 'shop'\nTEMPLATES = [{'BACKEND': 'x', 'OPTIONS': {'context_processors': []}}]\n",
    "shop/views.py": """
from django.shortcuts import render
INSTRUCTIONS = "Please fill in all of the fields of the form below and then send it to us."
def home(request):
    return render(request, "home.html", {"name": "home", "description": "x", "parameters": 1, "type": "page"})
""",
    "shop/console.py": """
prompt = "Do you want to continue with the deletion of everything in the shop?"
PROMPT_TEXT = "Type the name of the shop that you would like to delete from the list below: "
answer = input(prompt)
""",
    "shop/client.py": "import boto3\ns3 = boto3.client('s3')\n"
    "class Client:\n    def create(self, model): ...\nClient().create(model='Order')\n",
    "shop/tools.py": "def slugify(text):\n    return text\n",
    "shop/system.py": "def run(command):\n"
    "    log({'role': 'admin', 'content': 'the administrator of the shop has run a command here'})\n",
    "shop/templates/prompt.html": "<p>Are you sure?</p>",
    "static/logo.png": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "static/font.woff2": b"wOF2" + bytes(500),
    "data/countries.csv": "code,name\nGB,United Kingdom\n",
    "data/fixtures.json": '[{"model": "shop.order", "pk": 1, "fields": {"total": 3}}]',
    "logs/access.jsonl": '{"path": "/", "status": 200}\n',
    "docs/kb/install.md": "# Install",
    "docs/command-prompt.md": "# Command prompt",
    "db.sqlite3": b"SQLite format 3\0" + bytes(500),
    "dump.sql.gz": b"\x1f\x8b\x08\0" + bytes(64),
    "archive.zip": b"PK\x03\x04" + bytes(100),
    "notes.bin": b"cat\ndog\n(the end of it all).\n",
    "hello": b"hello.",
    "tests/test_prompt.py": 'SYSTEM_PROMPT = "You are a helpful assistant who is only here for the tests of it."\n',
    "Makefile": "all:\n\techo hi\n",
}

REPOS = {
    "langchain": (LANGCHAIN, LANGCHAIN_WANTED), "plain": (PLAIN, PLAIN_WANTED), "sklearn": (SKLEARN, SKLEARN_WANTED),
    "torch": (TORCH, TORCH_WANTED), "mcp": (MCP, MCP_WANTED), "rag": (RAG, RAG_WANTED),
}  # fmt: skip


def build(root: Path, files: Files) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def found_in(root: Path) -> tuple[Asset, ...]:
    return discover(root, walk(root, max_files=100_000, max_depth=64, seconds=30)).assets


def pairs(assets: tuple[Asset, ...]) -> set[tuple[str, str]]:
    return {(asset.kind, asset.id) for asset in assets}


@pytest.mark.parametrize("name", sorted(REPOS))
def test_what_is_planted_in_a_repository_is_found_and_nothing_else(tmp_path: Path, name: str) -> None:
    files, wanted = REPOS[name]
    assert pairs(found_in(build(tmp_path, files))) == wanted


def test_an_ordinary_web_application_holds_nothing_of_an_ai_system(tmp_path: Path) -> None:
    assert pairs(found_in(build(tmp_path, WEB))) == set()


def test_names_alone_count_beside_something_that_is_plainly_part_of_an_ai_system(tmp_path: Path) -> None:
    build(tmp_path, {**WEB, "app.py": "from openai import OpenAI\nOpenAI().responses.create(model='gpt-4.1')\n"})
    assert ("retrieval", "docs/kb") in pairs(found_in(tmp_path))


def test_facts_say_where_a_hosted_model_is_called_and_what_it_is(tmp_path: Path) -> None:
    (asset,) = [one for one in found_in(build(tmp_path, PLAIN)) if one.id == "api:openai/gpt-4.1"]
    assert (asset.path, asset.declared, asset.digest) == (None, False, None)
    assert dict(asset.facts) == {
        "provider": "openai", "model": "gpt-4.1", "base_url": "https://models.example/v1", "path": "bot/client.py",
        "line": "13",
    }  # fmt: skip


def test_facts_of_a_model_file_say_its_format_and_whether_it_can_hold_code(tmp_path: Path) -> None:
    facts = {one.path: dict(one.facts) for one in found_in(build(tmp_path, TORCH)) if one.kind == "model.file"}
    assert facts["checkpoints/epoch3.pt"] == {"format": "torch", "runs_code": "yes"}
    assert facts["checkpoints/final.safetensors"] == {"format": "safetensors", "runs_code": "no"}


def test_among_tests_only_model_files_are_found(tmp_path: Path) -> None:
    moved = {f"tests/{name}": content for name, content in {**TORCH, **PLAIN}.items()}
    kinds = {asset.kind for asset in found_in(build(tmp_path, moved))}
    assert kinds == {"model.file"}


def test_an_evaluation_set_is_a_dataset_that_says_so(tmp_path: Path) -> None:
    (asset,) = [one for one in found_in(build(tmp_path, LANGCHAIN)) if one.kind == "dataset"]
    assert asset.facts["used_for"] == "evaluation"


def test_source_that_cannot_be_parsed_is_named_as_skipped(tmp_path: Path) -> None:
    build(tmp_path, {"app.py": "import openai\ndef broken(:\n", "mcp.json": "{", "x.ipynb": "[]openai"})
    found = discover(tmp_path, walk(tmp_path, max_files=10, max_depth=9, seconds=9))
    assert [(one.path, one.reason) for one in found.skipped] == [
        ("app.py", "not valid Python at line 2"),
        ("mcp.json", "not readable as JSON"),
        ("x.ipynb", "not readable as a notebook"),
    ]


def test_when_the_bytes_to_read_are_used_up_that_is_said(tmp_path: Path) -> None:
    build(tmp_path, {"a.gguf": GGUF * 40, "b.gguf": GGUF * 40})
    found = discover(tmp_path, walk(tmp_path, max_files=10, max_depth=9, seconds=9), budget=3000)
    assert [asset.id for asset in found.assets] == ["a.gguf"]
    assert [one.path for one in found.skipped] == ["b.gguf"]


def test_names_that_are_not_utf8_are_found_and_their_ids_can_be_printed(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"m\xff\x1b[31m.gguf")).write_bytes(GGUF)
    (asset,) = found_in(tmp_path)
    assert os.fsencode(asset.path or "") == b"m\xff\x1b[31m.gguf"
    assert asset.id == "m\\xff.gguf"


def test_two_assets_never_share_an_id(tmp_path: Path) -> None:
    build(tmp_path, {"a\x1b[31m.gguf": GGUF, "a.gguf": GGUF})
    assert sorted(asset.id for asset in found_in(tmp_path)) == ["a.gguf", "a.gguf~2"]


def test_a_pipe_that_takes_the_place_of_a_file_holds_nothing_up(tmp_path: Path) -> None:
    build(tmp_path, {"a.gguf": GGUF})
    walked = walk(tmp_path, max_files=10, max_depth=9, seconds=9)
    (tmp_path / "a.gguf").unlink()
    os.mkfifo(tmp_path / "a.gguf")
    found = discover(tmp_path, walked)
    assert found.assets == ()
    assert [one.reason for one in found.skipped] == ["a.gguf is not a regular file"]


def test_ten_thousand_files_are_looked_at_in_seconds(tmp_path: Path, within: Within) -> None:
    source = "import os\n\n\ndef f(x):\n    return os.path.join(x, 'y')\n" * 40
    for number in range(10_000):
        folder = tmp_path / f"pkg{number % 100}"
        folder.mkdir(exist_ok=True)
        client = "from openai import OpenAI\nOpenAI()\n" if number % 20 == 0 else ""
        (folder / f"m{number}.{'py' if number % 2 == 0 else 'dat'}").write_text(client + source)
    with within(2000):
        found = found_in(tmp_path)
    assert [asset.id for asset in found] == ["api:openai"]
