"""The relay carrier from a station's configuration (spec 5.4).

Rules of this file: secrets are read from files here and nowhere further down; a carrier is given names and logins,
never the pre-shared secret.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from openline.carriers.nats_link import Login, TlsFiles
from openline.carriers.relay import RelayCarrier, RelaySettings
from openline.keys.mailboxes import mailbox
from openline.keys.nkeys import read_credentials
from openline.station.config import Carrier as Asked
from openline.station.reading import first_line, read_secret
from openline.wire.errors import Misuse


def relay_maker(asked: Asked, *, accord_id: bytes, side: int, psk: bytes) -> Callable[[], RelayCarrier]:
    """What makes the carrier that `asked` describes, for side `side` of the accord.

    Raises:
        Misuse: a file cannot be used, or an address is none; said now, not at the first connection.
    """
    settings = relay_settings(asked)
    ours, theirs = (mailbox(psk, accord_id, asked.id, receiver) for receiver in (side, 1 - side))

    def make() -> RelayCarrier:
        return RelayCarrier(settings, ours=ours, theirs=theirs)

    make()
    return make


def relay_settings(asked: Asked) -> RelaySettings:
    """How the relay that `asked` describes is reached. Raises: as `relay_maker`."""
    tls = TlsFiles(asked.ca, asked.certificate, asked.key)
    tls.context()
    return RelaySettings(urls=asked.servers, login=_login(asked), tls=tls, rate_bytes_s=asked.rate_bytes_s)


def _login(asked: Asked) -> Login:
    if asked.credentials is not None:
        held = read_credentials(_credentials(asked.credentials))
        return Login(nkey=held.nkey, jwt=held.jwt)
    password = first_line(asked.password_file) if asked.password_file is not None else ""
    token = first_line(asked.token_file) if asked.token_file is not None else ""
    return Login(user=asked.user or "", password=password, token=token)


def _credentials(path: Path) -> str:
    try:
        return read_secret(path).decode()
    except UnicodeDecodeError:
        raise Misuse(f"{path}: is not text", next_step="Name the NATS credentials file.") from None
