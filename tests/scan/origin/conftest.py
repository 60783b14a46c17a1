"""A model to sign, a key to sign it with, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from accord.record.model_signature import ModelSigner, make_model_key
from accord.scan.origin.signing import SignedModel, sign_model
from accord.scan.origin.verifying import Asked, VerifiedModel, verify_model

FILES = {
    "config.json": b"{}",
    "weights/a.bin": b"a" * 3000,
    "weights-b.bin": b"b",
    "empty.txt": b"",
    "weights/π x.bin": b"c" * 10,
}

Sign = Callable[..., SignedModel]
Verify = Callable[..., VerifiedModel]


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> ModelSigner:
    return make_model_key(tmp_path_factory.mktemp("state"), "model")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for path, data in FILES.items():
        file = tmp_path / "model" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return tmp_path / "model"


@pytest.fixture
def sign(model: Path, signer: ModelSigner) -> Sign:
    def signed(path: Path = model, **how: object) -> SignedModel:
        return sign_model(path, key=signer.public, sign=signer.sign, **how)  # type: ignore[arg-type]  # its own options

    return signed


@pytest.fixture
def verify(model: Path, signer: ModelSigner) -> Verify:
    def verified(bundle: bytes, path: Path = model, **how: object) -> VerifiedModel:
        asked = Asked(**({"keys": (signer.public,)} | how))  # type: ignore[arg-type]  # its own fields
        return verify_model(path, bundle, path="model.sig", asked=asked)

    return verified
