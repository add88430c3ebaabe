"""The board in a browser: what it shows without a click, and that it shows what is so."""

from __future__ import annotations

import pytest

from tests.browser import axe

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_board_is_for_everybody(visit, consoles, language, scheme):
    """No rule of WCAG 2.2 AA is broken, in either language and either light."""
    one = visit(consoles.south.origin, officer="kim", language=language, scheme=scheme)
    one.page.get_by_role("heading", level=1).wait_for()

    axe.hold(one.page)


def test_a_message_that_comes_is_on_the_open_board(visit, consoles):
    """Nobody reloads anything."""
    one = visit(consoles.south.origin, officer="kim")
    unopened = one.page.locator("dt:has-text('Unopened') + dd")
    before = int(unopened.inner_text())

    consoles.pair.north.message("good morning")

    one.page.wait_for_function(
        "before => [...document.querySelectorAll('dt')].find(x => x.textContent === 'Unopened')"
        ".nextElementSibling.textContent.trim() > before",
        arg=before,
    )


def test_a_form_of_our_own_page_is_taken(visit, consoles):
    """A browser says where a form came from only if the page lets it: a referrer policy of none makes it say null."""
    one = visit(consoles.south.origin, officer="kim", language="en")
    one.page.get_by_role("button", name="한국어").click()
    one.page.wait_for_function("document.documentElement.lang === 'ko'")
