"""What a query of the API asks for, as values.

Rules of this file: what is no value of its kind is refused with what would be one.
"""

from __future__ import annotations

from openline.station.api.app import Asked
from openline.wire.errors import Misuse
from openline.wire.limits import TIME_S_MAX
from openline.wire.said import say


def whole(asked: Asked, name: str, default: int, most: int, least: int = 1) -> int:
    """A whole number of the query, from `least` to `most`.

    Raises:
        Misuse: it is none.
    """
    text = asked.query.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and least <= int(text) <= most):
        raise Misuse(
            say("{name}: {text} is not allowed", name=name, text=text),
            next_step=say("Give a whole number from {least} to {most}.", least=str(least), most=str(most)),
        )
    return int(text)


def time_s(asked: Asked, name: str) -> int | None:
    """An instant of the query, in seconds since 1970-01-01T00:00Z; None where it is not given.

    Raises:
        Misuse: it is none.
    """
    text = asked.query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 15 and int(text) <= TIME_S_MAX):
        raise Misuse(
            say("{name}: {text} is no time", name=name, text=text),
            next_step=say("Give whole seconds since 1970-01-01T00:00Z."),
        )
    return int(text)
