"""ACC113: models of unknown origin."""

from collections.abc import Iterator

from accord.checks.places import manifest_place
from accord.core import Context, Finding, Severity, System, check
from accord.core.system import Model


def _has_models(system: System) -> bool:
    return bool(system.components.models)


@check(
    "ACC113", on=("system",), bears_on=("1.3.b/model-origin-declared", "1.4.f/origin-complete"), since="0.1",
    applies=_has_models,
)  # fmt: skip
def unknown_model_origin(system: System, ctx: Context) -> Iterator[Finding]:
    """Manifest does not say where a model comes from.

    ## What it does
    Reports model files without `origin`, hosted models whose source names no provider or no model, and models
    of a hub whose source names no organisation.

    ## Why it matters
    Whoever made the model decided what it does. A file of unknown origin may hold a backdoor, and nobody can be
    asked about it or told of a weakness.

    ## Example
    `{id: m1, source: "file:models/m1.safetensors"}` without `origin`: see `tests/checks/ACC113/bad`.

    ## Fix
    Add `origin`: who trained or published it, from what, and why it was chosen over other ways.

    ## References
    - AML.T0010
    - LLM03
    """
    for model in system.components.models:
        problem = _problem(model)
        if problem and not (model.origin or "").strip():
            yield Finding(
                message=f"the model {model.id} ({model.source}) {problem}",
                where=manifest_place(ctx, model.id),
                severity=Severity.MEDIUM,
                fix="add origin: who made it and from what, such as trained here by train.py",
            )


def _problem(model: Model) -> str | None:
    scheme, _, rest = model.source.partition(":")
    maker, _, name = rest.partition("/")
    if scheme == "file":
        return "is a file of unstated origin"
    return None if maker.strip() and name.strip() else "names no maker"
