"""What `openline doctor` looks at of the post: the relay of voice, and the console.

Rules of this file: as `checks`; the relay of the other side answers no stranger, so whether it stands is not asked: a
call to try does that.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from openline.carriers.live import address
from openline.carriers.relay_check import Finding
from openline.cli.case import Case, bindable, ok, problem, warning
from openline.station import config as configs
from openline.voice.relay import CALLS_MAX
from openline.wire.errors import system_words

PATIENCE_S: Final = 4.0
TRY: Final = "openline robot"


# ---- voice


def voice(case: Case) -> Iterator[Finding]:
    """The relay's ports can be had, and the names in its table lead somewhere."""
    of = case.config.voice
    if of is None:
        yield ok("voice", "none: calls are by text alone")
        return
    found = [*_names(of), *([] if case.runs else _datagram_ports(of))]
    yield from found
    if not found:
        held = "holds" if case.runs else "can hold"
        yield ok("voice", f"our relay {held} {of.listen}, for {of.peer}; whether theirs hears it, a call shows: {TRY}")


def _names(of: configs.Voice) -> Iterator[Finding]:
    for key, host, remedy in (
        ("peer", address(of.peer)[0], "Ask their technician for the address of their relay."),
        ("inner", of.inner, "Give [voice] inner an address of this machine that browsers reach."),
    ):
        try:
            socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        except OSError as error:
            yield problem("voice", f"{key}: {host}: {system_words(error)}", remedy)


def _datagram_ports(of: configs.Voice) -> Iterator[Finding]:
    wanted = [address(of.listen)]
    wanted += [(of.inner, of.first_port + number) for number in range(CALLS_MAX if of.first_port else 1)]
    for host, port in wanted:
        try:
            [(family, kind, _, _, where), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            with closing(socket.socket(family, kind)) as trying:
                trying.bind(where)
        except OSError as error:
            said = f"{host}:{port} (UDP) cannot be listened on: {system_words(error)}"
            yield problem("voice", said, "Another program may listen there: ss --listening --udp --processes")


# ---- the console


def console(case: Case) -> Iterator[Finding]:
    """Browsers reach it under the name that they know it by, and somebody can sign in."""
    of = case.config.console
    if of is None:
        yield ok("console", "none: officers have the command line")
        return
    yield from _certified(of)
    if case.runs:
        yield from _answers(of)
    else:
        yield from bindable(of.listen, "console")
    if not of.store.is_file():
        yield warning("console", "nobody is enrolled, so nobody can sign in",
                      "Enrol the first: openline console enrol CONFIG NAME --role supervisor")  # fmt: skip


def _certified(of: configs.Console) -> Iterator[Finding]:
    """The certificate is for the name in `origin`, and runs now."""
    where = urlsplit(of.origin)
    if of.tls is None:
        if where.scheme == "https" and address(of.listen)[0] not in ("127.0.0.1", "::1", "localhost"):
            yield warning("console", f"{of.origin} is served at {of.listen} without TLS",
                          "Give [console] tls, or listen on 127.0.0.1 behind a proxy.")  # fmt: skip
        return
    if where.scheme != "https":
        yield problem("console", f"tls is given, and the origin is {of.origin}", "Give [console] origin as https://…")
        return
    why = refused(of.tls, where.hostname or "")
    if why:
        yield problem("console", f"{of.tls}: browsers refuse it for {where.hostname}: {why}",
                      "Have a certificate made for that name, with its key in the same file.")  # fmt: skip
    else:
        yield ok("console", f"{of.tls}: for {where.hostname}, and it has not run out")


def refused(pem: Path, host: str) -> str:
    """Why a browser that trusts whoever made it would refuse a certificate for `host`; "" if it would not. Both ends of
    the handshake are here, and nothing is sent."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the certificate itself is the anchor
    try:
        server.load_cert_chain(pem)
        client.load_verify_locations(pem)
    except (OSError, ssl.SSLError) as error:
        return error.strerror or str(error)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(back, there, server_hostname=host),
        server.wrap_bio(there, back, server_side=True),
    )
    for end in (*ends, *ends):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except ssl.SSLError as error:
            return error.reason or str(error)
    return ""


def _answers(of: configs.Console) -> Iterator[Finding]:
    """The console's process, which the station keeps running."""
    host, port = address(of.listen)
    here = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    open_one = http.client.HTTPConnection(here, port, timeout=PATIENCE_S)
    if of.tls is not None:
        unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # what it shows was looked at in its file
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        open_one = http.client.HTTPSConnection(here, port, timeout=PATIENCE_S, context=unchecked)
    try:
        with closing(open_one):
            open_one.request("GET", "/healthz", headers={"Host": urlsplit(of.origin).netloc})
            status = open_one.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        said = system_words(error) if isinstance(error, OSError) else str(error)
        yield problem("console", f"{of.listen} does not answer: {said}",
                      "Read the station's log at console_ended; the console says there why it ends.")  # fmt: skip
        return
    if status == http.client.OK:
        yield ok("console", f"answers at {of.listen} as {of.origin}")
    else:
        yield problem("console", f"{of.listen} answers {status}: another program may serve there",
                      "Free the address, or give [console] another one.")  # fmt: skip
