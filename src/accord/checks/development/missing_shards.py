"""ACC244: models of which parts are missing."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from accord.core import AccordError, Context, Finding, Place, Severity, System, check

_INDEXES = ("**/*.safetensors.index.json", "**/*.bin.index.json", "**/*.h5.index.json", "**/*.msgpack.index.json")
_MOST = 20


def _has_models(system: System) -> bool:
    return any(model.source.startswith("file:") for model in system.components.models)


@check(
    "ACC244", on=("system",), bears_on=("2.2.d/digest-matches-manifest",), since="0.2", applies=_has_models,
)  # fmt: skip
def missing_shards(system: System, ctx: Context) -> Iterator[Finding]:
    """Model's index names parts that are not there.

    ## What it does
    Reads the index files of models that are stored in parts (`model.safetensors.index.json` and its kin) and reports
    each part that is not there, parts that are numbered with a gap (`-00001-of-00003`), an index that cannot be read,
    and one that names files outside its folder.

    ## Why it matters
    Loaders fetch what is missing from elsewhere, or from a cache, or follow a path out of the folder: then another
    model runs than the one whose digest was recorded.

    ## Example
    An index of two parts of which one is missing: see `tests/checks/ACC244/bad`.

    ## Fix
    Restore the parts, or the index that belongs to them, and record the digest of the whole folder.

    ## References
    - CWE-354
    - CWE-22
    - AML.T0018
    """
    from accord.scan.origin.pins import numbered_gap, shards_of

    fix = "restore the parts that the index names, or the index that belongs to the parts"
    for path in ctx.files(*_INDEXES):
        text, where = ctx.text(path), Place(path=path)
        folder = PurePosixPath(path).parent
        if text is None:
            continue
        try:
            names = shards_of(text.encode(), path=path)
        except AccordError as error:
            yield Finding(message=error.message, where=error.where or where, severity=Severity.HIGH, fix=fix)
            continue
        there = frozenset(ctx.files(f"{folder}/**" if str(folder) != "." else "**"))
        missing = [name for name in names if str(folder / name) not in there]
        for name in missing[:_MOST]:
            said = f"{path} names the part {name}, which is not there"
            yield Finding(message=said, where=where, severity=Severity.HIGH, fix=fix)
        gap = numbered_gap(names)
        if gap is not None:
            said = f"{path} skips the part {gap}"
            yield Finding(message=said, where=where, severity=Severity.HIGH, fix=fix)
