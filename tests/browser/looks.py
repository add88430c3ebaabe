"""How a screen can look: its language, its light and its width; and in which of these a test of every screen takes it.

Rules of this file: each screen is held in both languages, on a desk in one and on a phone in the other; the next screen
the other way round; with full counts in every look.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.conftest import SOAK

LANGUAGES: Final = ("en", "ko")


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
few_looks: Final = pytest.mark.parametrize("look", LOOKS if SOAK else LOOKS[:2], ids=lambda look: look.named)


def looks_of(number: int) -> tuple[Look, ...]:
    """Those in which the screen of this number is held."""
    return LOOKS if SOAK else LOOKS[2:] if number % 2 else LOOKS[:2]
