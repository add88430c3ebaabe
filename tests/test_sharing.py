"""How tests are handed out to workers, and screens to looks: nothing is left out."""

from __future__ import annotations

from collections import Counter
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
def test_each_screen_is_held(monkeypatch: pytest.MonkeyPatch, full: bool) -> None:
    """In one look each with reduced counts, and every look has its share; in all of them with full counts."""
    monkeypatch.setattr(looks, "SOAK", full)
    paths = [f"/{number}" for number in range(6)]

    held = Counter(path for look in looks.LOOKS for path in looks.share(paths, look))

    assert held == dict.fromkeys(paths, len(looks.LOOKS) if full else 1)
    assert all(looks.share(paths, look) for look in looks.LOOKS)
    assert len(looks.screens(paths)) == sum(held.values())
