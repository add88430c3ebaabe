"""How a screen can look: its language, its light and its width; and which of these a test of every screen takes.

Rules of this file: with full counts each screen is held in each look; `make test` holds each in one, and goes through
the looks from one screen to the next, so that every look meets a share of the screens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.conftest import SOAK


class Look(NamedTuple):
    language: str
    scheme: str
    size: tuple[int, int]

    @property
    def named(self) -> str:
        return f"{self.language}-{self.scheme}-{self.size[0]}"

    @property
    def how(self) -> dict[str, Any]:
        """What `visit` takes."""
        return self._asdict()


LOOKS: Final = (
    Look("en", "light", WIDE), Look("ko", "dark", NARROW), Look("en", "dark", NARROW), Look("ko", "light", WIDE),
)  # fmt: skip
FEW: Final = LOOKS if SOAK else LOOKS[:2]  # for what costs much in each: both languages, both lights, both widths
each_look: Final = pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.named)
few_looks: Final = pytest.mark.parametrize("look", FEW, ids=lambda look: look.named)


def share(paths: Sequence[str], look: Look) -> Sequence[str]:
    """Those of the paths that are held in this look."""
    return paths if SOAK else paths[LOOKS.index(look) :: len(LOOKS)]


def screens(paths: Sequence[str]) -> list[Any]:
    """Parameters (path, look) of a test of its own for each of these paths, in each look that is its."""
    return [
        pytest.param(path, look, id=f"{path}-{look.named}")
        for path in paths
        for look in LOOKS
        if path in share(paths, look)
    ]
