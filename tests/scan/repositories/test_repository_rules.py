from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

import accord.scan
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating
from accord.scan.reasons import reasons, seen
from accord.scan.repositories import entries
from accord.scan.repositories.callables import DOTTED, judged, rating_of
from accord.scan.repositories.documents import Document
from accord.scan.repositories.remote import leaves

Laid = Callable[[str, Mapping[str, str | bytes]], Rated]
ROOM = Path(accord.scan.__file__).parent
DATA = ROOM.parent / "data" / "scan"
OURS = (
    *sorted((ROOM / "repositories").glob("*.py")),
    *(
        ROOM / "models" / f"{name}.py"
        for name in (
            "markup",
            "pmml",
            "openvino",
            "rdata",
            "others",
            "messages",
            "coreml",
            "torch7",
            "weights",
            "symbols",
        )
    ),
    ROOM / "effects.py",
)
ODD: tuple[object, ...] = (
    None,
    True,
    1,
    1.5,
    "",
    "x",
    "a.b",
    "../x",
    [],
    [None],
    [[]],
    {},
    {"": None},
    [{"a": 1}],
    {"a": {"b": []}},
)


def callables() -> Mapping[str, list[str]]:
    held: Mapping[str, list[str]] = yaml.safe_load((DATA / "callables.yaml").read_text("utf-8"))
    return held


def look() -> Look:
    return Look(lambda _part, _look: iter(()))


@pytest.mark.parametrize("name", callables()["exact"] + callables()["modules"])
def test_every_name_that_is_listed_as_harmless_is_safe(name: str) -> None:
    assert DOTTED.fullmatch(name)
    assert rating_of(name) is Rating.SAFE


@pytest.mark.parametrize("name", callables()["harmful"] + callables()["callables"])
def test_every_name_that_is_listed_as_harmful_is_dangerous_and_so_is_all_below_it(name: str) -> None:
    assert rating_of(name) is Rating.DANGEROUS
    assert rating_of(f"{name}.anything") is Rating.DANGEROUS


@pytest.mark.parametrize("name", callables()["last"])
def test_what_harms_is_dangerous_in_any_module(name: str) -> None:
    assert rating_of(f"acme.tools.{name}") is Rating.DANGEROUS
    assert rating_of(f"torch.nn.{name}") is Rating.DANGEROUS


@pytest.mark.parametrize("package", callables()["classes"])
def test_only_classes_of_a_known_package_are_constructors(package: str) -> None:
    assert rating_of(f"{package}.SomeClass") is Rating.SAFE
    assert rating_of(f"{package}.some_function") is Rating.UNKNOWN
    assert rating_of(f"{package}.os.SomeClass") is Rating.DANGEROUS
    assert rating_of(f"{package}._private.SomeClass") is Rating.UNKNOWN
    assert rating_of(f"{package}x.SomeClass") is Rating.UNKNOWN


def test_no_name_stands_in_a_harmless_and_in_a_harmful_list() -> None:
    lists = callables()
    assert (
        set(lists["exact"] + lists["modules"] + lists["classes"]) & set(lists["harmful"] + lists["callables"]) == set()
    )


def test_a_name_of_great_length_is_unknown_and_cut_in_the_message() -> None:
    sight = judged(Part(b"", name="c.json"), "a." * 5000, "_target_")
    assert sight
    assert sight.kind == "entry-unknown"
    assert len(sight.name) < 200


@pytest.mark.parametrize(
    "path",
    [
        "folder/../file.bin",
        "../file.bin",
        "..\\file.bin",
        "/etc/passwd",
        "\\\\host\\share",
        "~/x",
        "C:/x",
        "c:\\x",
        "https://x.example/y",
        "file:///x",
        "s3://bucket/x",
        "a\0b",
    ],
)
def test_a_path_leads_outside_when_it_is_absolute_upwards_or_an_address(path: str) -> None:
    assert leaves(path)


@pytest.mark.parametrize("path", ["model-00001-of-2.safetensors", "folder/file.bin", "a..b/c", ""])
def test_a_path_below_the_folder_stays_there(path: str) -> None:
    assert not leaves(path)


@pytest.mark.parametrize("key", entries.RULES)
@pytest.mark.parametrize("value", ODD)
def test_odd_values_under_a_key_that_matters_never_break_a_reader(key: str, value: object) -> None:
    extra = {
        "params": {},
        "init_args": {},
        "type": "constructor",
        "id": ["a", 1],
        "path": value,
        "_diffusers_version": "1",
    }
    part = Part(b"{}", name="config.json")
    for held in ({key: value}, {**extra, key: value}):
        try:
            sights = list(entries.judge(Document(held), part, look()))
        except BrokenError:
            continue
        assert all(seen(one, "config.json").finding.message for one in sights)


def test_every_kind_that_is_yielded_has_a_reason_and_every_reason_of_ours_is_yielded() -> None:
    ours = {
        kind
        for page in ("repositories", "models_other")
        for kind in yaml.safe_load((DATA / "reasons" / f"{page}.yaml").read_text("utf-8"))
    }
    text = "\n".join(path.read_text("utf-8") for path in OURS)
    written = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', text))
    assert ours - written == set()
    yielded = set(re.findall(r'sees\(\s*"([a-z-]+)"', text))
    assert yielded - reasons().keys() == set()


@pytest.mark.parametrize("page", ["repositories", "models_other"])
def test_reasons_say_what_to_do_and_refer_to_a_weakness(page: str) -> None:
    for kind, one in yaml.safe_load((DATA / "reasons" / f"{page}.yaml").read_text("utf-8")).items():
        assert one["rating"] in {"safe", "unknown", "malformed", "dangerous"}, kind
        assert one["title"][0].islower() or one["title"][0] in "RX", kind
        assert not one["title"].endswith("."), kind
        assert one["fix"], kind
        assert one["rating"] != "dangerous" or any(ref.startswith("CWE-") for ref in one["refs"]), kind


@pytest.mark.parametrize(
    ("code", "rating"),
    [
        ("import torch\nclass Pipe:\n    pass\n", Rating.UNKNOWN),
        ("import subprocess\nsubprocess.run(['true'])\n", Rating.DANGEROUS),
        ("class Pipe:\n    def __call__(self):\n        eval('1')\n", Rating.DANGEROUS),
    ],
)
def test_code_of_a_diffusers_component_is_read_from_its_folder(laid: Laid, code: str, rating: Rating) -> None:
    index = {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30", "unet": ["my_unet", "UNet"]}
    files = {"model_index.json": json.dumps(index), "unet/my_unet.py": code}
    assert laid("model_index.json", files).rating is rating


def test_code_in_a_package_beside_the_configuration_is_found(laid: Laid) -> None:
    config = json.dumps({"auto_map": {"AutoModel": "pkg.Net"}})
    files = {"config.json": config, "pkg/__init__.py": "import os\nos.system('true')\n"}
    assert laid("config.json", files).rating is Rating.DANGEROUS


def test_modules_that_import_each_other_are_read_once(laid: Laid) -> None:
    config = json.dumps({"auto_map": {"AutoModel": "a.Net"}})
    files = {"config.json": config, "a.py": "from .b import x\n", "b.py": "from .a import y\nimport a\n"}
    rated = laid("config.json", files)
    assert rated.rating is Rating.UNKNOWN
    assert len(rated.reasons) == 2


def test_the_script_of_a_model_from_code_is_judged(laid: Laid) -> None:
    text = "flavors:\n  python_function:\n    loader_module: mlflow.pyfunc.model\n    model_code_path: model.py\n"
    assert laid("MLmodel", {"MLmodel": text, "model.py": "import os\nos.system('true')\n"}).rating is Rating.DANGEROUS
    assert laid("MLmodel", {"MLmodel": text, "model.py": "x = 1\n"}).rating is Rating.UNKNOWN


def test_modules_that_a_configuration_imports_are_judged(laid: Laid) -> None:
    text = json.dumps({"custom_imports": {"imports": ["my_ops"], "allow_failed_imports": False}})
    assert laid("c.json", {"c.json": text, "my_ops.py": "import os\nos.system('true')\n"}).rating is Rating.DANGEROUS
    assert laid("d.json", {"d.json": json.dumps({"custom_imports": {"imports": ["os"]}})}).rating is Rating.DANGEROUS


@pytest.mark.parametrize(
    ("name", "value", "rating"),
    [
        ("config.json", {"class_name": "Sequential", "config": {"name": "s", "layers": []}}, Rating.SAFE),
        ("config.json", {"class_name": "Sequential", "config": {}, "module": "os"}, Rating.DANGEROUS),
        ("model.json", {"modelTopology": {"model_config": {"class_name": "Lambda", "config": {}}}}, Rating.DANGEROUS),
        ("weights.json", {"weightsManifest": [], "modelTopology": {"x": 1}}, Rating.SAFE),
    ],
)
def test_json_that_is_a_model_goes_to_the_reader_of_its_format(
    laid: Laid, name: str, value: object, rating: Rating
) -> None:
    assert laid(name, {name: json.dumps(value)}).rating is rating
