"""Errors, sorted by whose fault they are.

    OpenlineError
    ├── OurFault        a defect in this program; never raised by input
    ├── PeerFault       the other side's bytes or acts are wrong
    │   └── Malformed   bytes that are no valid value of their format
    ├── CarrierFault    a way for bundles failed, or altered what it carried
    ├── StorageFault    our disk or database failed, or is newer than we are
    ├── Refused         a rule refused a command of our own officer
    └── Misuse          a file or a flag given by our own user is wrong

Rules of this file: a decoder, given any bytes whatever, returns a value or raises `PeerFault`, never
anything else; every message says what is wrong and where; `next_step` says what a person can do. What an officer may
meet is said (`wire.said`): it can be told in another language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever only asks for a command's help waits for no formatting
    from openline.wire.said import Said


class OpenlineError(Exception):
    """Base of every error of Openline. `str()` is one sentence an officer can read. Text that was given as a `Said` is
    kept as one."""

    def __init__(self, what: str, *, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step


class OurFault(OpenlineError):
    """A defect in this program: an invariant does not hold."""


class PeerFault(OpenlineError):
    """The other side's bytes or acts break a rule. Nothing of the bundle that held them was applied."""


class Malformed(PeerFault):
    """Bytes that are not a valid value of their format (spec 9)."""


class CarrierFault(OpenlineError):
    """A bundle that does not open: damaged, cut short, or sealed for somebody else."""


class StorageFault(OpenlineError):
    """The disk or database failed, is full, is read-only, or was written by a newer release."""


class Refused(OpenlineError):
    """A command that a rule of the accord or the spec refuses; nothing was written."""


class Misuse(OpenlineError):
    """A file or flag from our own user is wrong; says which and what is allowed."""


def invariant(condition: bool, why: str) -> None:
    """Hold a rule of our own, always on (`assert` is dropped under -O).

    Raises:
        OurFault: the condition is false.
    """
    if not condition:
        from openline.wire.said import say

        raise OurFault(
            say("invariant broken: {why}", why=why), next_step=say("Report this with the log; the record is unharmed.")
        )


def system_words(error: OSError) -> str:
    """What the system calls a fault of a socket, without what Python says beside it."""
    return str(error.strerror or error).split(" (while attempting", 1)[0]


def unreadable(error: OSError) -> Said:
    """What to do about a file that cannot be read."""
    from openline.wire.said import say

    if isinstance(error, PermissionError):
        return say("See who may read it: ls -l, and the folders above it.")
    return say("Check the name of the file.")
