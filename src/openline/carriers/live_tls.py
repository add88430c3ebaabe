"""TLS of the live carrier: both ends show a certificate under the one root that the accord names (spec 5.9).

Rules of this file: TLS 1.3 and nothing else; no host name is looked at, because the accord names a key and no place;
nothing of the system's own trust is used; every connection shows its certificate anew, so none is resumed.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from openline.wire.errors import Misuse


def server_context(tls: Path, peer_anchor: bytes) -> ssl.SSLContext:
    """For taking connections. `tls`: our key and certificate (PEM); `peer_anchor`: the other side's root as a trust
    anchor (DER, `keys.tls.anchor`).

    Raises:
        Misuse: the file cannot be read, or holds no key and certificate.
    """
    context = _context(ssl.PROTOCOL_TLS_SERVER, tls, peer_anchor)
    context.num_tickets = 0
    return context


def client_context(tls: Path, peer_anchor: bytes) -> ssl.SSLContext:
    """For making connections; as `server_context`.

    Raises:
        Misuse: as `server_context`.
    """
    return _context(ssl.PROTOCOL_TLS_CLIENT, tls, peer_anchor)


def _context(protocol: int, tls: Path, peer_anchor: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=peer_anchor)
    step = "Give the file that the root's key file made: openline init tls."
    try:
        context.load_cert_chain(tls)
    except ssl.SSLError:
        raise Misuse(f"{tls}: not a TLS key and certificate in PEM", next_step=step) from None
    except OSError as error:
        raise Misuse(f"{tls}: cannot be read: {error.strerror}", next_step=step) from None
    return context
