"""The table of everything the console serves: each place with who may use it.

Rules of this file: what is not in the table is not served; a place says its roles here and nowhere else, and
`app.py` asks before the place runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.responses import Response

from openline.console.acting import Role

if TYPE_CHECKING:
    from openline.console.asked import Asked
    from openline.console.live import Region

Does = Callable[["Asked"], Awaitable[Response]]


class Place(NamedTuple):
    """One place. `roles`: who may use it, None for whoever comes; `title`: of its page, a sentence to translate;
    `nav`: its place in the navigation, 0 for none."""

    method: str
    path: str
    does: Does
    roles: frozenset[Role] | None
    title: str = ""
    nav: int = 0


def places() -> tuple[Place, ...]:
    """The whole table, in the order in which paths are matched."""
    return tuple(place for screen in screens() for place in screen.PLACES)


def regions() -> dict[str, Region]:
    """What pages may follow live, by name."""
    return {name: region for screen in screens() for name, region in getattr(screen, "REGIONS", {}).items()}


def screens() -> tuple[Any, ...]:
    """Every module that has places, and perhaps regions; they are imported here, for they import this module."""
    from openline.console.accounts import signing
    from openline.console.screens import (
        acts,
        acts_amend,
        acts_forms,
        announcements,
        board,
        call,
        courier,
        documents,
        entry,
        heads,
        history,
        inbox,
        items,
        letters,
        outbox,
        play,
        preferences,
        record,
        releasing,
        settings,
        watch,
        why,
        write,
    )

    return (
        board,
        call,
        record,
        heads,
        history,
        entry,
        settings,
        signing,
        preferences,
        play,
        why,
        acts,
        acts_forms,
        acts_amend,
        announcements,
        courier,
        watch,
        inbox,
        items,
        write,
        outbox,
        releasing,
        documents,
        letters,
    )


SETTINGS: Final = "/settings"  # of accounts: not shown where none are kept
SIGN_IN: Final = "/sign-in"  # where whoever is not signed in is sent
