from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.look import Look
from accord.scan.part import BrokenError
from accord.scan.rating import Rated, Rating
from accord.scan.repositories.callables import rating_of
from accord.scan.repositories.documents import mappings, read_json, read_yaml, strings

Within = Callable[[float], AbstractContextManager[None]]
Laid = Callable[[str, Mapping[str, str | bytes]], Rated]


def names(rated: Rated) -> set[str]:
    return {one.name for one in rated.reasons}


def look() -> Look:
    return Look(lambda _part, _look: iter(()))


@pytest.mark.parametrize(
    ("name", "rating"),
    [
        ("os.system", Rating.DANGEROUS),
        ("builtins.exec", Rating.DANGEROUS),
        ("eval", Rating.DANGEROUS),
        ("subprocess:Popen", Rating.DANGEROUS),
        ("torch.serialization.os.system", Rating.DANGEROUS),
        ("transformers.utils.sys.modules.get", Rating.DANGEROUS),
        ("torch.load", Rating.DANGEROUS),
        ("torch.nn.Module.__class__.__base__", Rating.DANGEROUS),
        ("pandas.read_pickle", Rating.DANGEROUS),
        ("torch.nn.Linear", Rating.SAFE),
        ("nemo.collections.asr.modules.ConvASREncoder", Rating.SAFE),
        ("collections.OrderedDict", Rating.SAFE),
        ("torch.nn.init.kaiming_normal_", Rating.UNKNOWN),
        ("acme.models.Net", Rating.UNKNOWN),
        ("", Rating.UNKNOWN),
        ("not a name", Rating.UNKNOWN),
    ],
)
def test_a_dotted_name_is_rated_by_where_it_leads(name: str, rating: Rating) -> None:
    assert rating_of(name) is rating


@pytest.mark.parametrize(
    "text",
    [
        "x: !!python/object/new:subprocess.Popen [['true']]\n",
        "x: !!python/object/apply:os.system ['true']\n",
        "!!python/name:builtins.eval ''\n",
        "x: !<tag:yaml.org,2002:python/object/apply:os.system> [a]\n",
        "%TAG !p! tag:yaml.org,2002:python/\n---\nx: !p!object/apply:os.system [a]\n",
        "trainer:\n  _target_: os.system\n  command: 'true'\n",
        '"\\x5ftarget_": builtins.exec\n',
        "a: &a {_target_: subprocess.run}\nb: *a\n",
        "seed: !apply:os.system ['true']\n",
        "net: !new:subprocess.Popen\n  args: ['true']\n",
        "callbacks:\n  - class_path: os.system\n    init_args: {command: 'true'}\n",
        "model:\n  target: subprocess.Popen\n  params: {args: ['true']}\n",
        "x: ${eval:'__import__(\"os\").getpid()'}\n",
        "x: {py/reduce: [{py/function: os.system}, {py/tuple: ['true']}]}\n",
    ],
)
def test_yaml_that_has_harm_called_is_dangerous(laid: Laid, text: str) -> None:
    assert laid("hparams.yaml", {"hparams.yaml": text}).rating is Rating.DANGEROUS


@pytest.mark.parametrize(
    "text",
    [
        "x: !!python/object:acme.Thing {}\n",
        "x: !strange {a: 1}\n",
        "model:\n  _target_: src.models.Net\n",
        "x: ${eval:1+1}\n",
    ],
)
def test_yaml_that_has_something_unknown_built_is_unknown(laid: Laid, text: str) -> None:
    assert laid("conf.yaml", {"conf.yaml": text}).rating is Rating.UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "model:\n  _target_: torch.nn.Linear\n  in_features: 3\n",
        "a: !!python/tuple [1, 2]\nb: !!str 3\nc: !!set {x, y}\n",
        "Resources:\n  A:\n    Fn: !Sub '${AWS::Region}'\n    B: !GetAtt A.Arn\n",
        "extra:\n  emoji: !!python/name:material.extensions.emoji.twemoji\n",
        "lr: 0.1  # never use !!python/object/apply\n",
        "seed: !ref <seed>\nnet: !new:torch.nn.Linear\n  in_features: 3\n",
        "hparams: !!python/object:argparse.Namespace {lr: 0.1}\n",
        "path: ${HOME}/x\nport: ${PORT:-80}\n",
        "jobs:\n  build:\n    runs-on: x86\n    steps:\n      - run: os.system\n",
        "target: wasm32-unknown-unknown\n",
        "[unclosed: {\n",
    ],
)
def test_ordinary_yaml_is_safe(laid: Laid, text: str) -> None:
    assert laid("conf.yaml", {"conf.yaml": text}).rating is Rating.SAFE


def test_yaml_without_a_telling_name_is_read_when_it_holds_a_python_tag(laid: Laid) -> None:
    text = "x: !!python/object/apply:os.system ['true']\n"
    assert laid("settings.conf", {"settings.conf": text}).rating is Rating.DANGEROUS
    assert laid("notes.md", {"notes.md": text}).rating is Rating.SAFE


def test_aliases_that_double_twenty_times_cost_nothing() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    documents = read_yaml("\n".join(lines), look())
    assert documents
    assert len(list(mappings(documents[0].value, look()))) == 1
    assert list(strings(documents[0].value, look())) == ["x"]


def test_yaml_that_nests_too_deeply_is_broken() -> None:
    with pytest.raises(BrokenError):
        read_yaml("[" * 300 + "]" * 300, look())


def test_json_with_comments_and_trailing_commas_is_read() -> None:
    document = read_json('{"url": "https://x.example/y", // why\n "b": [1, 2,], /* so */ }')
    assert document
    assert document.value == {"url": "https://x.example/y", "b": [1, 2]}


def test_both_values_of_an_equal_key_are_looked_at() -> None:
    document = read_json('{"a": {"_target_": "os.system"}, "a": 1}')
    assert document
    assert document.value == {"a": 1}
    assert document.hidden == ({"a": {"_target_": "os.system"}},)


@given(st.text(alphabet='{}[]",:/*\\!&<>-abtrue_ \n\t0123', max_size=200))
def test_no_text_breaks_the_readers_of_documents(text: str) -> None:
    read_json(text)
    with suppress(BrokenError):
        read_yaml(text, look())


HARMLESS = "from transformers import PreTrainedModel\nclass Net(PreTrainedModel):\n    pass\n"
HARMFUL = "import os\nos.system('true')\n"


@pytest.mark.parametrize(
    ("code", "rating"), [(HARMLESS, Rating.UNKNOWN), (HARMFUL, Rating.DANGEROUS), ("def (", Rating.UNKNOWN)]
)
def test_code_that_auto_map_names_is_judged_by_what_it_does(laid: Laid, code: str, rating: Rating) -> None:
    config = json.dumps(
        {"model_type": "x", "auto_map": {"AutoModel": "modeling_x.Net", "AutoTokenizer": [None, "modeling_x.T"]}}
    )
    rated = laid("config.json", {"config.json": config, "modeling_x.py": code})
    assert rated.rating is rating


def test_code_that_remote_code_imports_from_beside_itself_is_judged_too(laid: Laid) -> None:
    config = json.dumps({"auto_map": {"AutoModel": "modeling_x.Net"}})
    files = {"config.json": config, "modeling_x.py": "from .extra import helper\n", "extra.py": HARMFUL}
    assert laid("config.json", files).rating is Rating.DANGEROUS


def test_code_of_another_repository_is_unknown(laid: Laid) -> None:
    config = json.dumps({"auto_map": {"AutoModel": "someone/else--modeling_x.Net"}})
    assert laid("config.json", {"config.json": config}).rating is Rating.UNKNOWN


def test_code_outside_of_the_folder_is_never_opened(laid: Laid) -> None:
    config = json.dumps({"auto_map": {"AutoModel": "../../etc/x.Net"}})
    assert laid("config.json", {"config.json": config}).rating is Rating.DANGEROUS


@pytest.mark.parametrize(
    ("name", "value", "rating"),
    [
        ("model.safetensors.index.json", {"weight_map": {"a": "../../../etc/passwd"}}, Rating.DANGEROUS),
        ("model.safetensors.index.json", {"weight_map": {"a": "https://x.example/w"}}, Rating.DANGEROUS),
        ("model.safetensors.index.json", {"weight_map": {"a": "C:\\w.bin"}}, Rating.DANGEROUS),
        ("model.safetensors.index.json", {"weight_map": {"a": ["x"]}}, Rating.MALFORMED),
        ("model.safetensors.index.json", {"weight_map": {"a": "model-00001.safetensors"}}, Rating.SAFE),
        (
            "modules.json",
            [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}],
            Rating.SAFE,
        ),
        ("modules.json", [{"idx": 0, "name": "0", "path": "", "type": "custom_x.Net"}], Rating.UNKNOWN),
        ("modules.json", [{"idx": 0, "name": "0", "path": "", "type": "os.system"}], Rating.DANGEROUS),
        (
            "modules.json",
            [{"idx": 0, "name": "0", "path": "../..", "type": "sentence_transformers.models.Pooling"}],
            Rating.DANGEROUS,
        ),
        ("config.json", {"activation_function": "torch.nn.modules.activation.Tanh"}, Rating.SAFE),
        ("config.json", {"activation_function": "os.system"}, Rating.DANGEROUS),
        ("config.json", {"activation_function": "gelu_new"}, Rating.SAFE),
        ("config.json", {"trust_remote_code": True}, Rating.SAFE),
        (
            "adapter_config.json",
            {"auto_mapping": {"base_model_class": "X", "parent_library": "transformers.models.llama.modeling_llama"}},
            Rating.SAFE,
        ),
        (
            "adapter_config.json",
            {"auto_mapping": {"base_model_class": "X", "parent_library": "evil_lib"}},
            Rating.UNKNOWN,
        ),
        ("config.json", {"custom_pipelines": {"p": {"impl": "pipe.P", "pt": ["AutoModel"]}}}, Rating.UNKNOWN),
        (
            "genai_config.json",
            {"model": {"decoder": {"session_options": {"custom_ops_library": "x.so"}}}},
            Rating.UNKNOWN,
        ),
        ("genai_config.json", {"model": {"custom_ops_library": "/tmp/x.so"}}, Rating.DANGEROUS),
        (
            "model_index.json",
            {
                "_class_name": "FluxPipeline",
                "_diffusers_version": "0.30",
                "vae": ["diffusers", "AutoencoderKL"],
                "safety": ["stable_diffusion", "SafetyChecker"],
                "x": [None, None],
            },
            Rating.SAFE,
        ),
        ("model_index.json", {"_class_name": ["pipeline", "P"], "_diffusers_version": "0.30"}, Rating.UNKNOWN),
        (
            "model_index.json",
            {"_class_name": "P", "_diffusers_version": "0.30", "unet": ["subprocess", "Popen"]},
            Rating.DANGEROUS,
        ),
        (
            "chain.json",
            {"lc": 1, "type": "constructor", "id": ["langchain", "chains", "llm", "LLMChain"], "kwargs": {}},
            Rating.SAFE,
        ),
        ("chain.json", {"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {}}, Rating.DANGEROUS),
        ("chain.json", {"_type": "llm_bash_chain"}, Rating.DANGEROUS),
        (
            "prompt.json",
            {"_type": "prompt", "template_format": "jinja2", "template": "{{ ''.__class__.__mro__ }}"},
            Rating.DANGEROUS,
        ),
        ("prompt.json", {"_type": "prompt", "template_path": "/etc/passwd"}, Rating.DANGEROUS),
        ("prompt.json", {"_type": "prompt", "template": "Hello {name}"}, Rating.SAFE),
        ("state.json", {"py/object": "os.system"}, Rating.DANGEROUS),
        ("state.json", {"a": [{"py/repr": "os/os.getpid()"}]}, Rating.DANGEROUS),
        ("state.json", {"py/object": "collections.OrderedDict"}, Rating.SAFE),
        ("state.json", {"py/reduce": ["x"]}, Rating.UNKNOWN),
        ("tokenizer_config.json", {"chat_template": "{{ x.__class__ }}"}, Rating.DANGEROUS),
        (
            "tokenizer_config.json",
            {"chat_template": [{"name": "a", "template": "{{ x.__class__ }}"}]},
            Rating.DANGEROUS,
        ),
        (
            "tokenizer_config.json",
            {"chat_template": "{% for m in messages %}{{ m['content'] }}{% endfor %}"},
            Rating.SAFE,
        ),
        (
            "config.json",
            {"class_name": "Functional", "config": {"layers": [{"class_name": "Lambda", "config": {"function": "x"}}]}},
            Rating.DANGEROUS,
        ),
        (
            "m-symbol.json",
            {"nodes": [{"op": "Custom", "name": "x", "attrs": {"op_type": "evil"}}], "arg_nodes": [], "heads": []},
            Rating.DANGEROUS,
        ),
        (
            "m-symbol.json",
            {
                "nodes": [{"op": "null", "name": "x"}, {"op": "FullyConnected", "name": "f"}],
                "arg_nodes": [0],
                "heads": [[1, 0]],
            },
            Rating.SAFE,
        ),
        (
            "model.json",
            {"format": "layers-model", "modelTopology": {}, "weightsManifest": [{"paths": ["../../x"]}]},
            Rating.DANGEROUS,
        ),
    ],
)
def test_a_key_that_leads_to_code_or_out_of_the_folder_is_judged(
    laid: Laid, name: str, value: object, rating: Rating
) -> None:
    assert laid(name, {name: json.dumps(value)}).rating is rating


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "x.index.json"])
def test_a_configuration_that_a_loader_reads_and_that_is_no_json_is_malformed(laid: Laid, name: str) -> None:
    assert laid(name, {name: '{"a": 1'}).rating is Rating.MALFORMED
    assert laid("other.json", {"other.json": '{"a": 1'}).rating is Rating.SAFE


def test_a_key_that_is_written_with_escapes_is_found(laid: Laid) -> None:
    text = '{"\\u0061uto_map": {"AutoModel": "m.Net"}}'
    assert laid("config.json", {"config.json": text, "m.py": HARMFUL}).rating is Rating.DANGEROUS


def test_json_in_utf_16_is_read(laid: Laid) -> None:
    text = json.dumps({"_target_": "os.system"})
    for encoding in ("utf-16", "utf-16-le", "utf-8-sig"):
        assert laid("c.json", {"c.json": text.encode(encoding)}).rating is Rating.DANGEROUS, encoding


def test_json_that_nests_without_end_is_malformed_and_quick(laid: Laid) -> None:
    assert laid("config.json", {"config.json": '{"auto_map":' + "[" * 100_000}).rating is Rating.MALFORMED


MLMODEL = """
flavors:
  python_function:
    loader_module: {module}
    code: code
    env: {{conda: conda.yaml}}
mlflow_version: 2.9
"""


@pytest.mark.parametrize(
    ("module", "code", "rating"),
    [
        ("mlflow.sklearn", None, Rating.SAFE),
        ("my_loader", HARMLESS, Rating.UNKNOWN),
        ("my_loader", HARMFUL, Rating.DANGEROUS),
        ("my_loader", None, Rating.UNKNOWN),
        ("os", None, Rating.DANGEROUS),
        ("../x", None, Rating.DANGEROUS),
    ],
)
def test_the_loader_of_an_mlflow_model_is_judged(laid: Laid, module: str, code: str | None, rating: Rating) -> None:
    files = {"MLmodel": MLMODEL.format(module=module)} | ({"code/my_loader.py": code} if code else {})
    assert laid("MLmodel", files).rating is rating


def test_mlflow_data_outside_of_the_model_are_dangerous(laid: Laid) -> None:
    text = "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    data: ../../../etc\n"
    assert laid("MLmodel", {"MLmodel": text}).rating is Rating.DANGEROUS


def test_a_text_too_big_to_be_parsed_is_searched_for_keys_that_lead_to_code(laid: Laid, within: Within) -> None:
    padding = '{"rows": ["' + "x" * (17 << 20) + '"]'
    assert laid("data.json", {"data.json": padding + "}"}).rating is Rating.SAFE
    with within(100):
        hidden = laid("data.json", {"data.json": padding + ', "_target_": "os.system"}'})
    assert hidden.rating is Rating.UNKNOWN


def test_toml_is_read_for_the_same_keys(laid: Laid) -> None:
    assert laid("c.toml", {"c.toml": '[model]\n_target_ = "os.system"\n'}).rating is Rating.DANGEROUS
    assert laid("pyproject.toml", {"pyproject.toml": '[tool.x]\ntools = ["a"]\n'}).rating is Rating.SAFE


def test_a_reason_names_the_callable_and_the_line(laid: Laid) -> None:
    rated = laid("c.yaml", {"c.yaml": "a: 1\nb: !!python/object/apply:os.system ['true']\n"})
    assert names(rated) == {"os.system"}
    assert rated.reasons[0].finding.where.line == 2
