"""How the relay carrier shows a server who it is, and whom it does not talk to (spec 5.4.1)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from openline.carriers.nats_link import Link, Login, TlsFiles
from openline.keys.nkeys import read_seed
from openline.station.config import Carrier as Asked
from openline.station.relaying import relay_maker
from openline.wire.errors import CarrierFault, Misuse
from tests.integration.certificates import Authority
from tests.integration.nats_accounts import operated
from tests.integration.nats_server import NatsServer, until
from tests.integration.relay_side import Side, sides

SEED = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
REFUSALS = 40  # written in two pieces, half of them were told as a broken pipe
TLS = 'tls {{ cert_file: "{cert}", key_file: "{key}", {more} }}'


def run(server: NatsServer, side: Side, expected: str = "") -> None:
    """The carrier comes up, or, where something is expected to be said, says it and does not."""

    async def story() -> None:
        await server.start()
        async with sides(side):
            if expected:
                await until(lambda: any(expected in x for x in side.troubles), why=expected)
                assert not side.is_up
            else:
                await until(lambda: side.is_up, why="up")

    try:
        asyncio.run(story())
    finally:
        server.stop()


def tls_server(directory: Path, *, verify: bool = False) -> tuple[NatsServer, Authority]:
    authority = Authority(directory)
    cert, key = authority.issue("server")
    more = f'verify: true, ca_file: "{authority.ca}"' if verify else ""
    server = NatsServer(directory, TLS.format(cert=cert, key=key, more=more))
    server.scheme = "tls"
    return server, authority


def test_a_certificate_of_the_authority_that_was_named_is_taken(tmp_path: Path):
    """TLS 1.3 with a private authority."""
    server, authority = tls_server(tmp_path)
    run(server, Side(server.url, tls=TlsFiles(ca=authority.ca)))


def test_a_certificate_of_another_authority_is_refused(tmp_path: Path):
    """Whoever signed it, it is not the one that was named, nor one of the system's."""
    server, _ = tls_server(tmp_path)
    other = Authority(tmp_path, "other")
    run(server, Side(server.url, tls=TlsFiles(ca=other.ca)), "CERTIFICATE_VERIFY_FAILED")


def test_a_server_that_wants_tls_gets_it_from_a_plain_address_too(tmp_path: Path):
    """nats:// towards a server that requires TLS: the certificate is checked all the same."""
    server, _ = tls_server(tmp_path)
    server.scheme = "nats"
    run(server, Side(server.url), "CERTIFICATE_VERIFY_FAILED")


def test_our_own_certificate_is_shown_where_the_server_asks(tmp_path: Path):
    """Mutual TLS."""
    server, authority = tls_server(tmp_path, verify=True)
    cert, key = authority.issue("station")
    run(server, Side(server.url, tls=TlsFiles(authority.ca, cert, key)))


@pytest.mark.parametrize("stranger", [False, True], ids=["none", "a-strangers"])
def test_a_server_that_refuses_our_certificate_is_said_each_time(tmp_path: Path, stranger: bool):
    """The refusal comes after our end of the handshake, in TLS 1.3, as an alert or as a mere reset: it is said either
    way, and the alert is not lost where there was one to read."""
    server, authority = tls_server(tmp_path, verify=True)
    shown = Authority(tmp_path, "other").issue("station") if stranger else (None, None)
    said: list[str] = []

    async def story() -> None:
        await server.start()
        for _ in range(REFUSALS):
            with pytest.raises(CarrierFault) as refused:
                await Link.open(
                    server.url, login=Login(), tls=TlsFiles(authority.ca, *shown), inbox="x", timeout_s=10
                )  # fmt: skip
            said.append(refused.value.what)

    try:
        asyncio.run(story())
    finally:
        server.stop()
    expected = "asks for a certificate and " + ("may not take ours" if stranger else "was shown none")
    assert all(expected in each for each in said)
    if not stranger:  # a stranger's is refused with the rest of our handshake unread, which resets the connection
        assert sum("alert" in each for each in said) > REFUSALS * 0.75


def test_a_refused_certificate_is_told_by_the_carrier(tmp_path: Path):
    """Not only that the connection broke."""
    server, authority = tls_server(tmp_path, verify=True)
    run(server, Side(server.url, tls=TlsFiles(authority.ca)), "asks for a certificate and was shown none")


@pytest.mark.parametrize(
    ("extra", "login"),
    [
        ("authorization { token: secret-token }", Login(token="secret-token")),
        ("authorization { user: n, password: p }", Login(user="n", password="p")),
        (f"authorization {{ users: [ {{ nkey: {read_seed(SEED).public} }} ] }}", Login(nkey=read_seed(SEED))),
    ],
    ids=["token", "password", "nkey"],
)
def test_each_way_to_log_in_works(tmp_path: Path, extra: str, login: Login):
    """A token, a name with its password, a key."""
    server = NatsServer(tmp_path, extra)
    run(server, Side(server.url, login=login))


def test_a_password_in_the_address_works_and_is_never_shown(tmp_path: Path):
    """nats://user:password@host, percent-encoded."""
    server = NatsServer(tmp_path, 'authorization { user: n, password: "p@ss" }')
    run(server, Side(server.url.replace("//", "//n:p%40ss@")))
    server = NatsServer(tmp_path, 'authorization { user: n, password: "other" }')
    side = Side(server.url.replace("//", "//n:p%40ss@"))
    run(server, side, "Authorization Violation")
    assert not any("p%40ss" in x or "p@ss" in x for x in side.troubles)


def test_tls_files_that_cannot_be_used_are_named(tmp_path: Path):
    """Missing, or not what they should be: which file, and why."""
    (tmp_path / "x.pem").write_text("no certificate")
    for files in (TlsFiles(ca=tmp_path / "none.pem"), TlsFiles(cert=tmp_path / "x.pem")):
        with pytest.raises(Misuse, match=r"\.pem"):
            files.context()


def test_a_carrier_logs_in_by_the_files_that_the_configuration_names(tmp_path: Path):
    """Credentials of an account in operator mode, and a name with its password, each from the files that are named."""
    config, held = operated()
    (tmp_path / "south.creds").write_text(held)
    (tmp_path / "word").write_text("p\nnot this\n")
    for secret in ("south.creds", "word"):
        (tmp_path / secret).chmod(0o600)
    cases = [
        (config, {"credentials": tmp_path / "south.creds"}),
        ("authorization { user: n, password: p }", {"user": "n", "password_file": tmp_path / "word"}),
        ("authorization { token: p }", {"token_file": tmp_path / "word"}),
    ]
    for extra, asked in cases:
        server = NatsServer(tmp_path, extra)
        made = relay_maker(Asked(id="un", servers=(server.url,), **asked), accord_id=bytes(32), side=0, psk=bytes(32))
        side = Side(server.url)
        side.carrier = made()
        run(server, side)


def test_both_sides_of_a_configuration_meet(tmp_path: Path):
    """What one side's carrier puts is what the other's takes: the same names, the other way round."""
    server = NatsServer(tmp_path)
    asked = Asked(id="un", servers=(server.url,))
    made = [relay_maker(asked, accord_id=bytes(32), side=side, psk=bytes(32))() for side in (0, 1)]
    a, b = Side(server.url), Side(server.url)
    a.carrier, b.carrier = made

    async def story() -> None:
        await server.start()
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            a.send(b"entry")
            await until(lambda: b.finished == [b"entry"])

    try:
        asyncio.run(story())
    finally:
        server.stop()


@pytest.mark.parametrize("named", ["credentials", "password_file", "token_file", "ca"])
def test_a_file_that_is_not_there_is_said_before_anything_starts(tmp_path: Path, named: str):
    """By its name, and as the user's own fault."""
    asked = Asked(id="un", servers=("nats://127.0.0.1:1",), **{named: tmp_path / "nowhere"})
    with pytest.raises(Misuse, match="nowhere"):
        relay_maker(asked, accord_id=bytes(32), side=0, psk=bytes(32))


# ---- servers that are none


@asynccontextmanager
async def impostor(*answers: bytes):
    """Listens, says `answers`, and keeps what it is sent."""
    heard = bytearray()
    served: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # we are hung up on, as we should be
            for answer in answers:
                writer.write(answer)
            while data := await reader.read(1000):
                heard.extend(data)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()
        await server.wait_closed()
        if served:
            await asyncio.wait(served, timeout=5)


INFO = b'INFO {"version":"2.9.10","headers":true,"max_payload":1048576}\r\n'


@pytest.mark.parametrize(
    ("scheme", "answers", "said"),
    [
        ("tls", [INFO], "offers no TLS"),
        ("tls", [INFO.replace(b"}", b',"tls_required":true}') + b"PING\r\n"], "before TLS began"),
        ("nats", [b"SSH-2.0-OpenSSH_9.2\r\n"], "no NATS server"),
        ("nats", [b"A" * 100_000], "a line of more than"),
        ("nats", [], "did not answer within"),
        ("tls", [INFO.replace(b"}", b',"tls_required":true}')], "did not answer within"),
    ],
    ids=["no-tls", "injected", "ssh", "endless-line", "silent", "silent-tls"],
)
def test_an_impostor_gets_no_password(scheme: str, answers: list[bytes], said: str):
    """Who does not prove to be the server learns nothing, and cannot hold us."""

    async def story() -> None:
        async with impostor(*answers) as (port, heard):
            with pytest.raises(CarrierFault, match=said):
                await Link.open(
                    f"{scheme}://127.0.0.1:{port}", login=Login(user="n", password="p-word"), tls=TlsFiles(),
                    inbox="x", timeout_s=0.7,
                )  # fmt: skip
            assert b"p-word" not in heard

    asyncio.run(story())


@pytest.mark.parametrize(
    "url", ["", "http://x", "nats://", "nats://x:70000", "tls://x/path", "nats://x?y", "nats://u:p@"]
)
def test_what_is_no_address_is_refused_before_anything_is_tried(url: str):
    """A mistyped address is the user's, and said so; what stands before the @ is not repeated."""
    with pytest.raises(Misuse) as error:
        Side(url)
    assert "u:p" not in error.value.what
