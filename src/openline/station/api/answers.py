"""A station's answers, as whoever asked over HTTP reads them: the command line and the console alike.

Rules of this file: what the station refused is the same error again, so that it ends as if it had been refused in this
process; an answer that is none of ours is told by whose fault it is.
"""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import quote

import msgspec

from openline.station.api import types as t
from openline.wire.errors import Misuse, OpenlineError, OurFault
from openline.wire.said import say, told_again

T = TypeVar("T")


def value(data: bytes, gives: type[T], reader: str) -> T:
    """An answer as the type that its route gives. `reader`: who reads it, for the message.

    Raises:
        OurFault: it is no such value.
    """
    if gives is bytes:
        return data  # type: ignore[return-value]
    try:
        return msgspec.json.decode(data, type=gives)
    except msgspec.DecodeError as error:
        raise OurFault(
            say("the station answered what {reader} does not know: {why}", reader=reader, why=str(error))
        ) from None


def fault(data: bytes, status: int) -> OpenlineError:
    """The error that an answer of `status` 400 or above tells."""
    try:
        told = msgspec.json.decode(data, type=t.Fault)
    except msgspec.DecodeError:
        if status >= 500:
            return OurFault(say("the station failed at this request ({status}); its log says more", status=status))
        return Misuse(
            say("the station does not know this request ({status}): is it of another release?", status=status)
        )
    what, step = told_again(told.what, told.what_said), told_again(told.next_step, told.next_step_said)
    return t.FAULTS.get(told.fault, OurFault)(what, next_step=step)


def part(text: str) -> str:
    """A name as a part of a path."""
    return quote(text, safe="")
