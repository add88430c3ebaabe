"""One call's way through the relay: what passes, what does not, and what is counted (spec 5.10.2)."""

from __future__ import annotations

import pytest

from openline.voice.passage import BROWSER_GONE_MS, BURST, RATE_PER_S, SPEECH_PER_WINDOW, WINDOW_MS, Passage
from openline.wire.limits import VOICE_DATAGRAM_BYTES_MAX

OURS, THEIRS, OTHER = b"ours-123", b"theirs-1", b"stranger"
BROWSER, ELSEWHERE = ("192.0.2.7", 40000), ("192.0.2.8", 40000)


@pytest.fixture
def passage() -> Passage:
    return Passage(OURS, THEIRS)


def test_what_our_browser_says_goes_out_under_their_token(passage: Passage):
    """Nothing of a datagram is changed; their token stands before it."""
    assert passage.from_browser(b"sealed sound", BROWSER, 0) == THEIRS + b"sealed sound"


def test_what_bears_our_token_comes_in_without_it(passage: Passage):
    """Our browser gets the bytes that theirs sent."""
    assert passage.from_relay(OURS + b"sealed sound", 0) == b"sealed sound"


@pytest.mark.parametrize("data", [OTHER + b"sound", THEIRS + b"sound", b"sound", b"", OURS[:-1]])
def test_a_stranger_with_another_token_is_not_let_in(passage: Passage, data: bytes):
    """Not another's token, not theirs shown back to us, not a part of ours; and none of it is counted as heard."""
    assert passage.from_relay(data, 0) is None
    assert passage.figures(0).heard_packets == 0


def test_nothing_goes_out_before_their_half_is_there():
    """Without their token there is no round yet."""
    passage = Passage(OURS)
    assert passage.from_browser(b"sound", BROWSER, 0) is None
    passage.begin(OURS, THEIRS)
    assert passage.from_browser(b"sound", BROWSER, 1) == THEIRS + b"sound"


def test_another_machine_of_our_network_cannot_take_the_call_over(passage: Passage):
    """While the browser speaks, another address is dropped; when it is gone, or in a new round, another may come."""
    passage.from_browser(b"sound", BROWSER, 0)
    assert passage.from_browser(b"sound", ELSEWHERE, BROWSER_GONE_MS - 1) is None
    assert passage.browser == BROWSER
    assert passage.from_browser(b"sound", ELSEWHERE, BROWSER_GONE_MS) is not None
    assert passage.browser == ELSEWHERE
    passage.begin(b"ours-456", THEIRS)
    assert passage.from_browser(b"sound", BROWSER, BROWSER_GONE_MS + 1) is not None


@pytest.mark.parametrize("size", [0, VOICE_DATAGRAM_BYTES_MAX + 1])
def test_a_datagram_of_no_size_that_sound_has_is_dropped(passage: Passage, size: int):
    """Neither empty nor longer than the limit, either way."""
    assert passage.from_browser(bytes(size), BROWSER, 0) is None
    assert passage.from_relay(OURS + bytes(size), 0) is None
    assert passage.figures(0).dropped == 2


def test_a_flood_is_bounded_each_way_by_itself(passage: Passage):
    """A burst passes, then no more than the rate; a flood from their side takes nothing of ours."""
    passed = sum(passage.from_relay(OURS + b"x", 0) is not None for _ in range(2 * BURST))
    assert passed == BURST
    later = sum(passage.from_relay(OURS + b"x", 1000) is not None for _ in range(2 * BURST))
    assert later == RATE_PER_S
    assert passage.from_browser(b"sound", BROWSER, 1000) is not None


def test_one_way_audio_shows_in_the_figures(passage: Passage):
    """We send as speech does and nothing comes; a few checks of the path are no speech."""
    for at in range(0, 3 * WINDOW_MS, 20):
        passage.from_browser(b"sound", BROWSER, at)
        if at % 1000 == 0:
            passage.from_relay(OURS + b"check", at)
    found = passage.figures(3 * WINDOW_MS)
    assert (found.sending, found.hearing) == (True, False)
    assert found.heard_packets == 6
    assert (found.sent_age_ms, found.heard_age_ms) == (20, 1000)


def test_speech_that_stopped_is_not_speech_any_more(passage: Passage):
    """What was said before the last window counts for the counts alone."""
    for at in range(SPEECH_PER_WINDOW):
        passage.from_relay(OURS + b"sound", at)
    assert passage.figures(100).hearing
    assert not passage.figures(2 * WINDOW_MS + 100).hearing
    assert passage.figures(100).heard_bytes == SPEECH_PER_WINDOW * len(b"sound")
