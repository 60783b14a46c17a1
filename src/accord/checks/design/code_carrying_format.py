"""ACC116: model files in a format that can carry code."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from accord.core import AccordError, Asset, Context, Finding, Place, Severity, check

_FEWER: Final = frozenset({"hdf5", "keras", "tensorflow-savedmodel", "tensorflow-graph"})
_MOST = 1000


@check("ACC116", on=("model.file",), bears_on=("1.3.e/format-allow-list",), since="0.1")
def code_carrying_format(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Model file has a format that can carry code.

    ## What it does
    Recognises the format of each model file by its content, without loading it. Formats that hold numbers and
    text only (safetensors, GGUF, ONNX, plain JSON and others) are allowed; pickles, PyTorch archives, joblib,
    Keras, TensorFlow graphs and their like are reported, because loading them can run code. Whether this very
    file does is another check's question. A format that nobody recognises is recorded as not looked at.

    ## Why it matters
    In such a format the model is a program, and a scanner can only guess what it does.

    ## Example
    A classifier kept as a pickle: see `tests/checks/ACC116/bad`.

    ## Fix
    Save the weights as safetensors, GGUF or ONNX, or a small model as JSON, and load that.

    ## References
    - CWE-502
    - AML.T0018.002
    - LLM03
    """
    folder = asset.path or ""
    paths = (folder,) if folder in ctx.files(folder) else ctx.files("**" if folder == "." else f"{folder}/**")
    if not paths or len(paths) > _MOST:
        ctx.skip(
            folder, "the file is not there" if not paths else f"more than {_MOST} files: the rest was not looked at"
        )
    for path in paths[:_MOST]:
        name = _code_format(replace(asset, path=path), ctx)
        if name:
            yield Finding(
                message=f"the format {name} of {path} can carry code, which loading it runs",
                where=Place(path=path),
                severity=Severity.MEDIUM if name in _FEWER else Severity.HIGH,
                fix="save the weights as safetensors, GGUF or ONNX, or a small model as JSON",
            )


def _code_format(part: Asset, ctx: Context) -> str | None:
    """Return the name of the file's format if that can carry code."""
    from accord.scan.formats import HEAD, TAIL, recognise

    path = str(part.path)
    try:
        with ctx.open(part) as file:
            head = file.read(HEAD)
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL))
            tail = file.read(TAIL)
    except (AccordError, OSError) as error:
        ctx.skip(path, str(error))
        return None
    found = recognise(head, name=path, size=size, tail=tail)
    if found is None and b"\0" in head:
        ctx.skip(path, "its format is not known: nobody can tell whether it can carry code")
    return found.name if found and found.runs_code else None
