"""What pickles of PyTorch refer to outside of themselves: storages, by class, key, device and count of items."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from accord.core.shipped import lines_of
from accord.scan.pickles.values import Import

_HOMES: Final = frozenset({"torch", "torch.storage", "torch.cuda"})
_LONGEST_KEY: Final = 200


class Storage(NamedTuple):
    """One storage that a pickle refers to: its key, its bytes, and where it was before it was saved."""

    key: str
    size: int
    device: str


@cache
def item_sizes() -> dict[str, int]:
    """Return the bytes of one item by the names of storage classes."""
    return {name: int(size) for name, size in (line.split("\t") for line in lines_of("scan/storages.tsv"))}


def item_size(kind: object) -> int | None:
    """Return the bytes of one item of a storage class, or None for what is no such class."""
    return item_sizes().get(kind.name) if isinstance(kind, Import) and kind.module in _HOMES else None


class References:
    """The references of one pickle, as they are met; `accept` is what the judge of pickles asks."""

    def __init__(self) -> None:
        self.storages: dict[str, Storage] = {}

    def accept(self, reference: object) -> str | None:
        """Return None for a reference to a storage, and the complaint about any other."""
        match reference:
            case ("storage", kind, str() | int() as key, str(device), int(count), *view):  # torch.package counts
                return self._take(kind, str(key), device, count, view)
            case ("module", Import(), str() | None, str() | None):
                return None  # how PyTorch notes the source of a module; it is compared, not run
            case _:
                return "it refers to something that is no tensor"

    def _take(self, kind: object, key: str, device: str, count: int, view: list[object]) -> str | None:
        size = item_size(kind)
        if size is None:
            return "it refers to a storage of a class that PyTorch does not have"
        if not 0 <= count < 1 << 60 or len(key) > _LONGEST_KEY or len(view) > 1:
            return "it refers to a storage in a way that PyTorch does not write"
        known = self.storages.setdefault(key, Storage(key, size * count, device))
        return None if known.size == size * count else f"it gives the storage {key} two sizes"
