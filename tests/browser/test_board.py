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


def test_a_press_is_not_lost_to_a_change(visit, consoles):
    """The board changes while a button is held down: it is pressed all the same, and the change is shown after."""
    one = visit(consoles.south.origin, officer="kim")
    link = one.page.get_by_role("link", name="Why?").first
    link.wait_for()
    one.page.evaluate(
        """async () => {
            const address = document.querySelector("script[src$='/page.js']").src.replace("page.js", "live.js");
            const { onState } = await import(address);
            window.told = window.replaced = 0;
            onState(() => { window.told += 1; });
            new MutationObserver(() => { window.replaced += 1; })
                .observe(document.querySelector("[data-region=board]"), { childList: true });
        }"""
    )
    where = "(() => { const a = document.querySelector('.acts a').getBoundingClientRect(); return [a.x, a.y]; })()"
    left, top = one.page.evaluate(where)  # in one call: the board may be another one by the next
    one.page.mouse.move(left + 5, top + 5)
    one.page.mouse.down()
    before = one.page.evaluate("[window.told, window.replaced]")
    consoles.pair.north.message("while it is held")
    one.page.wait_for_function("([told]) => window.told > told + 1", arg=before)
    assert one.page.evaluate("window.replaced") == before[1]

    one.page.mouse.up()

    one.page.wait_for_url("**/why")
