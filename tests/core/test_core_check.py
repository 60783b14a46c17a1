"""A check is refused when it is made wrongly, and its docstring is its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core import Finding, Place, check
from accord.core.check import Check
from accord.core.errors import PluginError

CLAIM = ("1.3.e/model-file",)
REFS = st.sampled_from(["CWE-502", "AML.T0010", "AML.T0051.001", "AML.M0013", "LLM03", "ASI02"])


def made(code: str = "ACME001", **changes: Any) -> Check:
    plain: dict[str, Any] = {"on": ("system",), "bears_on": CLAIM, "since": "1.0"}
    return check(code, **(plain | changes))(unsafe_thing)


def unsafe_thing(subject: object, ctx: object) -> Iterator[Finding]:
    """Says that things are unsafe.

    ## References
    - CWE-502
    - AML.T0010
    """
    yield Finding(message=f"{subject} is unsafe", where=Place(path="a"))


def of_page(page: str) -> Check:
    def one(subject: object, ctx: object) -> Iterable[Finding]:
        return ()

    one.__doc__ = page
    return check("ACME001", on=("system",), bears_on=CLAIM, since="1.0")(one)


@pytest.mark.parametrize("code", ["AC100", "ACME0001", "ACME1000"])
def test_a_code_is_capital_letters_and_three_or_four_digits(code: str) -> None:
    assert made(code).code == code


@pytest.mark.parametrize(
    "code", ["", "A100", "acme001", "ACME01", "ACME00001", "ACME-001", "ACME001\n", "TOOLONGCODE001"]
)
def test_any_other_code_is_refused(code: str) -> None:
    with pytest.raises(PluginError, match="capital letters") as caught:
        made(code)
    assert caught.value.code == "ACC-E302"


@pytest.mark.parametrize("claim", ["1.3.e/model-file", "X.1.a/plan-tested", "4.2.b/x9"])
def test_a_claim_names_a_practice_and_what_it_needs_shown(claim: str) -> None:
    assert made(bears_on=(claim,)).bears_on == (claim,)


@pytest.mark.parametrize(
    "claims", [(), ("1.3.e",), ("1.3.e/",), ("1.3/x",), ("1.3.e/Model",), ("",), ("1.3.e/a", "nonsense")]
)
def test_a_check_bears_on_well_formed_claims(claims: tuple[str, ...]) -> None:
    with pytest.raises(PluginError, match="bears_on takes claims like"):
        made(bears_on=claims)


def test_the_first_wrong_claim_is_named() -> None:
    with pytest.raises(PluginError, match="not 'nonsense'"):
        made(bears_on=(*CLAIM, "nonsense", "more nonsense"))


@pytest.mark.parametrize("kinds", [("system",), ("model",), ("model.file", "dataset")])
def test_a_check_is_about_kinds_of_assets(kinds: tuple[str, ...]) -> None:
    assert made(on=kinds).on == kinds


@pytest.mark.parametrize("kinds", [(), "model", ("Model",), ("model.",), ("model", "")])
def test_a_check_about_nothing_that_exists_is_refused_not_left_idle(kinds: tuple[str, ...]) -> None:
    with pytest.raises(PluginError, match="on takes kinds like"):
        made(on=kinds)


def test_only_known_needs_can_be_asked_for() -> None:
    assert made(needs=("network", "subprocess", "gpu")).needs == ("network", "subprocess", "gpu")
    with pytest.raises(PluginError, match="needs knows gpu, network, subprocess, not files, root"):
        made(needs=("root", "network", "files"))


@pytest.mark.parametrize("page", ["", "   \n  "])
def test_a_check_without_a_docstring_is_refused(page: str) -> None:
    with pytest.raises(PluginError, match="needs a docstring: it is the page"):
        of_page(page)


def test_the_refusal_names_the_check_and_its_module() -> None:
    with pytest.raises(PluginError, match=rf"check bad \({__name__}\)"):
        made("bad")


def test_the_title_is_the_first_line_without_its_full_stop() -> None:
    one = made()
    assert (one.name, one.title, one.module) == ("unsafe_thing", "Says that things are unsafe", __name__)
    assert one.page.startswith("## References\n- CWE-502")


def test_asking_a_check_asks_its_function() -> None:
    (finding,) = made()("the world", None)  # type: ignore[arg-type]  # this one needs no context
    assert finding.message == "the world is unsafe"


def test_whether_a_check_applies_is_decided_from_the_system() -> None:
    one = made(applies=lambda system: system == "an agent")
    assert one.applies is not None
    assert (one.applies("an agent"), one.applies("a classifier")) == (True, False)
    assert made().applies is None


def test_a_check_is_waivable_and_needs_nothing_unless_it_says_so() -> None:
    one = made()
    assert (one.waivable, one.needs, one.extra, one.seconds) == (True, (), None, 20.0)


@given(st.lists(REFS, unique=True))
def test_refs_are_read_from_the_page_in_their_order(refs: list[str]) -> None:
    lines = "\n".join(f"- {ref}: what it is" for ref in refs)
    assert of_page(f"Says something.\n\n## References\n{lines}\n- see also the house rules").refs == tuple(refs)


@pytest.mark.parametrize("line", ["- CWE-x", "CWE-502", "- see CWE-502", "- LLM030", "- AML.T10", "-CWE-502"])
def test_what_only_looks_like_a_reference_is_none(line: str) -> None:
    assert of_page(f"Says something.\n\n## References\n{line}").refs == ()


def test_ids_elsewhere_on_the_page_are_no_references() -> None:
    assert of_page("Says something.\n\n## Why it matters\n- CWE-502\n\n## References\n- CWE-79").refs == ("CWE-79",)
