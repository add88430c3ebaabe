"""The client protocol of NATS as bytes, without a socket: what a server sends is read, what a client sends is written
(spec 5.4.1).

Rules of this file:
1. `Reader.feed`, given any bytes whatever, returns events or raises `CarrierFault`, nothing else.
2. What is kept is bounded: a line, a message. The body of a message above the limit is passed over, not kept, and the
   message is still reported, so that whoever put it into a mailbox cannot block the mailbox with it.
3. Headers are not read, except the status that the server itself puts into the first line: nothing here depends on
   what a third party may write into them.
"""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple, TypeAlias

from openline.wire import limits
from openline.wire.errors import CarrierFault

LINE_BYTES_MAX: Final = 64 * 1024  # chosen: an INFO that lists a large cluster; all other lines are short
MESSAGE_BYTES_MAX: Final = limits.BUNDLE_BYTES_MAX + 4096  # chosen: the largest bundle, and headers
_END: Final = b"\r\n"
_VERSION: Final = b"NATS/1.0"
_STATUS: Final = re.compile(rb"NATS/1\.0[ \t]+(\d{3})\b")
_TOKEN: Final = re.compile(r"[!-~]+")  # a subject on the wire: printable, without blanks
_DIGITS: Final = re.compile(rb"\d{1,10}")


class Info(NamedTuple):
    """What a server says of itself. Figures that it leaves out are those of the protocol's first version."""

    version: str = ""
    max_payload: int = 0
    jetstream: bool = False
    headers: bool = False
    auth_required: bool = False
    tls_required: bool = False
    tls_available: bool = False
    tls_verify: bool = False
    nonce: str = ""
    name: str = ""


class Message(NamedTuple):
    """A message of a subscription. `status` is the server's own (503: nobody listens there); `oversize`: the body was
    above the limit and is not here."""

    sid: int
    subject: str
    reply: str
    payload: bytes
    status: int = 0
    oversize: bool = False


class Ping(NamedTuple):
    """The server asks whether we are there."""


class Pong(NamedTuple):
    """The server has handled everything that we sent before our ping."""


class Problem(NamedTuple):
    """An error that the server reports; it closes the connection after most of them."""

    text: str


Event: TypeAlias = Info | Message | Ping | Pong | Problem


class _Awaited(NamedTuple):
    """A message whose line came and whose body is awaited."""

    sid: int
    subject: str
    reply: str
    header_bytes: int
    total_bytes: int


class Reader:
    """Turns the bytes of one connection into events."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._awaited: _Awaited | None = None
        self._to_skip = 0

    @property
    def empty(self) -> bool:
        """Whether nothing is kept of what came: before TLS begins there must be nothing."""
        return not self._kept and self._awaited is None and not self._to_skip

    def feed(self, data: bytes) -> list[Event]:
        """Take what came in.

        Raises:
            CarrierFault: it is not this protocol.
        """
        self._kept += data
        events: list[Event] = []
        while True:
            event = self._message() if self._awaited is not None else self._line()
            if event is None:
                return events
            if not isinstance(event, _Nothing):
                events.append(event)

    def _line(self) -> Event | _Nothing | None:
        end = self._kept.find(_END, 0, LINE_BYTES_MAX)
        if end < 0:
            if len(self._kept) > LINE_BYTES_MAX:
                raise CarrierFault(f"the server sent a line of more than {LINE_BYTES_MAX} bytes")
            return None
        line = bytes(self._kept[:end])
        del self._kept[: end + len(_END)]
        verb, _, rest = line.partition(b" ")
        verb = verb.strip().upper()
        if verb in (b"MSG", b"HMSG"):
            self._awaited = _message_line(rest.split(), with_headers=verb == b"HMSG")
            return _NOTHING
        if verb == b"PING":
            return Ping()
        if verb == b"PONG":
            return Pong()
        if verb == b"INFO":
            return _info(rest)
        if verb == b"-ERR":
            return Problem(rest.decode("utf-8", "replace").strip().strip("'"))
        if verb == b"+OK":
            return _NOTHING
        raise CarrierFault(f"what answers is no NATS server: it sent {line[:40]!r}")

    def _message(self) -> Event | None:
        awaited = self._awaited
        if awaited is None:
            return None
        whole = awaited.total_bytes + len(_END)
        if awaited.total_bytes > MESSAGE_BYTES_MAX:
            self._to_skip = self._to_skip or whole
            gone = min(self._to_skip, len(self._kept))
            del self._kept[:gone]
            self._to_skip -= gone
            if self._to_skip:
                return None
            self._awaited = None
            return Message(awaited.sid, awaited.subject, awaited.reply, b"", oversize=True)
        if len(self._kept) < whole:
            return None
        body = bytes(self._kept[: awaited.total_bytes])
        if self._kept[awaited.total_bytes : whole] != _END:
            raise CarrierFault("the server sent a message that is longer than it said")
        del self._kept[:whole]
        self._awaited = None
        found = _STATUS.match(body, 0, awaited.header_bytes) if awaited.header_bytes else None
        status = int(found.group(1)) if found else 0
        return Message(awaited.sid, awaited.subject, awaited.reply, body[awaited.header_bytes :], status)


class _Nothing:
    """A line that was read and has nothing to tell."""


_NOTHING: Final = _Nothing()


def _message_line(words: list[bytes], *, with_headers: bool) -> _Awaited:
    sizes = 2 if with_headers else 1
    names, numbers = words[: len(words) - sizes], words[len(words) - sizes :]
    plain = len(names) in (2, 3) and all(_DIGITS.fullmatch(x) for x in [names[1], *numbers])
    if not plain:
        raise CarrierFault("the server sent a message line that cannot be read")
    total = int(numbers[-1])
    header = int(numbers[0]) if with_headers else 0
    if header > total:
        raise CarrierFault("the server sent a message with more headers than bytes")
    subject, reply = (x.decode("utf-8", "replace") for x in (names[0], names[2] if len(names) == 3 else b""))
    return _Awaited(int(names[1]), subject, reply, header, total)


def _info(text: bytes) -> Info:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise CarrierFault("the server introduced itself with something that is not JSON") from None
    if not isinstance(said, dict):
        raise CarrierFault("the server introduced itself with something that is not an object")

    def flag(key: str) -> bool:
        return said.get(key) is True

    def words(key: str) -> str:
        value = said.get(key)
        return value[:200] if isinstance(value, str) else ""

    size = said.get("max_payload")
    return Info(
        version=words("version"),
        max_payload=size if isinstance(size, int) and 0 < size < 2**40 else 0,
        jetstream=flag("jetstream"),
        headers=flag("headers"),
        auth_required=flag("auth_required"),
        tls_required=flag("tls_required"),
        tls_available=flag("tls_available"),
        tls_verify=flag("tls_verify"),
        nonce=words("nonce"),
        name=words("server_name"),
    )


# ---- what a client sends


def connect(options: dict[str, str | int | bool]) -> bytes:
    return b"CONNECT " + json.dumps(options, sort_keys=True).encode() + _END


def subscribe(subject: str, sid: int) -> bytes:
    return f"SUB {_checked(subject)} {sid}\r\n".encode()


def publish(subject: str, payload: bytes, reply: str = "", message_id: str = "") -> bytes:
    """A message; with `message_id`, a server that keeps messages drops what comes again under the same id."""
    names = _checked(subject) + (f" {_checked(reply)}" if reply else "")
    if not message_id:
        return f"PUB {names} {len(payload)}\r\n".encode() + payload + _END
    header = _VERSION + f"\r\nNats-Msg-Id: {_checked(message_id)}\r\n\r\n".encode()
    return f"HPUB {names} {len(header)} {len(header) + len(payload)}\r\n".encode() + header + payload + _END


PING: Final = b"PING\r\n"
PONG: Final = b"PONG\r\n"


def _checked(name: str) -> str:
    """A name that cannot end the line it stands in; a server's reply subject comes back to it this way."""
    if not _TOKEN.fullmatch(name):
        raise CarrierFault(f"{name[:80]!r} cannot be a name on this wire")
    return name
