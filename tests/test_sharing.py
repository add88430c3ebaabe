"""How tests are handed out to workers, and screens to looks: nothing is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import looks
from tests.sharing import TOGETHER, group

ROOT = Path(__file__).parent.parent


def test_what_is_to_stay_together_is_there() -> None:
    """A file that was renamed would be scattered over the workers without a word."""
    assert [each for each in TOGETHER if not (ROOT / each).exists()] == []


def test_dear_things_are_made_by_one_worker() -> None:
    """All tests of one of these go to one worker; any other goes alone to whichever is free."""
    assert group("tests/browser/test_board.py::test_a") == group("tests/browser/test_acts.py::test_b[x]")
    assert group("tests/integration/test_kill.py::test_a") != group("tests/integration/test_kill.py::test_b")
    assert group("tests/browser_less/test_a.py::test_a") == "tests/browser_less/test_a.py::test_a"


@pytest.mark.parametrize("full", [False, True])
def test_each_screen_is_held_in_both_languages(monkeypatch: pytest.MonkeyPatch, full: bool) -> None:
    """And every look has its share of the screens; with full counts each screen is held in every look."""
    monkeypatch.setattr(looks, "SOAK", full)
    held = [looks.looks_of(number) for number in range(6)]

    for each in held:
        assert {look.language for look in each} == set(looks.LANGUAGES)
        assert len(each) == (len(looks.LOOKS) if full else len(looks.LANGUAGES))
    assert {look for each in held for look in each} == set(looks.LOOKS)
