"""Asking a running station: HTTP on its Unix socket, or on its loopback address with the token.

Rules of this file:
1. Which station: `--station`, else the environment's OPENLINE_STATION, else ./station.toml.
2. What the station refuses is raised here as the same error, so that a verb ends with the same exit code as if it had
   been refused in this process.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import click
import msgspec

from openline.cli.files import FILE, for_terminal
from openline.station import config as configs
from openline.station.api import answers, frames
from openline.station.api.socket_path import addressable
from openline.station.config import Config
from openline.station.durable import sync_folder
from openline.wire.errors import (
    Misuse,
    StorageFault,
)

DEFAULT: Final = Path("station.toml")
ENVIRONMENT: Final = "OPENLINE_STATION"
READER: Final = "this release"
PATIENCE_S: Final = 60
LONG_S: Final = 3600  # a copy of a long record is made before its first byte comes
PIECE_BYTES: Final = 256 * 1024

T = TypeVar("T")
Verb = TypeVar("Verb", bound=Callable[..., Any])


def station_option(verb: Verb) -> Verb:
    """`--station`: which running station is asked."""
    return click.option(
        "--station", type=FILE, envvar=ENVIRONMENT, default=DEFAULT, show_default=True,
        help=f"The station's configuration (or the environment's {ENVIRONMENT}).",
    )(verb)  # fmt: skip


class _Unix(http.client.HTTPConnection):
    def __init__(self, path: Path, patience_s: float) -> None:
        super().__init__("localhost", timeout=patience_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with addressable(self._path) as where:
            self.sock.connect(where)


class Asking:
    """A running station, as its own command line sees it."""

    def __init__(self, config_file: Path) -> None:
        self.config_file = config_file
        self.config: Config = configs.load(config_file)

    def get(self, path: str, gives: type[T], **query: str | None) -> T:
        """Ask what is at `path`. Raises: as `call`."""
        given = {name: value for name, value in query.items() if value is not None}
        return answers.value(self.call("GET", path + (f"?{urlencode(given)}" if given else "")), gives, READER)

    def post(self, path: str, asked: Any = None, gives: type[T] | None = None) -> Any:
        """Have something done. `asked`: a value of the API, or bytes. Raises: as `call`."""
        body = asked if isinstance(asked, bytes) else msgspec.json.encode(asked) if asked is not None else None
        found = self.call("POST", path, body)
        return None if gives is None else answers.value(found, gives, READER)

    def delete(self, path: str) -> None:
        self.call("DELETE", path)

    def call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """One request.

        Raises:
            Misuse: no station is running there.
            OpenlineError: what the station raised, as the same class.
        """
        connection = self._connection()
        try:
            with self._reaching():
                connection.request(method, path, body, self._headers())
                response = connection.getresponse()
                data = response.read()
        finally:
            connection.close()
        if response.status >= 400:
            raise answers.fault(data, response.status)
        return data

    def is_running(self) -> bool:
        """Whether a station serves there."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trying:
            trying.settimeout(PATIENCE_S)
            try:
                trying.connect(str(self.config.api.socket))
            except OSError:
                return False
        return True

    def fetch(self, path: str, to: Path) -> None:
        """Bring what is at `path` into the new file `to`, its owner's alone, durable when this returns.

        Raises:
            Misuse: no station is running there.
            StorageFault: the disk failed, or the station broke off.
            OpenlineError: what the station raised, as the same class.
        """
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            for data in self.stream("GET", path):
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(to.parent)

    def bundles(self, path: str) -> Iterator[bytes]:
        """The framed bundles that a POST to `path` gives, one at a time. Raises: as `fetch`."""
        return frames.read(self.stream("POST", path))

    def stream(self, method: str, path: str) -> Iterator[bytes]:
        """What is at `path`, piece by piece. Raises: as `fetch`."""
        connection = self._connection(patience_s=LONG_S)
        try:
            with self._reaching():
                connection.request(method, path, headers=self._headers())
                response = connection.getresponse()
                if response.status >= 400:
                    raise answers.fault(response.read(), response.status)
                while data := response.read(PIECE_BYTES):
                    yield data
                if response.length:
                    raise StorageFault("the station broke off; look at its log, then try again")
        finally:
            connection.close()

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Tell what stands between us and the station."""
        try:
            yield
        except (ConnectionRefusedError, FileNotFoundError):
            raise Misuse(
                f"no station is running on {self.config.api.socket}",
                next_step=f"Start it: openline up {self.config_file}.",
            ) from None
        except (OSError, http.client.HTTPException) as error:
            what = getattr(error, "strerror", None) or "the station did not answer"
            raise StorageFault(f"{self.config.api.socket}: {what}") from None

    def _connection(self, patience_s: float = PATIENCE_S) -> http.client.HTTPConnection:
        return _Unix(self.config.api.socket, patience_s)

    def _headers(self) -> Mapping[str, str]:
        return {"Host": "localhost"}


def show_json(value: Any) -> None:
    """A value of the API as one JSON object."""
    click.echo(json.dumps(msgspec.to_builtins(value), ensure_ascii=False))


def fit(value: T) -> T:
    """A value of the API whose every text is fit for a terminal: what others wrote steers none."""
    return msgspec.convert(_fit(msgspec.to_builtins(value)), type(value))


def _fit(plain: Any) -> Any:
    match plain:
        case str():
            return for_terminal(plain)
        case dict():
            return {_fit(key): _fit(item) for key, item in plain.items()}
        case list() | tuple():
            return [_fit(item) for item in plain]
        case _:
            return plain


def one_line(text: str, width: int = 160) -> str:
    """Text on one line of a list, its beginning if it is long: what others wrote makes no rows of its own."""
    line = " ".join(for_terminal(text).split())
    return line if len(line) <= width else f"{line[:width]}…"


def asking(station: Path) -> Asking:
    return Asking(Path(os.fspath(station)))
