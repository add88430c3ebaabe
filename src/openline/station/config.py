"""A station's configuration: one TOML file a station (docs/station.md).

Rules of this file: the types are the format; each key says what it is for where it stands, and the JSON Schema, the
page in docs/ and the messages about mistakes are made from that. `load` reads the one file and no other; what it gives
needs no further checking, and its paths are absolute.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from openline.station.config_reading import Address, Reader, StorePlace, bare_host, schema
from openline.station.toml_lines import Path as Keys
from openline.station.toml_text import NotToml, parse
from openline.wire.accord import Accord, CarrierKind
from openline.wire.errors import Misuse, unreadable

RATE_BYTES_S_MAX: Final = 10**9
_Text = Annotated[str, Meta(min_length=1)]
_Url = Annotated[str, Meta(pattern="^https?://[^/]", extra={"allowed": "an address such as https://host/path"})]
_Server = Annotated[
    str,
    Meta(pattern="^(tls|nats)://[^/]+$", extra={"allowed": 'a server such as "tls://relay.example:4222"'}),
]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file."""


Digest = Annotated[
    str, Meta(pattern="^[0-9a-f]{64}$", extra={"allowed": "64 hexadecimal digits, in small letters"})
]


class Station(Table, frozen=True):
    """Which side this is, and where it keeps what."""

    side: Annotated[_Text, Meta(description="The side of the accord that this station serves, by its name there.")]
    accord: Annotated[Path, Meta(description="The signed accord.")]
    keys: Annotated[Path, Meta(description="The station's keys, made before the table.")]
    secret: Annotated[Path, Meta(description="The pre-shared secret of 32 bytes, made at the table.")]
    store: Annotated[StorePlace, Meta(description="The record: a SQLite file, or a PostgreSQL database.")]
    passphrase_file: Annotated[
        Path | None,
        Meta(description="Its first line opens `keys`. Without it the passphrase is asked for at every start."),
    ] = None
    tls: Annotated[
        Path | None,
        Meta(description="TLS key and certificate (PEM); needed if a live carrier is configured."),
    ] = None
    revoked: Annotated[
        tuple[Digest, ...],
        Meta(description="SHA-256 of certificates of the other side that are taken no more, as it says them."),
    ] = ()


class Api(Table, frozen=True):
    """Where this side's own programs, the command line first, reach the station."""

    socket: Annotated[Path, Meta(description="A Unix socket; who may use it is who may open the file.")]
    listen: Annotated[
        Address | None, Meta(description="A loopback address that serves the same to whoever shows the token.")
    ] = None
    token_file: Annotated[Path | None, Meta(description="The token for `listen`, in its first line.")] = None


class Metrics(Table, frozen=True):
    """Figures for those who watch over machines."""

    listen: Annotated[
        Address | None,
        Meta(description="Serves `/metrics`, `/healthz` and `/readyz`, and nothing of content; nowhere if left out."),
    ] = None


class Log(Table, frozen=True):
    """What the station says of itself; never of content."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="The least that is told.")] = "info"
    format: Annotated[Literal["json", "text"], Meta(description="For programs, or for people.")] = "json"
    file: Annotated[Path | None, Meta(description="Where to; standard error if left out.")] = None


class Probes(Table, frozen=True):
    """How the station tells a fault of its own network from a silence of the other side (spec 11)."""

    targets: Annotated[
        tuple[Address, ...],
        Meta(
            description="Points of our own network that take TCP connections: if none answers, the fault is ours. "
            "None, no probes."
        ),
    ] = ()


class Carrier(Table, frozen=True):
    """One carrier of the accord, as this side reaches it. A live one has `listen`, `connect` or both; a relay one has
    `servers`; a courier needs no table."""

    id: Annotated[_Text, Meta(description="The carrier's id in the accord.")]
    rate_bytes_s: Annotated[
        int,
        Meta(
            ge=0,
            le=RATE_BYTES_S_MAX,
            description="The most to send in a second, in bytes; 0 is no limit, 300 fits a line of 2400 bit/s.",
        ),
    ] = 0
    listen: Annotated[Address | None, Meta(description="Live: the address to take the other side's calls at.")] = None
    connect: Annotated[
        tuple[Address, ...], Meta(description="Live: the other side's addresses, tried in this order.")
    ] = ()
    servers: Annotated[tuple[_Server, ...], Meta(description="Relay: the NATS servers of one relay.")] = ()
    user: Annotated[_Text | None, Meta(description="Relay: the name to log in by.")] = None
    password_file: Annotated[Path | None, Meta(description="Relay: the password of `user`, in its first line.")] = None
    token_file: Annotated[Path | None, Meta(description="Relay: a token to log in by, in its first line.")] = None
    credentials: Annotated[Path | None, Meta(description="Relay: a NATS credentials file to log in by.")] = None
    ca: Annotated[
        Path | None, Meta(description="Relay: whose certificates to trust (PEM); the system's if left out.")
    ] = None
    certificate: Annotated[Path | None, Meta(description="Relay: our own certificate (PEM), if it asks for one.")] = (
        None
    )
    key: Annotated[Path | None, Meta(description="Relay: the key of `certificate` (PEM).")] = None


class Mail(Table, frozen=True):
    """A mail server and whom to write to."""

    server: Annotated[_Text, Meta(description="The mail server's host.")]
    sender: Annotated[_Text, Meta(description="Who the mail is from.")] = msgspec.field(name="from")
    to: Annotated[
        tuple[_Text, ...],
        Meta(min_length=1, description="Whom to write to.", extra={"allowed": "an array of at least one address"}),
    ]
    port: Annotated[int, Meta(ge=1, le=65_535, description="The mail server's port.")] = 25
    tls: Annotated[
        Literal["starttls", "tls", "none"], Meta(description="How the connection is protected.")
    ] = "starttls"
    user: Annotated[_Text | None, Meta(description="The name to log in by.")] = None
    password_file: Annotated[Path | None, Meta(description="The password of `user`, in its first line.")] = None


class Alarm(Table, frozen=True):
    """How alarms reach people who do not look at the screen; every way given is used."""

    webhook: Annotated[tuple[_Url, ...], Meta(description="Addresses that are sent a JSON object by POST.")] = ()
    mail: Annotated[Mail | None, Meta(description="A mail to people.")] = None
    command: Annotated[tuple[_Text, ...], Meta(description="A local program and its arguments.")] = ()
    language: Annotated[
        Literal["en", "ko"], Meta(description="The language of the sentences by which people are told.")
    ] = "en"
    again_s: Annotated[
        int, Meta(ge=10, le=86_400, description="After how many seconds an alarm nobody acknowledged is told again.")
    ] = 900


class Voice(Table, frozen=True):
    """The relay by which the two officers of a call speak (spec 5.10). Left out, calls are by text alone; the two
    technicians tell each other their `listen` addresses, for each is the other's `peer`."""

    listen: Annotated[Address, Meta(description="The UDP address to take the other station's relay at.")]
    peer: Annotated[Address, Meta(description="The other station's relay, as its technician says.")]
    inner: Annotated[
        str,
        Meta(
            min_length=1,
            description="The host, for our officers' browsers, of the relay's inner side. The browser of the other "
            "side learns it: take one that says nothing, such as an address of the station that is for this alone.",
        ),
    ]
    first_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65_520,
            description="The first of the 16 UDP ports at `inner`, one for each call; 0 is any that are free.",
        ),
    ] = 0


class Drill(Table, frozen=True):
    """How the drill for a missed call rings again when an officer orders it (spec 5.6)."""

    retry_after_s: Annotated[int, Meta(ge=60, le=3600, description="Seconds from one try to the next.")] = 300
    retries: Annotated[
        int, Meta(ge=0, le=20, description="How many tries on the line, the first of them at once.")
    ] = 2


class Console(Table, frozen=True):
    """The web page on which officers keep a watch; none is served without this table."""

    listen: Annotated[Address, Meta(description="The address to serve browsers at.")]
    origin: Annotated[
        str,
        Meta(
            pattern="^(https://[^/]+|http://([a-z0-9-]+[.])*localhost(:[0-9]+)?)$",
            extra={"allowed": 'an origin such as "https://console.example", or http:// at localhost'},
            description="How browsers name it: scheme, host and, where it is not the scheme's own, port. Passkeys are "
            "bound to it.",
        ),
    ]
    store: Annotated[Path, Meta(description="Its own file: passkeys, sessions, and the log of who released what.")]
    tls: Annotated[
        Path | None,
        Meta(description="TLS key and certificate (PEM) for browsers; left out where a proxy or localhost serves."),
    ] = None
    idle_s: Annotated[
        int, Meta(ge=60, le=86_400, description="After how many seconds without an act an officer signs in again.")
    ] = 14_400


class Config(Table, frozen=True):
    """All of the file."""

    station: Station
    api: Api
    metrics: Metrics = Metrics()
    log: Log = Log()
    probes: Probes = Probes()
    carrier: tuple[Carrier, ...] = ()
    alarm: Alarm = Alarm()
    drill: Drill = Drill()
    console: Console | None = None
    voice: Voice | None = None


_OF_LIVE: Final = ("listen", "connect")
_OF_RELAY: Final = ("servers", "user", "password_file", "token_file", "credentials", "ca", "certificate", "key")
_OF: Final = {CarrierKind.LIVE: _OF_LIVE, CarrierKind.RELAY: _OF_RELAY, CarrierKind.COURIER: ()}


def load(path: Path, agreed: Accord | None = None) -> Config:
    """The configuration in the file at `path`; with `agreed`, also held against that accord.

    Raises:
        Misuse: it cannot be read, or has mistakes: all of them, each with its line and what is allowed there.
    """
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}", next_step=unreadable(error)) from None
    except UnicodeDecodeError as error:
        raise Misuse(f"{path}: not UTF-8 text, at byte {error.start}", next_step="Save it as UTF-8.") from None
    return read(text, str(path), path.absolute().parent, agreed)


def read(text: str, name: str, folder: Path, agreed: Accord | None = None) -> Config:
    """The configuration that `text` is; `name` is for messages, `folder` where relative paths start.

    Raises:
        Misuse: as `load`.
    """
    try:
        parsed = parse(text)
    except NotToml as error:
        raise Misuse(
            f"{name}, line {error.line}: not readable as TOML: {error.what}; allowed there: TOML 1.0",
            next_step="Correct that line.",
        ) from None
    reader = Reader(name, parsed.lines, folder)
    config = reader.struct((), Config, parsed.root)
    if config is not None:
        for path, what, allowed in [*_own_rules(config), *(_accord_rules(config, agreed) if agreed else ())]:
            reader.mistake(path, what, allowed)
    reader.refuse()
    if config is None:
        raise Misuse(f"{name}: no configuration")
    return config


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file (docs/station.schema.json)."""
    made = schema(Config)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Openline station", **made}


_Mistake = tuple[Keys, str, str]


def _own_rules(config: Config) -> Iterator[_Mistake]:
    """What the types do not hold."""
    api, seen = config.api, set[str]()
    if api.listen is not None and not _is_loopback(api.listen.host):
        yield ("api", "listen"), f'"{api.listen}" is not a loopback address', '"127.0.0.1:7480" or "[::1]:7480"'
    if api.listen is not None and api.token_file is None:
        yield ("api", "token_file"), "is missing beside listen", "the path of a file whose first line is the token"
    for number, one in enumerate(config.carrier):
        if one.id in seen:
            yield ("carrier", number, "id"), f'"{one.id}" is there twice', "an id that no other [[carrier]] has"
        seen.add(one.id)
        yield from _carrier_rules(number, one)
    if config.station.tls is None and any(one.listen or one.connect for one in config.carrier):
        yield ("station", "tls"), "is missing beside a live carrier", "the path of the key and certificate (PEM)"
    for number, url in enumerate(config.alarm.webhook):
        if not _is_url(url):
            yield ("alarm", "webhook", number), f'"{url}" has no host, or a port that is none', "https://host:port/path"
    mail = config.alarm.mail
    if mail is not None and (mail.user is None) != (mail.password_file is None):
        lacking = "user" if mail.user is None else "password_file"
        yield ("alarm", "mail", lacking), "is missing", "user and password_file together, or neither"
    if config.voice is not None and not bare_host(config.voice.inner):
        yield ("voice", "inner"), f'"{config.voice.inner}" is no host', 'an address without a port: "192.0.2.10"'


def _carrier_rules(number: int, one: Carrier) -> Iterator[_Mistake]:
    of_live, of_relay = ([x for x in keys if getattr(one, x)] for keys in (_OF_LIVE, _OF_RELAY))
    if of_live and of_relay:
        path: Keys = ("carrier", number, of_relay[0])
        yield path, f"is there beside {of_live[0]}", f"a live carrier's {_either(_OF_LIVE)}, or a relay's servers"
    elif of_relay and not one.servers:
        yield ("carrier", number, "servers"), "is missing", 'an array of servers such as "tls://relay.example:4222"'
    elif not of_live and not of_relay:
        yield ("carrier", number), "says no way", "listen or connect (live), or servers (relay)"
    logins = [x for x in ("user", "token_file", "credentials") if getattr(one, x)]
    if len(logins) > 1:
        yield ("carrier", number, logins[1]), f"is there beside {logins[0]}", "one way to log in"
    for left, right in (("user", "password_file"), ("certificate", "key")):
        if (getattr(one, left) is None) != (getattr(one, right) is None):
            lacking = left if getattr(one, left) is None else right
            yield ("carrier", number, lacking), "is missing", f"{left} and {right} together, or neither"


def _accord_rules(config: Config, agreed: Accord) -> Iterator[_Mistake]:
    sides = [side.name for side in agreed.sides]
    if config.station.side not in sides:
        yield ("station", "side"), f'"{config.station.side}" is no side of the accord', _either(sides)
    kinds = {one.id: one.kind for one in agreed.carriers}
    for number, one in enumerate(config.carrier):
        kind = kinds.get(one.id)
        if kind is None:
            yield ("carrier", number, "id"), f'"{one.id}" is no carrier of the accord', _either(list(kinds))
        elif kind is CarrierKind.COURIER:
            yield ("carrier", number, "id"), f'"{one.id}" is a courier, which needs no table', "a live or relay carrier"
        elif strange := [x for keys in (_OF_LIVE, _OF_RELAY) if keys != _OF[kind] for x in keys if getattr(one, x)]:
            allowed = ", ".join(("id", "rate_bytes_s", *_OF[kind]))
            yield ("carrier", number, strange[0]), f'is not for "{one.id}", which is {_a(kind)} carrier', allowed


def _a(kind: CarrierKind) -> str:
    return f"a {kind.name.lower()}"


def _either(words: tuple[str, ...] | list[str]) -> str:
    return " or ".join(words)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
