"""A software authenticator: makes passkeys and asserts by them, as a browser hands it on; or wrongly, where told to."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field, replace
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

UP, UV, AT = 0x01, 0x04, 0x40


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One authenticator with one passkey. `eddsa`: its key is Ed25519, else P-256. `step`: by how much its count of
    uses rises at each (0: it keeps none). `verifies`: it verifies its user."""

    origin: str
    name: str = "key"
    eddsa: bool = False
    step: int = 1
    verifies: bool = True
    rp_id: str = ""
    cross_origin: bool = False
    count: int = 0
    handle: bytes | None = None
    identity: bytes = b""
    secret: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.rp_id = self.rp_id or self.origin.split("//")[1].split(":")[0]
        self.identity = self.identity or hashlib.sha256(self.name.encode()).digest()
        if self.secret is None:
            seed = hashlib.sha256(b"seed" + self.name.encode()).digest()
            self.secret = (
                ed25519.Ed25519PrivateKey.from_private_bytes(seed)
                if self.eddsa
                else ec.derive_private_key(int.from_bytes(seed, "big"), ec.SECP256R1())
            )

    def copy(self, **changes: Any) -> Authenticator:
        """The same passkey, behaving otherwise."""
        return replace(self, **changes)

    def create(self, options: str) -> str:
        """The answer to the options for making a passkey."""
        asked = json.loads(options)
        self.handle = unb64(asked["user"]["id"])
        data = self._data(AT) + bytes(16) + struct.pack(">H", len(self.identity)) + self.identity + self._cose()
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"])
        return self._answer({"clientDataJSON": b64(client), "attestationObject": b64(attested), "transports": ["usb"]})

    def get(self, options: str) -> str:
        """The answer to the options for asserting."""
        asked = json.loads(options)
        return self.over(unb64(asked["challenge"]))

    def over(self, challenge: bytes) -> str:
        """An assertion of any challenge."""
        self.count += self.step
        data, client = self._data(0), self._client("webauthn.get", b64(challenge))
        signed = data + hashlib.sha256(client).digest()
        signature = self.secret.sign(signed) if self.eddsa else self.secret.sign(signed, ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
        return self._answer({**parts, "userHandle": b64(self.handle)} if self.handle else parts)

    def _data(self, flags: int) -> bytes:
        flags |= UP | (UV if self.verifies else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(told).encode()

    def _cose(self) -> bytes:
        public = self.secret.public_key()
        if self.eddsa:
            return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: public.public_bytes(Encoding.Raw, PublicFormat.Raw)})
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})

    def _answer(self, response: dict[str, Any]) -> str:
        return json.dumps({"id": b64(self.identity), "rawId": b64(self.identity), "type": "public-key",
                           "response": response, "clientExtensionResults": {}})  # fmt: skip
