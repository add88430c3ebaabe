"""An operator, accounts and users of a NATS server, as its own tools would sign them (JWT by key).

Rules of this file: keys are made here and are worth nothing; only what the tests of logins need.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import time
from typing import Any

from openline.keys.secret import SigningKey

OPERATOR, ACCOUNT, USER, SEED = 14 << 3, 0 << 3, 20 << 3, 18 << 3


def text(data: bytes) -> str:
    return base64.b32encode(data + binascii.crc_hqx(data, 0).to_bytes(2, "little")).decode().rstrip("=")


class Named:
    """A key of one kind with its public name."""

    def __init__(self, kind: int) -> None:
        self.kind = kind
        self.key = SigningKey(os.urandom(32))
        self.name = text(bytes([kind]) + self.key.public)

    @property
    def seed(self) -> str:
        return text(bytes([SEED | (self.kind >> 5), (self.kind & 31) << 3]) + self.key.seed)

    def says(self, of: Named, title: str, claims: dict[str, Any]) -> str:
        """A JWT about `of`, signed by this key."""
        head = {"typ": "JWT", "alg": "ed25519-nkey"}
        body = {"jti": title, "iat": int(time.time()), "iss": self.name, "name": title, "sub": of.name, "nats": claims}
        signed = ".".join(part(json.dumps(x).encode()) for x in (head, body))
        return f"{signed}.{part(self.key.sign(signed.encode()))}"


def part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def operated() -> tuple[str, str]:
    """A server's configuration in operator mode, and the file of credentials of a user who may use JetStream."""
    operator, system, account, user = Named(OPERATOR), Named(ACCOUNT), Named(ACCOUNT), Named(USER)
    without = {"subs": -1, "conn": -1, "leaf": -1, "imports": -1, "exports": -1, "data": -1, "payload": -1}
    room = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}
    accounts = {
        x.name: operator.says(x, title, {"limits": {**without, **limits}, "type": "account", "version": 2})
        for x, title, limits in ((system, "SYS", {}), (account, "A", room))
    }
    jwt = account.says(user, "n", {"subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2})
    config = (
        f"operator: {operator.says(operator, 'O', {'type': 'operator', 'version': 2})}\n"
        f"system_account: {system.name}\nresolver: MEMORY\n"
        f"resolver_preload: {{ {' '.join(f'{name}: {jwt},' for name, jwt in accounts.items())} }}"
    )
    dashes = "-" * 5
    held = (
        f"{dashes}BEGIN NATS USER JWT{dashes}\n{jwt}\n{dashes}-END NATS USER JWT{dashes}-\n\n"
        f"{dashes}BEGIN USER NKEY SEED{dashes}\n{user.seed}\n{dashes}-END USER NKEY SEED{dashes}-\n"
    )
    return config, held
