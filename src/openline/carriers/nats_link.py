"""One connection to a NATS server: TLS, login, subscriptions, requests, and the moment at which it is gone
(spec 5.4.1).

Rules of this file:
1. It knows nothing of mailboxes. Whatever goes wrong is a `CarrierFault`; a lost connection is told once, by `lost`.
2. TLS that was asked for is never given up: a server that offers none is refused before a password leaves.
3. Nothing waits for a dead server: writing goes into a bounded buffer, closing aborts. Any byte that comes is a sign of
   life, so that a thin line is not given up while a large message passes.
4. Messages are handed out in the order in which they came, each by a plain call that must not wait.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import secrets
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from openline.carriers import nats_wire
from openline.carriers.nats_wire import Info, Message, Ping, Pong, Problem, Reader
from openline.wire.errors import CarrierFault, Misuse
from openline.wire.said import say

PORT: Final = 4222
WRITE_BYTES_HIGH: Final = 256 * 1024  # chosen: above this, senders wait until the socket has taken it
NO_RESPONDERS: Final = 503


class Unreachable(CarrierFault):
    """Nobody answers at this address."""


OnMessage = Callable[[Message], None]
T = TypeVar("T")


class Nkey(Protocol):
    """A login by key: the public name, and a signature over what the server asks to be signed."""

    @property
    def public(self) -> str: ...

    def sign(self, nonce: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Login:
    """How we show the server who we are; all empty: not at all."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    nkey: Nkey | None = None
    jwt: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Files for TLS: authorities (default: the system's), and our own certificate where the server asks for one."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """TLS 1.3, the server's name and certificate checked.

        Raises:
            Misuse: a file cannot be read or is no certificate.
        """
        try:
            context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            if self.cert:
                context.load_cert_chain(str(self.cert), str(self.key) if self.key else None)
        except (OSError, ssl.SSLError) as error:
            names = ", ".join(str(x) for x in (self.ca, self.cert, self.key) if x)
            raise Misuse(
                say("the relay's TLS files ({names}) cannot be used: {why}", names=names, why=str(error))
            ) from None
        return context


def parse_url(url: str) -> SplitResult:
    """The parts of nats://[user:password@]host[:port] or tls://….

    Raises:
        Misuse: it is none of these.
    """
    try:
        parts = urlsplit(url if "://" in url else f"nats://{url}")
        usable = parts.scheme in ("nats", "tls") and parts.hostname is not None and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.path not in ("", "/") or parts.query or parts.fragment:
        what = f"{shown(url)} is no address of a NATS server"
        raise Misuse(what, next_step=say("Write nats://HOST:4222 or tls://HOST:4222."))
    return parts


def shown(url: str) -> str:
    """An address without what stands before the @: it goes to logs."""
    scheme, mark, rest = url.rpartition("://")
    return scheme + mark + rest.rpartition("@")[2]


class Link(asyncio.Protocol):
    """A connection. `Link.open` makes one; it is never used again after `lost` is done."""

    def __init__(self, on_problem: Callable[[str], None], inbox: str) -> None:
        self.info = Info()
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.inbox = f"{inbox}.{secrets.token_hex(8)}"
        self.on_writable: Callable[[], None] = lambda: None
        self.writable = True
        self.tls = False  # begun, and from the login on certain
        self.busy_until_s = 0.0  # loop time until which what we sent is still passing a thin line
        self._heard_at_s = 0.0
        self._on_problem = on_problem
        self._reader = Reader()
        self._transport: asyncio.Transport | None = None
        self._introduced: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._handlers: dict[int, OnMessage] = {}
        self._pongs: deque[asyncio.Future[None]] = deque()
        self._requests: dict[str, tuple[str, asyncio.Future[Message]]] = {}
        self._count = 0
        self._last_problem = ""
        self._if_refused = ""  # what a server that ends TLS before it lets us in may mean by it
        self._early = False  # something came after the introduction, before the connection was secured

    # ---- opening

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        login: Login,
        tls: TlsFiles,
        inbox: str,
        timeout_s: float,
        on_problem: Callable[[str], None] = lambda _: None,
    ) -> Link:
        """Connect and log in. Replies to us come under the subject `inbox`.

        Raises:
            Unreachable: nobody answers there.
            CarrierFault: no TLS where it was asked for, or the server refused us.
            Misuse: a wrong address or TLS file.
        """
        parts = parse_url(url)
        context = tls.context() if parts.scheme == "tls" or tls.ca or tls.cert else None
        link = cls(on_problem, inbox)
        try:
            async with asyncio.timeout(timeout_s):
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: link, parts.hostname or "", parts.port or PORT)
                await link._introduced
                await link._secure(parts, context, shown=tls.cert is not None)
                await link._log_in(parts, login)
        except TimeoutError:
            link.close("no answer")
            raise Unreachable(
                say("{server} did not answer within {seconds} s", server=shown(url), seconds=f"{timeout_s:g}")
            ) from None
        except ssl.SSLError as error:
            link.close(str(error))
            raise CarrierFault(say("{server}: TLS failed: {why}", server=shown(url), why=str(error))) from None
        except OSError as error:
            link.close(str(error))
            raise Unreachable(say("{server}: {why}", server=shown(url), why=str(error.strerror or error))) from None
        except BaseException:
            link.close("not opened")
            raise
        return link

    async def _secure(self, parts: SplitResult, context: ssl.SSLContext | None, *, shown: bool) -> None:
        if context is None and not self.info.tls_required:
            return
        if not (self.info.tls_required or self.info.tls_available):
            raise CarrierFault(
                say("the server offers no TLS, and TLS was asked for: nothing was sent to it"),
                next_step=say(
                    "Set `tls` in the server's configuration, or write nats:// if a plain connection is meant."
                ),
            )
        if self._early or not self._reader.empty or self._transport is None:
            raise CarrierFault(say("the server sent more than its introduction before TLS began"))
        if self.info.tls_verify:  # in TLS 1.3 a server looks at our certificate after our end of the handshake is over
            ours = "may not take ours" if shown else "was shown none"
            self._if_refused = f"the server asks for a certificate and {ours}: "
        loop = asyncio.get_running_loop()
        secured = await loop.start_tls(
            self._transport, self, context or TlsFiles().context(), server_hostname=_name_for_tls(parts.hostname or "")
        )
        if secured is None:
            raise CarrierFault(say("the connection went before TLS began"))
        self._transport = secured
        self._transport.set_write_buffer_limits(WRITE_BYTES_HIGH)
        self.tls = True

    async def _log_in(self, parts: SplitResult, login: Login) -> None:
        options: dict[str, str | int | bool] = {
            "verbose": False, "pedantic": False, "lang": "python", "version": "1", "protocol": 1, "name": "openline",
            "headers": True, "no_responders": True, "tls_required": self.tls, "echo": True,
        }  # fmt: skip
        user, password = login.user or unquote(parts.username or ""), login.password or unquote(parts.password or "")
        token = login.token
        if user and not password and not login.user:
            user, token = "", token or user  # nats://TOKEN@host
        said = {"user": user, "pass": password, "auth_token": token, "jwt": login.jwt}
        options |= {key: value for key, value in said.items() if value}
        if login.nkey is not None:
            if not login.jwt:
                options["nkey"] = login.nkey.public
            signature = login.nkey.sign(self.info.nonce.encode())
            options["sig"] = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
        # In one piece: a server that refused our certificate has closed by now, so that a second write would fail, and
        # with it goes unread what the server said.
        await self._first(self._ask_for_pong(nats_wire.connect(options)))
        self._if_refused = ""
        self.subscribe(f"{self.inbox}.r.*", self._replied)

    # ---- using

    def subscribe(self, subject: str, on_message: OnMessage) -> None:
        """Hand what comes on `subject` to `on_message`."""
        self._count += 1
        self._handlers[self._count] = on_message
        self._write(nats_wire.subscribe(subject, self._count))

    def publish(self, subject: str, payload: bytes, *, reply: str = "", message_id: str = "") -> None:
        """Send; nothing happens where the connection is gone.

        Raises:
            CarrierFault: a subject that cannot be one.
        """
        self._write(nats_wire.publish(subject, payload, reply, message_id))

    async def request(self, subject: str, payload: bytes, timeout_s: float) -> Message:
        """Ask, and wait for the answer; `status` 503 where nobody listens.

        Raises:
            CarrierFault: no answer in time, the server forbids us to ask, or the connection is gone.
        """
        self._count += 1
        reply = f"{self.inbox}.r.{self._count}"
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._requests[reply] = (subject, answer)
        try:
            self.publish(subject, payload, reply=reply)
            async with asyncio.timeout(timeout_s):
                await self._first(answer)
                return answer.result()
        except TimeoutError:
            raise CarrierFault(
                say("the server did not answer {subject} within {seconds} s", subject=subject, seconds=f"{timeout_s:g}")
            ) from None
        finally:
            del self._requests[reply]

    async def ping(self, quiet_s: float) -> None:
        """Return when the server has handled all that was sent before.

        Raises:
            CarrierFault: nothing at all came for `quiet_s`, or the connection is gone.
        """
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        pong = self._ask_for_pong()
        while not pong.done():
            left_s = max(began_s, self._heard_at_s, self.busy_until_s) + quiet_s - loop.time()
            if left_s <= 0:
                raise CarrierFault(say("the server has not answered for {seconds} s", seconds=f"{quiet_s:.1f}"))
            await self._first(pong, left_s)

    def _ask_for_pong(self, before: bytes = b"") -> asyncio.Future[None]:
        pong: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pongs.append(pong)
        self._write(before + nats_wire.PING)
        return pong

    async def _first(self, awaited: asyncio.Future[T], within_s: float | None = None) -> None:
        """Wait for `awaited`, but no longer than the connection stands."""
        await asyncio.wait((awaited, self.lost), timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        if self.lost.done() and not awaited.done():
            raise CarrierFault(self.lost.result())

    def close(self, why: str = "closed") -> None:
        """End the connection at once; what the socket has not taken yet is lost."""
        self._lose(why)
        if self._transport is not None:
            self._transport.abort()

    # ---- what comes in

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            transport.set_write_buffer_limits(WRITE_BYTES_HIGH)

    def data_received(self, data: bytes) -> None:
        self._heard_at_s = asyncio.get_running_loop().time()
        try:
            for event in self._reader.feed(data):
                self._early = self._early or self._introduced.done()
                self._take(event)
        except CarrierFault as fault:
            self.close(fault.what)

    def _take(self, event: nats_wire.Event) -> None:
        if isinstance(event, Message):
            handler = self._handlers.get(event.sid)
            if handler is not None:
                handler(event)
        elif isinstance(event, Ping):
            self._write(nats_wire.PONG)
        elif isinstance(event, Pong):
            if self._pongs:
                _settle(self._pongs.popleft(), None)
        elif isinstance(event, Problem):
            self._note(event.text)
        else:
            self.info = event
            _settle(self._introduced, None)

    def _note(self, text: str) -> None:
        """An error that the server reports. One about permissions leaves the connection standing; what waits for an
        answer to the forbidden subject need wait no longer."""
        if not text.lower().startswith("permissions violation"):
            self._last_problem = f"the server says: {text}"
            return
        for subject, answer in self._requests.values():
            if f'"{subject}"' in text and not answer.done():
                answer.set_exception(CarrierFault(say("the server says: {text}", text=text)))
        self._on_problem(text)

    def _replied(self, message: Message) -> None:
        waiting = self._requests.get(message.subject)
        if waiting is not None:
            _settle(waiting[1], message)

    def connection_lost(self, exc: Exception | None) -> None:
        broke = f"the connection broke: {exc}" if exc else "the server closed the connection"
        self._lose(self._last_problem or self._if_refused + broke)

    def _lose(self, why: str) -> None:
        _settle(self.lost, why)
        if not self._introduced.done():
            self._introduced.set_exception(CarrierFault(why))
            self._introduced.exception()  # it may be that nobody waits for it any more

    # ---- what goes out

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        self.on_writable()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self.lost.done():
            self._transport.write(data)


def _settle(future: asyncio.Future[T], value: T) -> None:
    if not future.done():
        future.set_result(value)


def _name_for_tls(host: str) -> str:
    """The name in the certificate: the host as written, an IPv6 address in its one form."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host
