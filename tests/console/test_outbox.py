"""The outbox: how far each thing of ours got, whose word that is, and trying again."""

from __future__ import annotations

import inspect

from openline.console.screens import outbox as screen
from openline.station.api import outbox as station
from tests.console import hostile


def test_what_is_held_there_says_whose_word_that_is(browser, pair):
    """Delivered by their station's signature; the link leads to the item."""
    entry = pair.south.message("on its way")
    pair.wait_equal()
    page = browser.get("/outbox").text
    assert f"/items/{entry.id}" in page
    assert "their station holds it, and signed that it does" in page
    assert "north, its station, signed" in page


def test_trying_again_says_what_came_of_it(browser, pair):
    """The answer is on the page, in words."""
    pair.wait_equal()
    assert "nothing waits" in browser.post("/outbox/try").text


def test_what_we_wrote_is_no_markup(browser, pair):
    """Our own officers' texts are as much data as theirs."""
    pair.south.message(hostile.TEXT)
    hostile.hold(browser.get("/outbox").text)


def test_every_sentence_of_the_stations_outbox_has_its_translation():
    """What the station may say here is known word for word, so that Korean shows Korean."""
    source = inspect.getsource(station)
    for sentence in screen.SAYS:
        assert f'"{sentence}"' in source, sentence
    assert set(station.SAYS.values()) <= set(screen.SAYS)
    assert set(screen.STATES) >= {each.value for each in station.SAYS}
