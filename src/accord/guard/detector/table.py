"""The weights of the front as they lie on disk: a safetensors file, read without a library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accord.core.errors import CatalogError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LARGEST: Final = 16 << 20
_LONGEST_HEADER: Final = 1 << 16
_KINDS: Final = {"U8": "uint8", "F32": "float32"}


def arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of a safetensors file of at most 16 MiB, bytes and floats only.

    Raises `CatalogError` for a file that is not what it should be.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= _LARGEST else b""
        return _arrays(data)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CatalogError(
            f"the weights {path.name} of the detector cannot be read: {error}",
            hint="install accord anew",
            code="ACC-E780",
        ) from error


def _arrays(data: bytes) -> dict[str, NDArray[np.generic]]:
    import numpy as np

    size = int.from_bytes(data[:8], "little")
    if not 2 <= size <= min(_LONGEST_HEADER, len(data) - 8):
        raise ValueError("its header has an impossible length")
    body = memoryview(data)[8 + size :]
    found: dict[str, NDArray[np.generic]] = {}
    for name, told in json.loads(data[8 : 8 + size]).items():
        if name == "__metadata__":
            continue
        begin, end = (int(place) for place in told["data_offsets"])
        if not 0 <= begin <= end <= len(body):
            raise ValueError(f"{name!r:.60} lies outside the file")
        kind = np.dtype(_KINDS[told["dtype"]])
        found[name] = np.frombuffer(body[begin:end], dtype=kind).reshape([int(side) for side in told["shape"]])
    return found


def packed(found: dict[str, NDArray[np.generic]], about: dict[str, str]) -> bytes:
    """Return a safetensors file of arrays of bytes and floats."""
    kinds = {name: kind for kind, name in _KINDS.items()}
    header: dict[str, object] = {"__metadata__": about}
    body = b""
    for name, values in sorted(found.items()):
        data = values.tobytes()
        kind = kinds[str(values.dtype)]
        header[name] = {"dtype": kind, "shape": list(values.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + body
