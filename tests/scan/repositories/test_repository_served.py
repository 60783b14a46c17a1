from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping

import pytest

from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]
HARMFUL = "import os\nos.popen('true')\n"


def archive(members: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()


def mar(model: dict[str, object], **members: str | bytes) -> bytes:
    manifest = json.dumps({"createdOn": "01/01/2024", "runtime": "python", "model": model, "archiverVersion": "0.9"})
    return archive({"MAR-INF/MANIFEST.json": manifest, **members})


@pytest.mark.parametrize(
    ("model", "members", "rating"),
    [
        ({"modelName": "m", "handler": "image_classifier"}, {"index_to_name.json": '{"0": "cat"}'}, Rating.SAFE),
        ({"modelName": "m", "handler": "handler.py"}, {"handler.py": HARMFUL}, Rating.DANGEROUS),
        (
            {"modelName": "m", "handler": "handler:handle"},
            {"handler.py": "import torch\ndef handle(d, c):\n    return d\n"},
            Rating.UNKNOWN,
        ),
        (
            {"modelName": "m", "handler": "image_classifier", "modelFile": "net.py"},
            {"net.py": "import os\nclass N:\n    x = os.system('true')\n"},
            Rating.DANGEROUS,
        ),
        ({"modelName": "m", "handler": "image_classifier"}, {"extra/tool.py": HARMFUL}, Rating.DANGEROUS),
        ({"modelName": "m", "handler": "gone.py"}, {}, Rating.UNKNOWN),
        ({"modelName": "m", "handler": "../../gone.py"}, {}, Rating.DANGEROUS),
        (
            {"modelName": "m", "handler": "image_classifier", "serializedFile": "m.pt"},
            {"m.pt": b"cos\nsystem\n(S'true'\ntR."},
            Rating.DANGEROUS,
        ),
    ],
)
def test_what_a_torchserve_archive_runs_is_judged(
    rated: Rate, model: dict[str, object], members: dict[str, str | bytes], rating: Rating
) -> None:
    found = rated("m.mar", mar(model, **members))
    assert (found.rating, found.format) == (rating, "torchserve")


@pytest.mark.parametrize("manifest", ["{", "[]", '{"model": 3}'])
def test_a_manifest_that_describes_no_model_is_malformed(rated: Rate, manifest: str) -> None:
    assert rated("m.mar", archive({"MAR-INF/MANIFEST.json": manifest})).rating is Rating.MALFORMED


def nemo(config: str, members: Mapping[str, bytes] | None = None, *, packing: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=packing) as file:  # type: ignore[call-overload]  # the mode is one of tarfile's
        for name, data in {"model_config.yaml": config.encode(), **(members or {})}.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return out.getvalue()


NEMO = "target: nemo.collections.asr.models.EncDecCTCModel\npreprocessor:\n  _target_: {}\n  params: {{}}\n"


@pytest.mark.parametrize("packing", ["w", "w:gz"])
@pytest.mark.parametrize(
    ("config", "rating"),
    [
        (NEMO.format("nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor"), Rating.SAFE),
        (NEMO.format("builtins.exec"), Rating.DANGEROUS),
        (NEMO.format("nemo.utils.os.system"), Rating.DANGEROUS),
        ("target: os.system\n", Rating.DANGEROUS),
        ("x: !!python/object/apply:os.system ['true']\n", Rating.DANGEROUS),
        (NEMO.format("acme.Net"), Rating.UNKNOWN),
        ("tokenizer:\n  model_path: nemo:../../x\n", Rating.DANGEROUS),
        ("just text", Rating.MALFORMED),
        ("a: [", Rating.MALFORMED),
    ],
)
def test_what_a_nemo_archive_builds_is_judged(rated: Rate, config: str, rating: Rating, packing: str) -> None:
    assert rated("m.nemo", nemo(config, packing=packing)).rating is rating


def test_the_weights_of_a_nemo_archive_are_looked_into(rated: Rate) -> None:
    honest = NEMO.format("torch.nn.Linear")
    weights = archive({"archive/data.pkl": b"cos\nsystem\n(S'true'\ntR.", "archive/version": "3\n"})
    assert rated("m.nemo", nemo(honest, {"model_weights.ckpt": weights})).rating is Rating.DANGEROUS
    good = archive({"archive/data.pkl": b"\x80\x02}q\x00.", "archive/version": "3\n"})
    assert rated("m.nemo", nemo(honest, {"model_weights.ckpt": good})).rating is Rating.SAFE
