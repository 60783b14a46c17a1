"""Reading Python: clients, prompts, tools and unsafe loads through imports and aliases; hostile source included."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.python import Module, read_loads, read_module

LONG = "You are a helpful assistant of the shop, and you answer in one sentence."


def calls(source: str) -> list[str]:
    return [load.call for load in read_module(source).loads]


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("import torch\ntorch.load('x')", "torch.load"),
        ("import torch as t\nt.load('x', weights_only=False)", "torch.load"),
        ("from torch import load as read\nread('x')", "torch.load"),
        ("import pickle\nf = pickle.load\nf(x)", "pickle.load"),
        ("import pickle as p\np.loads(x)", "pickle.loads"),
        ("from pickle import Unpickler\nUnpickler(f).load()", "pickle.Unpickler"),
        ("import pickle\nclass Mine(pickle.Unpickler):\n    pass", "pickle.Unpickler"),
        ("import joblib\nwith open(p) as f:\n    joblib.load(f)", "joblib.load"),
        ("import dill\ndill.load(f)", "dill.load"),
        ("import cloudpickle\ncloudpickle.loads(b)", "cloudpickle.loads"),
        ("import numpy as np\nnp.load(f, allow_pickle=True)", "numpy.load"),
        ("import numpy as np\nnp.load(f, None, True)", "numpy.load"),
        ("import yaml\nyaml.load(f)", "yaml.load"),
        ("import yaml\nyaml.load(f, Loader=yaml.FullLoader)", "yaml.load"),
        ("import pandas as pd\npd.read_pickle(f)", "pandas.read_pickle"),
        ("import keras\nkeras.models.load_model(f, safe_mode=False)", "keras.models.load_model"),
        ("from transformers import AutoModel\nAutoModel.from_pretrained('a/b', trust_remote_code=True)",
         "transformers.AutoModel.from_pretrained"),
        ("UNSAFE = True\nimport transformers\ntransformers.pipeline(model='a/b', trust_remote_code=UNSAFE)",
         "transformers.pipeline"),
        ("import torch\ndef f():\n    def g():\n        return torch.load('x', map_location='cpu')", "torch.load"),
    ],
)  # fmt: skip
def test_an_unsafe_load_is_told_however_it_is_named(source: str, call: str) -> None:
    assert calls(source) == [call]


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ntorch.load('x', weights_only=True)",
        "import numpy as np\nnp.load(f)\nnp.load(f, allow_pickle=False)",
        "import yaml\nyaml.load(f, yaml.SafeLoader)\nyaml.load(f, Loader=yaml.CSafeLoader)\nyaml.safe_load(f)",
        "from yaml import load, SafeLoader as L\nload(f, Loader=L)",
        "import pickle\npickle.dumps(x)",
        "import json\njson.load(f)",
        "import keras\nkeras.models.load_model(f)",
        "from transformers import AutoModel\nAutoModel.from_pretrained('a/b', trust_remote_code=False)",
        "import pickle\nclass Mine(pickle.Unpickler):\n    def find_class(self, a, b): ...",
        "def load(x): ...\nload(1)",
        "# pickle.load(x)\ntext = 'pickle.load(x)'",
    ],
)
def test_a_safe_load_is_not_reported(source: str) -> None:
    assert calls(source) == []


def test_a_load_has_its_place_and_the_safe_call() -> None:
    (load,) = read_module("import torch\n\nmodel = torch.load('x')\n").loads
    assert (load.line, load.column, load.detail) == (3, 9, "without weights_only=True")
    assert "weights_only=True" in load.fix


@pytest.mark.parametrize(
    ("source", "provider", "model"),
    [
        ("from openai import OpenAI\nOpenAI().chat.completions.create(model='gpt-4o')", "openai", "gpt-4o"),
        ("import openai\nopenai.ChatCompletion.create(engine='gpt-4')", "openai", "gpt-4"),
        ("from openai import AzureOpenAI as A\nc = A()\nc.responses.create(model='d1')", "azure-openai", "d1"),
        (
            (
                "import openai\nasync def f():\n    async with openai.AsyncOpenAI() as c:\n"
                "        await c.chat.completions.create(model='m')"
            ),
            "openai",
            "m",
        ),
        (
            "from anthropic import Anthropic\nM = 'claude-x'\nAnthropic().messages.create(model=M)",
            "anthropic",
            "claude-x",
        ),
        (
            "from google import genai\nc = genai.Client()\nc.models.generate_content(model='gemini-x', contents='')",
            "google",
            "gemini-x",
        ),
        ("import google.generativeai as g\ng.GenerativeModel('gemini-y')", "google", "gemini-y"),
        ("from mistralai import Mistral\nMistral().chat.complete(model='mistral-small')", "mistral", "mistral-small"),
        (
            "import boto3\nb = boto3.client('bedrock-runtime')\nb.converse(modelId='anthropic.c-v1:0')",
            "bedrock",
            "anthropic.c-v1:0",
        ),
        ("import boto3\nboto3.Session().client('bedrock-runtime').invoke_model(modelId='x.y')", "bedrock", "x.y"),
        ("import litellm\nlitellm.completion('groq/llama-3')", "groq", "llama-3"),
        ("import ollama\nollama.chat(model='llama3.2')", "ollama", "llama3.2"),
        ("from langchain_anthropic import ChatAnthropic\nChatAnthropic(model_name='c')", "anthropic", "c"),
        ("from langchain.chat_models import init_chat_model\ninit_chat_model('openai:gpt-4o')", "openai", "gpt-4o"),
        ("from huggingface_hub import InferenceClient\nInferenceClient('org/name')", "huggingface", "org/name"),
        ("import cohere\ncohere.ClientV2()", "cohere", None),
        (
            "import os\nfrom openai import OpenAI\nOpenAI().chat.completions.create(model=os.environ['M'])",
            "openai",
            None,
        ),
        (
            "import os\nfrom openai import OpenAI\nc = OpenAI()\nc.chat.completions.create(model=os.getenv('M', 'd'))",
            "openai",
            "d",
        ),
        ("def f(client):\n    return client.chat.completions.create(model='local-7b')", "openai", "local-7b"),
        (
            "import httpx\nhttpx.post('http://127.0.0.1:80/v1/chat/completions', json={'model': 'q', 'messages': []})",
            "openai-compatible",
            "q",
        ),
    ],
)
def test_a_hosted_model_is_told_with_its_provider_and_name(source: str, provider: str, model: str | None) -> None:
    assert [(one.provider, one.model) for one in read_module(source).clients] == [(provider, model)]


@pytest.mark.parametrize(
    "source",
    [
        "from openai import OpenAI\ndef f(x: OpenAI) -> OpenAI: ...",
        "import boto3\nboto3.client('s3')",
        "orders.completions.create(model=1)",
        "class Chat:\n    def create(self, model): ...\nChat().create(model='Order')",
        "'see https://api.example/v1/chat/completions for more'",
    ],
)
def test_what_reaches_no_model_is_no_client(source: str) -> None:
    assert read_module(source).clients == ()


@pytest.mark.parametrize(
    ("source", "symbol"),
    [
        (f"SYSTEM_PROMPT = '{LONG}'", "SYSTEM_PROMPT"),
        (f"class A:\n    instructions: str = '''{LONG}'''", "instructions"),
        (f"m = [{{'role': 'system', 'content': '{LONG}'}}]", None),
        (f"TEXT = '{LONG}'\nm = [{{'role': 'system', 'content': TEXT}}]", "TEXT"),
        (f"from agents import Agent\nAgent(name='a', instructions='{LONG}')", None),
        (f"import textwrap\nPROMPT = textwrap.dedent('''{LONG}''').strip()", "PROMPT"),
        (f"PROMPT = f'{LONG} {{name}}'", "PROMPT"),
        ("PROMPT = ('You are a helpful assistant ' + 'who answers in only one sentence')", "PROMPT"),
        (f"m = [('system', '{LONG}')]", None),
        (f"from langchain_core.messages import SystemMessage\nSystemMessage(content='{LONG}')", None),
    ],
)
def test_a_prompt_is_told_with_its_name(source: str, symbol: str | None) -> None:
    assert [one.symbol for one in read_module(source).prompts] == [symbol]


@pytest.mark.parametrize(
    "source",
    [
        "PROMPT = '> '",
        "prompt = 'Do you want to continue with the deletion of all the files in here?'",
        "PROMPT_URL = 'https://prompts.example/some/very/long/path/of/an/address/that/goes/on'",
        f"m = [{{'role': 'user', 'content': '{LONG}'}}]",
        f"greeting = '{LONG}'",
    ],
)
def test_other_texts_are_no_prompts(source: str) -> None:
    assert read_module(source).prompts == ()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("@tool\ndef a(): ...\n@function_tool\nasync def b(): ...", ["a", "b"]),
        ("@mcp.tool()\ndef a(): ...\n@server.tool('named')\ndef b(): ...", ["a", "named"]),
        ("S = [{'type': 'function', 'function': {'name': 'x', 'description': '', 'parameters': {}}}]", ["x"]),
        ("S = {'name': 'y', 'description': 'd', 'input_schema': {'type': 'object'}}", ["y"]),
        ("S = {'type': 'function', 'name': 'z', 'parameters': {}}", ["z"]),
        ("def f(): ...\ndef g(): ...\nTOOLS = {'f': f, 'gee': g}", ["f", "gee"]),
        ("from langchain.tools import Tool\nTool(name='search', func=f, description='')", ["search"]),
        ("from langchain_core.tools import StructuredTool\ndef s(): ...\nStructuredTool.from_function(s)", ["s"]),
        ("from crewai.tools import BaseTool\nclass A(BaseTool):\n    name: str = 'alpha'", ["alpha"]),
        ("def f(): ...\nagent.run(tools=[f])", ["f"]),
        (
            (
                "def f(): ...\ndef g(): ...\ndef run(call):\n    match call.name:\n        case 'f':\n"
                "            return f()\n"
                "    return g()"
            ),
            ["f", "g"],
        ),
    ],
)
def test_a_tool_is_told_by_the_name_the_model_calls_it(source: str, names: list[str]) -> None:
    assert [one.name for one in read_module(source).tools] == names


@pytest.mark.parametrize(
    "source",
    [
        "@app.get('/x')\ndef a(): ...",
        "X = {'name': 'a', 'description': 'b'}",
        "def tool(): ...",
        "TOOLS = ['hammer', 'saw']",
    ],
)
def test_ordinary_functions_and_tables_are_no_tools(source: str) -> None:
    assert read_module(source).tools == ()


def test_stores_and_hub_models_are_told() -> None:
    module = read_module(
        "import chromadb\nfrom langchain_community.vectorstores import FAISS\nfrom transformers import pipeline\n"
        "chromadb.PersistentClient(path='db')\nFAISS.from_documents(d, e)\npipeline('ner', model='org/ner')\n"
    )
    assert [(one.provider, one.path) for one in module.stores] == [("chroma", "db"), ("faiss", None)]
    assert [one.model for one in module.hubs] == ["org/ner"]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def f(:", "not valid Python at line 1"),
        ("x = '\0'", "not"),
        ("(" * 5000, "nested deeper"),
        ("-" * 100_000 + "1", "nested deeper"),
        ("not " * 100_000 + "1", "nested deeper"),
        ("[" * 199 + "]" * 199 + "\n" + "x" * (2 << 20), "more than 1 MiB"),
    ],
)
def test_hostile_source_is_a_problem_not_a_crash(source: str, problem: str) -> None:
    assert problem in (read_module(source).problem or "")


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "1 + " * 20_000 + "1", "x = a" + ".b" * 20_000, "x = f" + "()" * 20_000, "a = b\nb = a\na.load(1)",
        "a = a\na()", "self.x = self.x()\nself.x.y()", "\n".join(f"a{n} = a{n + 1}" for n in range(5000)) + "\na0()",
        "if 1:\n pass\n" + "elif 1:\n pass\n" * 3000, "x = '\\d'",
    ],
)  # fmt: skip
def test_long_chains_and_circles_end(source: str) -> None:
    assert isinstance(read_module(source), Module)


@given(st.text(max_size=300))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    read_module(text)


PIECES = st.sampled_from(
    [
        "import pickle",
        "from openai import OpenAI",
        "x = ",
        "(",
        ")",
        "pickle.load",
        "{'role': 'system', 'content': ",
        "}",
        "[",
        "]",
        ",",
        "'a'",
        "OpenAI()",
        ".chat.completions.create",
        "(model=",
        "\n",
        "@tool",
        "def f(): ...",
        "match x.name:",
        "TOOLS = ",
        "class A(Tool):",
        " name = ",
        "f",
        "lambda: ",
        "*x",
        "**x",
    ]
)


@given(st.lists(PIECES, max_size=25))
def test_no_mixture_of_what_is_looked_for_makes_the_reader_fail(pieces: list[str]) -> None:
    loads, problem = read_loads("".join(pieces))
    assert loads == () or problem is None
