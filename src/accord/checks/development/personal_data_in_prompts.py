"""ACC236: personal data in prompts and notebooks."""

from collections.abc import Iterator

from accord.core import Context, Finding, Place, Severity, System, check

_SHOWN = 50


@check("ACC236", on=("system",), bears_on=("1.3.g/dataset-pii",), since="0.1")
def personal_data_in_prompts(system: System, ctx: Context) -> Iterator[Finding]:
    """Personal data stands in a prompt or a notebook.

    ## What it does
    Looks through prompts and notebooks, outputs included, for payment cards, bank accounts and identity numbers
    whose checksum holds, and in notebooks for addresses and telephone numbers too. A prompt may name whom to ask:
    addresses and telephone numbers count there only from three on.

    ## Why it matters
    A prompt can be talked out of a model, and the output of a notebook is committed with it: real rows that were
    shown once stay in the repository.

    ## Example
    A notebook that shows the first rows of a table of customers: see `tests/checks/ACC236/bad`.

    ## Fix
    Use made-up examples in prompts; clear the outputs of notebooks before they are committed.

    ## References
    - CWE-359
    - AML.T0057
    - LLM02
    """
    from accord.content.personal import personal
    from accord.scan.passages import plain
    from accord.scan.places import is_test

    prompts = {one.path for one in ctx.assets if one.kind == "prompt" and one.path and not one.facts.get("symbol")}
    shown = 0
    for source in ctx.sources("**/*.ipynb", *sorted(prompts)):
        found = [one for one in personal(plain(source.text)) if one.sure]
        contacts = [one for one in found if one.name in {"email", "phone"}]
        few = source.path in prompts and len({one.masked for one in contacts}) < 3
        for one in {one.name: one for one in reversed(found) if not (few and one in contacts)}.values():
            shown += 1
            if shown > _SHOWN or is_test(source.path):
                continue
            count = sum(other.name == one.name for other in found)
            yield Finding(
                message=f"personal data ({one.name}, {count} times, first {one.masked}) stands in {source.path}",
                where=Place(path=source.path, line=one.line),
                severity=Severity.MEDIUM if one in contacts else Severity.HIGH,
                fix="use made-up values, and clear the outputs of notebooks before they are committed",
            )
