"""What alarms are delivered to in tests: a real HTTP server, a real mail server, each in the test's own loop."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Sink:
    """What came, and what is answered to what comes next (the last answer for ever)."""

    port: int = 0
    got: list[bytes] = field(default_factory=list)
    answers: list[str] = field(default_factory=lambda: ["200 OK"])
    came: asyncio.Event = field(default_factory=asyncio.Event)
    secured: bool = False

    def answer(self) -> str:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def keep(self, what: bytes) -> None:
        self.got.append(what)
        self.came.set()

    async def count(self, wanted: int) -> None:
        """Wait until so many came."""
        async with asyncio.timeout(20):
            while len(self.got) < wanted:
                self.came.clear()
                await self.came.wait()


@asynccontextmanager
async def http_sink() -> AsyncIterator[Sink]:
    """Keeps the body of every POST."""
    sink = Sink()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(x.split(":")[1]) for x in head.split("\r\n") if x.lower().startswith("content-length"))
        body = await reader.readexactly(length)
        answer = sink.answer()
        if answer != "nothing":
            writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        sink.keep(body)
        if answer == "nothing":
            await reader.read()

    async with _served(sink, serve):
        yield sink


@asynccontextmanager
async def mail_sink(tls: ssl.SSLContext | None = None) -> AsyncIterator[Sink]:
    """Keeps every mail; offers STARTTLS where it has a certificate, and then takes mail under it alone."""
    sink = Sink()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())
            await writer.drain()

        await say("220 sink")
        while line := (await reader.readline()).decode():
            verb = line.split()[0].upper()
            if verb == "EHLO":
                await say("250-sink\r\n250 STARTTLS" if tls is not None and not sink.secured else "250 sink")
            elif verb == "STARTTLS" and tls is not None:
                await say("220 go on")
                await writer.start_tls(tls)
                sink.secured = True
            elif verb == "MAIL" and tls is not None and not sink.secured:
                await say("530 not without TLS")
            elif verb == "DATA":
                await say("354 go on")
                mail = await reader.readuntil(b"\r\n.\r\n")
                await say("250 taken")
                sink.keep(mail)
            elif verb == "QUIT":
                await say("221 bye")
                break
            else:
                await say("250 good")

    async with _served(sink, serve):
        yield sink


Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _served(sink: Sink, serve: Serving) -> AsyncIterator[None]:
    """Serve; at the end every connection is broken off and its handler seen to its end."""
    lasting: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        lasting[task] = writer
        with suppress(asyncio.IncompleteReadError, OSError):
            await serve(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        del lasting[task]

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        for writer in lasting.values():
            writer.transport.abort()
        await asyncio.gather(*lasting)


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS for localhost, and the file of whoever vouches for it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file, private = folder / "server.crt", folder / "server.key"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, private)
    return context, file
