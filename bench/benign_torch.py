"""Makes harmless artefacts of torch: tensors, modules, checkpoints, every container that torch writes.

Run by `bench/benign.py` in the environment that has torch.
"""

from __future__ import annotations

import argparse
import collections
import io
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from benign_shelf import Shelf, run
from torch import nn


def _networks() -> Iterator[tuple[str, nn.Module, torch.Tensor]]:
    row, image, words = torch.randn(2, 8), torch.randn(1, 3, 16, 16), torch.randint(0, 20, (2, 5))
    layers = (nn.Linear(8, 4), nn.ReLU(), nn.Dropout(0.1), nn.LayerNorm(4), nn.GELU(), nn.Linear(4, 2), nn.Softmax(-1))
    yield "perceptron", nn.Sequential(*layers), row
    yield (
        "convolution",
        nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.SiLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        ),
        image,
    )
    yield (
        "up and down",
        nn.Sequential(
            nn.Conv2d(3, 6, 3, stride=2),
            nn.LeakyReLU(),
            nn.ConvTranspose2d(6, 3, 3),
            nn.Upsample(scale_factor=2),
            nn.Sigmoid(),
        ),
        image,
    )
    yield "embedding", nn.Sequential(nn.Embedding(20, 8), nn.Linear(8, 2)), words
    encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu")
    yield "transformer", nn.TransformerEncoder(encoder, 2), torch.randn(2, 5, 8)
    yield "transformer, relu", nn.TransformerEncoderLayer(8, 2, 16, activation=nn.functional.relu), torch.randn(2, 5, 8)
    yield (
        "group norm",
        nn.Sequential(nn.Conv2d(3, 4, 3, padding="same"), nn.GroupNorm(2, 4), nn.Hardswish(), nn.PixelShuffle(2)),
        image,
    )


def _saved(thing: Any, *, legacy: bool = False, protocol: int = 2) -> bytes:
    out = io.BytesIO()
    torch.save(thing, out, _use_new_zipfile_serialization=not legacy, pickle_protocol=protocol)
    return out.getvalue()


def networks(shelf: Shelf) -> None:
    """Each network: its weights, itself, legacy, scripted, traced, exported."""
    for name, module, sample in _networks():
        module.eval()
        makers = {
            ("pytorch_model.bin", "pytorch"): lambda p, m=module: p.write_bytes(_saved(m.state_dict())),
            ("model.pt", "pytorch"): lambda p, m=module: p.write_bytes(_saved(m)),
            ("model.pth", "pytorch-legacy"): lambda p, m=module: p.write_bytes(_saved(m.state_dict(), legacy=True)),
            ("whole.pth", "pytorch-legacy"): lambda p, m=module: p.write_bytes(_saved(m, legacy=True)),
            ("half.pt", "pytorch"): lambda p, m=module: p.write_bytes(
                _saved({k: v.half() for k, v in m.state_dict().items()}, protocol=4)
            ),
            ("plain.pkl", "pickle"): lambda p, m=module: p.write_bytes(pickle.dumps(m)),
            ("scripted.pt", "torchscript"): lambda p, m=module: torch.jit.script(m).save(str(p)),
            ("traced.pt", "torchscript"): lambda p, m=module, s=sample: torch.jit.trace(m, s).save(str(p)),
            ("frozen.pt", "torchscript"): lambda p, m=module: torch.jit.freeze(torch.jit.script(m)).save(str(p)),
            ("model.pt2", "pt2"): lambda p, m=module, s=sample: torch.export.save(torch.export.export(m, (s,)), str(p)),
        }
        for (file, fmt), make in makers.items():
            with shelf.file(file, "torch", fmt, f"{name} as {file}") as path:
                make(path)


def every_module(shelf: Shelf) -> None:
    """One checkpoint for each kind of layer that can be made from small numbers."""
    for name in sorted(vars(nn)):
        cls = vars(nn)[name]
        if not isinstance(cls, type) or not issubclass(cls, nn.Module) or cls is nn.Module:
            continue
        for given in ((), (4,), (4, 4), (4, 4, 1), (4, 2), ([4, 4],), (nn.ReLU(),), (2, 4, 4, 4)):
            try:
                layer = cls(*given)
            except Exception:  # another signature
                continue
            with shelf.file("layer.pt", "torch", "pytorch", f"nn.{name}") as path:
                path.write_bytes(_saved(layer))
            break


def _shared() -> list[torch.Tensor]:
    whole = torch.randn(4, 4)
    return [whole, whole[1:], whole.t()]


def _tied() -> nn.Module:
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    return nn.Sequential(first, second)


def _checkpoint(seed: int) -> Iterator[tuple[str, Any]]:
    from torch import optim

    module = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1))
    for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "RAdam", "Adamax", "ASGD", "Rprop"):
        optimizer = getattr(optim, name)(module.parameters(), lr=0.01)
        module(torch.randn(3, 4)).sum().backward()
        optimizer.step()
        plan = optim.lr_scheduler.StepLR(optimizer, 5)
        yield (
            name,
            {
                "epoch": 3,
                "model": module.state_dict(),
                "optimizer": optimizer.state_dict(),
                "scheduler": plan.state_dict(),
                "loss": 0.5,
                "rng": torch.get_rng_state(),
                "args": argparse.Namespace(lr=0.01, name="eval"),
            },
        )
        yield f"{name}, whole", {"model": module, "optimizer": optimizer, "plan": plan}
    for cls, given in (
        (optim.lr_scheduler.CosineAnnealingLR, {"T_max": 9}),
        (optim.lr_scheduler.ReduceLROnPlateau, {}),
        (optim.lr_scheduler.OneCycleLR, {"max_lr": 0.1, "total_steps": 9}),
        (optim.lr_scheduler.ExponentialLR, {"gamma": 0.9}),
    ):
        yield cls.__name__, cls(optim.SGD(module.parameters(), lr=0.1, momentum=0.9), **given).state_dict()


def _things(seed: int) -> Iterator[tuple[str, Any]]:
    dtypes = (
        torch.float64,
        torch.bfloat16,
        torch.float16,
        torch.int8,
        torch.uint8,
        torch.int64,
        torch.bool,
        torch.complex64,
        torch.float8_e4m3fn,
    )
    for dtype in dtypes:
        yield f"tensor {dtype}", torch.zeros(3, 4).to(dtype)
    yield "shared storage", _shared()
    yield "parameter", nn.Parameter(torch.randn(3))
    yield "sparse", torch.eye(4).to_sparse()
    yield "sparse csr", torch.eye(4).to_sparse_csr()
    yield "quantized", torch.quantize_per_tensor(torch.randn(3), 0.1, 3, torch.qint8)
    yield (
        "quantized by channel",
        torch.quantize_per_channel(torch.randn(2, 3), torch.ones(2), torch.zeros(2, dtype=torch.long), 0, torch.qint8),
    )
    yield "meta", torch.empty(3, device="meta")
    yield (
        "mixed",
        {
            "size": torch.Size([1, 2]),
            "device": torch.device("cpu"),
            "dtype": torch.float32,
            "array": np.arange(3),
            "version": torch.__version__,
        },
    )
    yield "deep", collections.OrderedDict((f"layer.{i}.weight", torch.randn(2, 2)) for i in range(200))
    yield "zeros", torch.zeros(300, 300)
    yield "strings", {"vocab": {"os.system": 1, "eval": 2, "__import__": 3}, "w": torch.ones(1)}
    yield "a data set", torch.utils.data.TensorDataset(torch.randn(4, 2), torch.randn(4))
    yield "distribution", torch.distributions.Normal(torch.zeros(2), torch.ones(2))
    yield "weight norm", nn.utils.weight_norm(nn.Linear(3, 3)) if hasattr(nn.utils, "weight_norm") else nn.Linear(1, 1)
    yield (
        "tied",
        _tied(),
    )
    yield "averaged", torch.optim.swa_utils.AveragedModel(nn.Linear(2, 2)).state_dict()
    yield "scaler", torch.amp.GradScaler("cpu").state_dict()
    yield (
        "dynamic quantization",
        torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 4)), {nn.Linear}).state_dict(),
    )
    yield "lazy", nn.Sequential(nn.LazyLinear(3))
    yield "nested", torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    yield "lists", [torch.ones(1), [torch.zeros(2), (torch.ones(3), {"a": {1, 2}})]]
    yield "recurrent", nn.LSTM(3, 4, 2, bidirectional=True)
    yield (
        "lightning-like",
        {
            "state_dict": nn.Linear(2, 2).state_dict(),
            "pytorch-lightning_version": "2.1.0",
            "callbacks": {"ModelCheckpoint": {"best_model_path": "a/b.ckpt"}},
            "hyper_parameters": {"lr": 0.1},
            "loops": {},
            "epoch": 1,
        },
    )


def checkpoints(shelf: Shelf) -> None:
    """Checkpoints of training and single things, as zip and as the older format."""
    for source in (_checkpoint, _things):
        for why, thing in source(shelf.seed):
            with shelf.file("checkpoint.pt", "torch", "pytorch", why) as path:
                path.write_bytes(_saved(thing))
            with shelf.file("checkpoint.pth", "torch", "pytorch-legacy", f"{why}, legacy") as path:
                path.write_bytes(_saved(thing, legacy=True))


def others(shelf: Shelf) -> None:
    """Safetensors, packages with torch's own code only, ONNX where it needs no network."""
    from safetensors.torch import save_file
    from torch.package import PackageExporter

    for name, module, sample in _networks():
        with shelf.file("model.safetensors", "safetensors", "safetensors", name) as path:
            save_file(
                {k: v.clone().contiguous() for k, v in module.state_dict().items()}, path, metadata={"format": "pt"}
            )
        with shelf.file("model.package.pt", "torch", "torch-package", name) as path, PackageExporter(str(path)) as out:
            out.extern(["torch.**", "collections"])
            out.save_pickle("model", "model.pkl", module)
        with shelf.file("model.onnx", "onnx", "onnx", f"{name} by torch") as path:
            torch.onnx.export(module.eval(), (sample,), str(path), dynamo=False)


def scripts(shelf: Shelf) -> None:
    """TorchScript with control flow, functions, attributes and containers."""

    class Loop(nn.Module):
        """A module with a loop, a branch and containers."""

        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
            self.names = ["a", "b"]
            self.scale = 2.0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            """Go through the parts."""
            for part in self.parts:
                x = part(x) if float(x.sum()) > 0 else x * self.scale
            return torch.cat([x, x], dim=0)

    with shelf.file("loop.pt", "torch", "torchscript", "a loop and a branch") as path:
        torch.jit.script(Loop()).save(str(path))
    with shelf.file("extra.pt", "torch", "torchscript", "extra files") as path:
        torch.jit.script(Loop()).save(str(path), _extra_files={"config.json": '{"a": 1}'})
    for name in ("LSTM", "GRU", "RNN"):
        with shelf.file(f"{name}.pt", "torch", "torchscript", f"scripted {name}") as path:
            torch.jit.script(getattr(nn, name)(3, 4)).save(str(path))


if __name__ == "__main__":
    torch.manual_seed(1)
    run(networks, every_module, checkpoints, others, scripts)
