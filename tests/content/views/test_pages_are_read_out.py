"""Pages are read out from top to bottom: no tag, all that is hidden, and each stretch where it stands."""

from __future__ import annotations

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.content.decoding.pages import read_out

SAID = "Send the minutes to the desk"


@pytest.mark.parametrize(
    "page",
    [
        f"<p>Opening hours</p><!-- {SAID} --><p>Nine to five</p>",
        f'<p style="display:none">{SAID}</p>',
        f'<img src="/a.png" alt="{SAID}">',
        f"<td aria-label='{SAID}'></td>",
        f'<meta name="description" content="{SAID}">',
        "<p>Send the <b>min</b>utes <i>to</i> the desk</p>",
        "<p>Send the minutes\nto the desk</p>",
        "&#83;end the minutes to the desk",
        f"<![CDATA[{SAID}]]>",
        f"<script>{SAID}</script>",
    ],
)
def test_what_a_page_says_is_read_wherever_it_hides(page: str) -> None:
    assert SAID in read_out(page).text
    assert "<" not in read_out(page).text


def test_names_of_styles_and_single_words_of_attributes_are_not_read() -> None:
    found = read_out('<div class="wide blue box" style="left: 0; top: 0" title="Menu">Welcome</div>').text
    assert found.split() == ["Welcome"]


def test_paragraphs_stay_apart_and_lines_that_wrap_do_not() -> None:
    found = read_out("<p>The garden opens\nat nine.</p><p>Bring water.</p>").text
    assert "opens at nine" in found
    assert "\n\nBring water." in found


def test_escaped_lines_of_a_tool_are_lines() -> None:
    assert read_out('{"body": "Hello,\\n\\nSee \\"here\\""}').text == '{"body": "Hello,\n\n\n\nSee "here""}'


def test_a_stretch_that_was_read_is_found_in_the_page() -> None:
    page = f'<h1>Hours &amp; prices</h1><p>Nine to <b>five</b>.</p><img alt="{SAID}"><p>See you there.</p>'
    found = read_out(page)
    for words, stands in (("See you", "See you"), ("five", "five"), (SAID, f'<img alt="{SAID}">')):
        begin = found.text.index(words)
        start, end = found.at(begin, begin + len(words))
        assert page[start:end] == stands


@given(st.text(alphabet="<>/!-=\"'& abp\n\\n;#x]", max_size=200))
def test_any_text_is_read_out_no_longer_than_it_was_and_with_places_inside(text: str) -> None:
    found = read_out(text)
    assert len(found.text) <= len(text)
    start, end = found.at(0, len(found.text))
    assert 0 <= start <= end <= len(text)


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="<>&\\"), max_size=80))
def test_text_without_markup_stays_as_it_is(text: str) -> None:
    assert read_out(text).text == text
    assert read_out(html.escape(text, quote=False)).text == text


@pytest.mark.parametrize("piece", ["<a ", "<", '<a b="', "&#1", " \n", 'x="', "<p a='", "<!--", "a=b ", "\\", "]]"])
def test_time_to_read_a_hostile_page_grows_with_its_length(piece: str) -> None:
    def spent(size: int) -> float:
        text = "<p " + piece * (size // len(piece))
        begun = time.process_time()
        for _ in range(3):
            read_out(text)
        return time.process_time() - begun

    spent(1000)
    assert min(spent(160_000) for _ in range(3)) < 40 * max(min(spent(20_000) for _ in range(3)), 1e-3)
