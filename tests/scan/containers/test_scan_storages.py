from __future__ import annotations

import pytest

from accord.scan.containers.storages import References, item_size, item_sizes
from accord.scan.pickles.values import Import


def storage(name: str = "FloatStorage", module: str = "torch") -> Import:
    return Import(module, name, 0, old=False)


def test_every_storage_has_a_size_of_its_items() -> None:
    assert item_sizes()["DoubleStorage"] == 8
    assert set(item_sizes().values()) <= {1, 2, 4, 8, 16}


@pytest.mark.parametrize("module", ["torch", "torch.storage", "torch.cuda"])
def test_storages_are_known_where_torch_has_them(module: str) -> None:
    assert item_size(storage(module=module)) == 4


@pytest.mark.parametrize("kind", [storage("load"), storage(module="os"), "FloatStorage", None])
def test_anything_else_is_no_storage(kind: object) -> None:
    assert item_size(kind) is None


def test_references_are_noted_with_their_bytes() -> None:
    references = References()
    assert references.accept(("storage", storage(), "0", "cpu", 10)) is None
    assert references.accept(("storage", storage("HalfStorage"), "1", "cuda:0", 10, None)) is None
    assert references.accept(("storage", storage(), "0", "cpu", 10)) is None
    assert references.accept(("storage", storage(), 1, "cpu", 5)) is None  # as torch.package writes it
    assert {key: one.size for key, one in references.storages.items()} == {"0": 40, "1": 20}


@pytest.mark.parametrize(
    "reference",
    [
        None,
        "0",
        7,
        (),
        ("storage",),
        ("storage", storage(), b"0", "cpu", 10),
        ("storage", storage(), "0", "cpu", -1),
        ("storage", storage(), "0", "cpu", 1 << 62),
        ("storage", storage(), "0" * 300, "cpu", 1),
        ("storage", storage("load"), "0", "cpu", 1),
        ("storage", storage(), "0", "cpu", 1, None, None),
        ("module", "text", "file", "source"),
        ("reduce", storage(), "0", "cpu", 1),
    ],
)
def test_anything_else_is_refused(reference: object) -> None:
    assert References().accept(reference)


def test_the_source_of_a_module_is_compared_and_not_run() -> None:
    assert References().accept(("module", storage("Net", "mine"), "mine.py", "class Net: ...")) is None


def test_one_storage_has_one_size() -> None:
    references = References()
    assert references.accept(("storage", storage(), "0", "cpu", 10)) is None
    assert references.accept(("storage", storage(), "0", "cpu", 11)) == "it gives the storage 0 two sizes"
