"""What may pass this console as a letter: an age file to post-quantum recipients alone (spec 4.5.2).

Rules of this file: it looks at a file's header and can read nothing else; the page has looked before, and this is the
same rule again for whatever reaches the console in another way.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from openline.wire.errors import Misuse, Refused
from openline.wire.limits import LETTER_FILE_BYTES_MAX
from openline.wire.said import say

FIRST: Final = b"age-encryption.org/v1\n"
STANZA: Final = b"-> "
TYPE: Final = b"mlkem768x25519 "
MAC: Final = b"--- "


def sealed_file(text: str) -> bytes:
    """The sealed file that a form brought in base64.

    Raises:
        Misuse: it is none, or too long. Refused: it is sealed to a recipient of another kind too.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Misuse(
            say("this is no sealed file"), next_step=say("Seal the letter on the page, then send it.")
        ) from None
    if not data.startswith(FIRST) or len(data) > LETTER_FILE_BYTES_MAX:
        raise Misuse(
            say(
                "this is no sealed file of at most {size} bytes; no station sends an open letter",
                size=LETTER_FILE_BYTES_MAX,
            ),
            next_step=say("Seal the letter on the page, then send it."),
        )
    header, mac, _ = data.removeprefix(FIRST).partition(b"\n" + MAC)
    stanzas = [line.removeprefix(STANZA) for line in header.split(b"\n") if line.startswith(STANZA)]
    if not mac or not stanzas or not header.startswith(STANZA):
        raise Misuse(say("this is no sealed file: its header does not end"), next_step=say("Seal the letter again."))
    if not all(stanza.startswith(TYPE) for stanza in stanzas):
        raise Refused(
            say("this letter is also sealed to a recipient that is not post-quantum: it is as readable as that one"),
            next_step=say("Seal it again, to the age1pq1… recipient alone."),
        )
    return data
