"""Challenges that a passkey signs: short-lived, good once, and only for what they were made for.

    challenge = SHA-256(what is agreed to) ‖ 16 random bytes ‖ elapsed ms, 8 bytes
                ‖ HMAC-SHA256 of all that and the browser

Rules of this file:
1. Nothing is kept for a challenge until one comes back with a valid signature: whoever asks for many costs nothing.
2. A challenge is bound to one purpose, to the browser that asked, and to the words of what it agrees to; an assertion
   in the log shows by its first 32 bytes what was agreed to.
3. Its age is elapsed time, so a step of the clock neither spends nor revives one; a restart ends all.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from openline.console.accounts.roster import Entropy
from openline.wire.errors import Refused
from openline.wire.said import say

LIFE_MS: Final = 120_000  # chosen: to find the authenticator in a bag
_NONCE_BYTES: Final = 16
_WORDS_BYTES: Final = 32
_MAC_BYTES: Final = 32
BYTES: Final = _WORDS_BYTES + _NONCE_BYTES + 8 + _MAC_BYTES
_PREFIX: Final = b"openline/console-challenge/1\0"


class Challenges:
    """Makes challenges and takes each back once. Its key lives as long as the process."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._key = entropy(32)
        self._spent: dict[bytes, int] = {}  # nonce → when it expires, elapsed ms

    def make(self, binding: str, words: str, elapsed_ms: int) -> bytes:
        """A challenge for the browser that `binding` tells from others, to agree to `words`."""
        head = _hash(words) + self._entropy(_NONCE_BYTES) + elapsed_ms.to_bytes(8, "big")
        return head + self._mac(head, binding)

    def check(self, challenge: bytes, binding: str, words: str, elapsed_ms: int) -> None:
        """Whether a challenge is one of ours, for this, still good.

        Raises:
            Refused: it is not.
        """
        head, mac = challenge[:-_MAC_BYTES], challenge[-_MAC_BYTES:]
        ours = len(challenge) == BYTES and hmac.compare_digest(mac, self._mac(head, binding))
        if not ours or not hmac.compare_digest(head[:_WORDS_BYTES], _hash(words)):
            raise Refused(
                say("this passkey answer is not for what was asked here"), next_step=say("Load the page again.")
            )
        if elapsed_ms >= self._end(challenge) or self._nonce(challenge) in self._spent:
            raise Refused(say("this passkey answer came too late or was used before"), next_step=say("Try once more."))

    def spend(self, challenge: bytes, elapsed_ms: int) -> None:
        """Note that a challenge has done its work. To be called with no pause after `check`."""
        self._spent = {nonce: end for nonce, end in self._spent.items() if end > elapsed_ms}
        self._spent[self._nonce(challenge)] = self._end(challenge)

    def _mac(self, head: bytes, binding: str) -> bytes:
        return hmac.digest(self._key, _PREFIX + head + binding.encode(), "sha256")

    def _nonce(self, challenge: bytes) -> bytes:
        return challenge[_WORDS_BYTES : _WORDS_BYTES + _NONCE_BYTES]

    def _end(self, challenge: bytes) -> int:
        at = _WORDS_BYTES + _NONCE_BYTES
        return int.from_bytes(challenge[at : at + 8], "big") + LIFE_MS


def _hash(words: str) -> bytes:
    return hashlib.sha256(_PREFIX + words.encode()).digest()
