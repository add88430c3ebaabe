"""Outputs of algorithms that draw their own randomness, kept so that equal inputs give equal files.

ML-DSA signatures and HPKE sealings come out different at every call. The first that was made is kept in `kept.json`,
by the hash of all that went into it; it is used again for as long as it still holds, and made anew if it does not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from openline.keys.public import BadSignature

PATH: Final = Path(__file__).parent.parent / "kept.json"
NAME_BYTES: Final = 12


class Kept:
    """The outputs of one run of the generator; those that it did not ask for are left out of the file it writes."""

    def __init__(self, text: str = "{}") -> None:
        self._old: dict[str, str] = json.loads(text)
        self._used: dict[str, str] = {}

    def get(self, inputs: bytes, make: Callable[[], bytes], holds: Callable[[bytes], bool]) -> bytes:
        """The output kept for `inputs`, or a new one where there is none that holds."""
        name = hashlib.sha256(inputs).hexdigest()[: 2 * NAME_BYTES]
        value = bytes.fromhex(self._used.get(name) or self._old.get(name, ""))
        if not value or not holds(value):
            value = make()
        self._used[name] = value.hex()
        return value

    def text(self) -> str:
        return json.dumps(self._used, indent=1, sort_keys=True) + "\n"


KEPT: Final = Kept(PATH.read_text() if PATH.exists() else "{}")


class Signing(Protocol):
    """A key that signs differently each time."""

    public: bytes

    def sign(self, message: bytes) -> bytes: ...


class KeptKey:
    """An ML-DSA key whose signatures are kept; in all else the key that it is made of."""

    def __init__(self, key: Signing, verify: Callable[[bytes, bytes, bytes], None]) -> None:
        self.public = key.public
        self._key = key
        self._verify = verify

    def sign(self, message: bytes) -> bytes:
        return KEPT.get(b"signature" + self.public + message, lambda: self._key.sign(message), self._holder(message))

    def _holder(self, message: bytes) -> Callable[[bytes], bool]:
        def holds(signature: bytes) -> bool:
            try:
                self._verify(self.public, message, signature)
            except BadSignature:
                return False
            return True

        return holds
