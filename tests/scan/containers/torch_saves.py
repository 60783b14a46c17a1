"""Saves what people save with PyTorch, in every way it is saved; run by a test in an environment that has torch."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import torch  # type: ignore[import-not-found,unused-ignore]  # only in the bench environment
from torch import nn  # type: ignore[import-not-found,unused-ignore]  # the same


def main(folder: Path) -> None:
    """Write the files into a folder."""
    warnings.simplefilter("ignore")
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    optimiser = torch.optim.Adam(net.parameters())
    net(torch.randn(2, 3, 3, 3)).sum().backward()
    optimiser.step()
    kinds = (torch.float64, torch.bool, torch.bfloat16, torch.complex64, torch.int8, torch.uint16, torch.float8_e4m3fn)
    odd = {
        "empty": torch.zeros(0),
        "view": torch.zeros(10)[2:4],
        "parameter": nn.Parameter(torch.zeros(2)),
        "sparse": torch.eye(3).to_sparse(),
        "meta": torch.zeros(3, device="meta"),
        "shape": torch.Size([1, 2]),
        "type": torch.float32,
        **{str(kind): torch.zeros(3, dtype=kind) for kind in kinds},
    }
    checkpoint = {"model": net.state_dict(), "optimiser": optimiser.state_dict(), "epoch": 3, "odd": odd}
    for protocol in (2, 3, 4, 5):
        for new in (True, False):
            how = {"pickle_protocol": protocol, "_use_new_zipfile_serialization": new}
            torch.save(checkpoint, folder / f"checkpoint_{protocol}_{new}.pt", **how)
            torch.save(net, folder / f"module_{protocol}_{new}.pt", **how)
    torch.save(torch.zeros(3), folder / "tensor.pt")
    torch.save([], folder / "empty.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
