"""ACC308: statements about data that the manifest contradicts."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from accord.checks.documents import every
from accord.core import Context, Finding, Severity, System, check
from accord.core.system import Dataset, Model

_LOCAL = re.compile(r"localhost|127\.[\d.]+|::1|0\.0\.0\.0|10\.[\d.]+|192\.168\.[\d.]+|[\w-]+|.+\.(?:local|internal)")
_TRAINING = re.compile(r"\b(?:re-?)?(?:train|fine-?tun)", re.I)
_DENIED = re.compile(r"\b(?:not|never|no|nobody)\b[^.\n]{0,60}\b(?:re-?)?(?:train|fine-?tun)", re.I)
_TRAINS = re.compile(r"train|tun(?:e|ing)|feedback", re.I)


def _comparable(system: System) -> bool:
    return any(map(_leaves, system.components.models)) or any(map(_teaches, system.components.datasets))


@check("ACC308", on=("system",), bears_on=("3.5.f/data-use-matches-manifest",), since="0.1", applies=_comparable)
def data_use_differs(system: System, ctx: Context) -> Iterator[Finding]:
    """Statement on data use is not what the manifest says.

    ## What it does
    Holds the statement on data use against the manifest: it has to name the provider of each hosted model that
    is not on a local address, and must say, and not deny, that personal data trains a model where a dataset of
    sensitivity `personal` does. It sees no other use.

    ## Why it matters
    A promise that the system breaks is worse than none: people relied on it, and the law holds you to it.

    ## Example
    A promise that messages go to no other company, and a hosted model in the manifest: see `tests/checks/ACC308/bad`.

    ## Fix
    Correct the statement, or the system.

    ## References
    - LLM02
    - CWE-359
    """
    found = list(every(ctx, "data-use"))
    if not found:
        ctx.skip("accord.yaml", "there is no statement on data use to compare (ACC307)")
        return
    for problem in _problems(system, "\n".join(one.text for one in found)):
        fix = "correct the statement on data use, or what the system does"
        yield Finding(
            message=f"the statement in {found[0].path} {problem}", where=found[0].place, severity=Severity.HIGH, fix=fix
        )


def _problems(system: System, text: str) -> Iterator[str]:
    for model in filter(_leaves, system.components.models):
        names = _names(model)
        if not any(name in text.lower() for name in names):
            yield f"does not name {names[0]}, which gets what users write (model {model.id})"
    for dataset in filter(_teaches, system.components.datasets):
        if _DENIED.search(text) or not _TRAINING.search(text):
            said = "denies" if _DENIED.search(text) else "does not say"
            yield f"{said} that personal data trains a model (dataset {dataset.id})"


def _leaves(model: Model) -> bool:
    host = urlsplit(model.base_url).hostname if model.base_url else None
    return model.source.startswith("api:") and not (host and _LOCAL.fullmatch(host))


def _teaches(dataset: Dataset) -> bool:
    personal = "personal" in (dataset.sensitivity or "").lower().replace("non-personal", "")
    return personal and any(_TRAINS.search(use) for use in dataset.used_for)


def _names(model: Model) -> list[str]:
    provider = model.source.removeprefix("api:").partition("/")[0].lower().removesuffix("-compatible")
    host = urlsplit(model.base_url).hostname or "" if model.base_url else ""
    names = (provider, provider.replace("-", " "), *provider.split("-"), host.lower())
    return [name for name in names if len(name) > 2] or [model.source]
