"""The recogniser of documents: what it finds, what counts as said, and that no text breaks it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.assess.context import Look
from accord.assess.context import World as Surroundings
from accord.assess.inputs import Inputs
from accord.assess.prepare import prepare
from accord.checks.cards import Carded, card_findings, card_of
from accord.checks.disclosure import policies
from accord.checks.documents import Kinds, Part, every, find, is_said, kind_of, missing_parts, read_document
from accord.checks.shipped import shipped
from accord.testing import World
from accord.testing.world import NOON

KINDS = tuple(shipped("documents.yaml", Kinds).documents)
PLACEHOLDERS = ("TODO", "TBD", "TODO: ask the team", "- TODO", "Tbd.", "todo: later", "FIXME", "To be written.", "XXX",
                "Coming soon!", "[More Information Needed]", "<!-- say it here -->", "Lorem ipsum dolor sit amet.",
                "", "…", "---", "n/a", "## Only a heading", "Only a heading\n==============")  # fmt: skip
LINES = st.sampled_from(
    ["# A", "## Limits", "Limits", "=====", "---", "| a | b |", "|---|---|", "| c |", "```", "**Use**: it", "**a:** b",
     "- Use: it", "Limits:", "TODO", "", "  ", "text", "<!--", "-->", "|", "a: b", "1. x", "~~~", "\x00",
     "\u202e", "\t"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(LINES, max_size=30).map("\n".join))


@pytest.fixture
def looking(tmp_path: Path) -> Callable[..., Look]:
    """Look at a system of a few files as a check does."""

    def look(files: Mapping[str, str], rest: str = "") -> Look:
        world = World(tmp_path)
        for path, text in files.items():
            world.write(path, text)
        head = "accord: 1\nsystem: {id: s, name: S, version: '1', purpose: answers, kind: [llm-app]}\n"
        world.write("accord.yaml", head + "owners: {system-owner: o@example.org}\n" + rest)
        declared = prepare(world.asked())
        inventory = declared.inventory
        inputs = Inputs(manifest=declared.manifest, assets=inventory.assets, files=inventory.files)
        surroundings = Surroundings(
            system=declared.system, assets=inventory.assets, catalogue=declared.catalogue, threats=None,
            inputs=inputs, now=NOON,
        )  # fmt: skip
        return Look(surroundings, network=False)

    return look


def names(text: str) -> list[str]:
    return [part.name for part in read_document("a.md", text).parts]


def said(text: str, name: str) -> str:
    return next(part.text.strip() for part in read_document("a.md", text).parts if part.name == name)


@given(TEXTS)
def test_any_text_is_a_document(text: str) -> None:
    document = read_document("a.md", text)
    lines = text.count("\n") + 1
    assert all(1 <= part.line <= lines for part in document.parts)
    for kind in KINDS:
        assert set(missing_parts(document, kind)) <= set(kind_of(kind).parts)


@given(st.lists(st.sampled_from(PLACEHOLDERS), max_size=8))
def test_placeholders_alone_say_nothing(texts: list[str]) -> None:
    assert not is_said("\n\n".join(texts))


@given(st.sampled_from(PLACEHOLDERS), TEXTS)
def test_a_sentence_after_a_placeholder_counts(placeholder: str, text: str) -> None:
    assert is_said(f"{placeholder}\n\nIt knows English only.")
    assert is_said(text) or not is_said("\n\n".join([placeholder, *[""] * 3]))


@pytest.mark.parametrize("placeholder", [one for one in PLACEHOLDERS if not one.startswith(("##", "Only"))])
def test_a_section_that_holds_a_placeholder_is_missing(placeholder: str) -> None:
    good = "# Model card\n\n## Use\nNames plants.\n\n## Training\nRows.\n\n## Evaluation\nGood.\n"
    card = f"{good}\n## Limits\n{placeholder}\n"
    assert missing_parts(read_document("card.md", card), "model-card") == ("limits",)


def test_a_system_about_todo_lists_may_say_so() -> None:
    assert is_said("The assistant keeps a todo list.")


@pytest.mark.parametrize(
    "text",
    [
        "# Limits\nIt errs.",
        "Limits\n======\nIt errs.",
        "Limits\n------\nIt errs.",
        "- **Limits**: It errs.",
        "**Limits:** It errs.",
        "- Limits: It errs.",
        "---\nLimits: It errs.\nother: x\n---\n",
        "| Limits | x |\n|---|---|\n| It errs. | y |",
        "| part | text |\n|---|---|\n| Limits | It errs. |",
    ],
)
def test_a_part_may_stand_in_any_of_the_usual_forms(text: str) -> None:
    assert said(text, "Limits") == "It errs."


def test_a_heading_holds_all_that_stands_below_it_but_not_the_next_one() -> None:
    text = "# Card\n## Limits\none\n### In detail\ntwo\n## Use\nthree\n"
    assert said(text, "Limits") == "one\n### In detail\ntwo"
    assert said(text, "Card").endswith("three")


def test_labels_on_one_line_end_each_other() -> None:
    text = "- **Licence**: Apache-2.0. **Personal data**: none;\n  `<number>` stands for one.\n- **Other**: x"
    assert said(text, "Licence") == "Apache-2.0."
    assert said(text, "Personal data") == "none;\n  `<number>` stands for one."


def test_what_looks_like_a_heading_in_code_is_none() -> None:
    assert names("```\n# install\n```\n") == []


def test_a_table_without_rows_says_nothing() -> None:
    document = read_document("a.md", "| version | owner |\n|---|---|\n")
    assert document.part(["version"]) is None


@pytest.mark.parametrize(
    "heading", ["1. Limits", "1.2 Known limitations", "Limits:", "**Limits**", "The limits", "LIMITS"]
)
def test_numbers_marks_and_articles_do_not_hide_a_heading(heading: str) -> None:
    assert read_document("a.md", f"## {heading}\nIt errs.").part(kind_of("user-guide").parts["limits"])


def test_no_limits_are_not_taken_for_the_limits_of_something_else() -> None:
    assert "limits" in missing_parts(read_document("a.md", "## Rate limits\n60 a minute."), "user-guide")


HOSTILE = ("#" * 200_000, "**a" * 100_000, "| " * 100_000, "- " * 100_000, "-|" * 100_000 + "\n" * 9, "<!--" * 100_000,
           "\n \n" * 60_000, "a" * 400_000, "to be " * 80_000, "# x\n" * 50_000, "A\n-\n" * 50_000, "a.1" * 100_000,
           "# " + "1" * 299 + " x\n", "a: b\n" * 50_000, "- A: b\n" * 20_000, "|a|\n|-|\n" * 50_000)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_documents_take_no_long_time(text: str) -> None:
    started = time.perf_counter()
    document = read_document("a.md", text)
    missing_parts(document, "model-card")
    is_said(text)
    assert time.perf_counter() - started < 5


def test_a_file_of_the_right_name_comes_before_a_section_elsewhere(looking: Callable[..., Look]) -> None:
    readme = "# S\n\n## User guide\n\nAsk about plants.\n"
    ctx = looking({"README.md": readme, "docs/user-guide.md": "# Guide\n\nAsk away.\n"})
    assert [(one.path, one.line) for one in every(ctx, "user-guide")] == [("docs/user-guide.md", 1), ("README.md", 3)]


def test_an_empty_file_of_the_right_name_is_passed_over(looking: Callable[..., Look]) -> None:
    ctx = looking({"docs/user-guide.md": "# User guide\n\nTODO\n", "README.md": "## For users\n\nAsk about plants.\n"})
    found = find(ctx, "user-guide")
    assert found is not None
    assert found.path == "README.md"


def test_pages_to_retrieve_prompts_and_tests_are_no_documents(looking: Callable[..., Look]) -> None:
    rest = "components: {retrieval: [{id: kb, path: kb/}], prompts: [{id: p, path: prompts/privacy.md}]}\n"
    text = "# Privacy\n\nLogs are kept for 30 days.\n"
    ctx = looking({"kb/privacy.md": text, "prompts/privacy.md": text, "tests/privacy.md": text}, rest)
    assert find(ctx, "data-use") is None


def test_every_kind_has_names_that_are_regular_expressions(looking: Callable[..., Look]) -> None:
    ctx = looking({"README.md": "# S\n\nIt answers.\n"})
    found = {kind for kind in KINDS if find(ctx, kind)}
    assert found == {"scope"}


def test_a_card_found_by_name_has_to_name_the_item(looking: Callable[..., Look]) -> None:
    ctx = looking({"docs/model-card.md": "# Model card\n\n## Router\n\n- **Use**: names intents.\n"})
    assert card_of(ctx, Carded("router", None, ()), "model-card") is not None
    assert card_of(ctx, Carded("writer", None, ("other-model",)), "model-card") is None


def test_a_declared_card_that_is_missing_is_a_finding_and_a_published_one_is_not_looked_at(
    looking: Callable[..., Look],
) -> None:
    ctx = looking({})
    gone = list(card_findings(ctx, [Carded("m1", "docs/gone.md", ())], "model-card"))
    assert [one.message for one in gone] == [
        "the model m1 has no card: nothing that says anything stands at docs/gone.md"
    ]
    assert list(card_findings(ctx, [Carded("m1", "https://cards.example.org/m1", ())], "model-card")) == []
    assert [one.path for one in ctx.skipped] == ["https://cards.example.org/m1"]


def test_a_part_of_a_card_may_be_named_with_an_anchor(looking: Callable[..., Look]) -> None:
    ctx = looking({"docs/cards.md": "# Cards\n\n## m1\n\nNames plants.\n"})
    assert card_of(ctx, Carded("m1", "docs/cards.md#m1", ()), "model-card") is not None


def test_a_policy_at_an_address_is_not_looked_at(looking: Callable[..., Look]) -> None:
    ctx = looking({}, "disclose: {policy: https://example.org/security}\n")
    assert policies(ctx) is None
    assert [one.reason for one in ctx.skipped] == ["the policy lies elsewhere and is not fetched"]


def test_front_matter_gives_its_keys_as_parts() -> None:
    parts = read_document("a.md", "---\nlicense: apache-2.0\nlanguage:\n  - en\n---\n# Card\n").parts
    assert parts[:2] == (Part("license", 2, "apache-2.0"), Part("language", 3, "\n  - en"))
