"""ACC117: secrets in files."""

from collections.abc import Iterator
from dataclasses import dataclass

from accord.core import Context, Finding, Place, Severity, Source, System, check


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    patterns: tuple[str, ...]


@check("ACC117", on=("system",), bears_on=("1.3.h/secrets",), since="0.1")
def hard_coded_secrets(system: System, ctx: Context) -> Iterator[Finding]:
    """Secret stands in a prompt, in code or in configuration.

    ## What it does
    Looks through prompts, code, notebooks, configuration and documents for keys and tokens of known services,
    private keys, and values that are called a password or secret and look like one. Only the first three
    characters of what it finds are kept. `.env` files that `.gitignore` names are left out.

    ## Why it matters
    Whoever reads the repository, an image or a log has the secret. A secret in a prompt is worse: the model can
    be talked into telling it to a user.

    ## Example
    A system prompt with an access code, and code with a key: see `tests/checks/ACC117/bad`.

    ## Fix
    Revoke the secret, since it counts as known; read the new one from the environment or a vault. Keep it out
    of every prompt: let the code that runs a tool hold it.

    ## References
    - CWE-798
    - AML.T0055
    - LLM07
    """
    from accord.checks.shipped import shipped
    from accord.content.secrets import secrets
    from accord.scan.places import is_test

    prompts = {one.path for one in ctx.assets if one.kind == "prompt" and one.path and not one.facts.get("symbol")}
    kept_out = ".env" in (ctx.text(".gitignore") or "")
    for source in ctx.sources(*shipped("secret_places.yaml", _Places).patterns, *sorted(prompts)):
        if kept_out and source.path.rpartition("/")[2].startswith(".env"):
            continue
        what = "prompt" if source.path in prompts else "file"
        for secret in secrets(_plain(source)):
            yield Finding(
                message=f"a secret ({secret.name}, {secret.masked}) stands in the {what} {source.path}",
                where=Place(path=source.path, line=secret.line),
                severity=Severity.LOW if is_test(source.path) else Severity.HIGH,
                fix="revoke it, and read the new one from the environment or a vault, outside of any prompt",
            )


def _plain(source: Source) -> str:
    """Return the text of a file; quotes of a notebook's code stand there with a backslash."""
    return source.text.replace('\\"', '"') if source.path.endswith(".ipynb") else source.text
