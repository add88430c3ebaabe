"""The ways by which a notice leaves the station: an HTTP request, a mail, a local program.

Rules of this file:
1. A way delivers one notice or raises `Undelivered` with one sentence, within its patience; nothing of a notice is
   tried by a shell.
2. What blocks (HTTP, SMTP, looking up names) runs in a thread of its own that a stopping station does not wait for; a
   way has one at most, however often it is asked.
3. A way's name tells where it leads and no secret: of an address the host alone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol
from urllib.parse import urlsplit

from openline.station import notices
from openline.station.config import Alarm, Mail
from openline.station.notices import Notice
from openline.wire.said import Length, say

PATIENCE_S: Final = 10.0
COMMAND_PATIENCE_S: Final = 30.0  # chosen: longer than any sound that is played once


class Undelivered(Exception):
    """Why a notice did not leave; one sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Way(Protocol):
    """`takes`: the events it is told of. `hourly`: how many notices of one alarm it takes in an hour."""

    name: str
    takes: frozenset[str]
    hourly: int

    async def deliver(self, notice: Notice) -> None:
        """Raises: Undelivered."""


def configured(alarm: Alarm, config_file: str = "") -> list[Way]:
    """Every way that a configuration gives."""
    found: list[Way] = [Webhook(url, alarm.language) for url in alarm.webhook]
    if alarm.mail is not None:
        found.append(Mailing(alarm.mail, alarm.language))
    if alarm.command:
        found.append(Command(alarm.command, config_file, alarm.language))
    return found


class Webhook:
    """A POST of JSON. A redirection is not followed: it is a wrong address."""

    takes = frozenset({"begin", "again", "acknowledged", "end", "test"})
    hourly = 720

    def __init__(self, url: str, language: str) -> None:
        self._language = language
        self._parts = urlsplit(url)
        self.name = f"webhook {self._parts.hostname}"
        self._thread = Thread(self.name)

    async def deliver(self, notice: Notice) -> None:
        await self._thread.run(lambda: self._post(notices.as_json(notice, self._language)))

    def _post(self, body: bytes) -> None:
        import http.client  # only a station with a webhook needs it

        parts = self._parts
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE_S)
            try:
                connection.request("POST", path, body, {"Content-Type": "application/json", "User-Agent": "openline"})
                status = connection.getresponse().status
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Undelivered(_says(error)) from None
        if not 200 <= status < 300:
            raise Undelivered(say("answered {status}", status=str(status)))


class Mailing:
    """One mail to everybody named."""

    takes = frozenset({"begin", "again", "test"})
    hourly = 60

    def __init__(self, mail: Mail, language: str) -> None:
        self.mail, self._language = mail, language
        self.name = f"mail by {mail.server}"
        self._thread = Thread(self.name)

    async def deliver(self, notice: Notice) -> None:
        await self._thread.run(lambda: self._send(notice))

    def _send(self, notice: Notice) -> None:
        import smtplib  # only a station that mails needs it
        import ssl

        mail = self.mail
        try:
            if mail.tls == "tls":
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    mail.server, mail.port, timeout=PATIENCE_S, context=ssl.create_default_context()
                )
            else:
                server = smtplib.SMTP(mail.server, mail.port, timeout=PATIENCE_S)
            with server:
                if mail.tls == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if mail.user is not None and mail.password_file is not None:
                    password = mail.password_file.read_text().split("\n", 1)[0].removesuffix("\r")
                    server.login(mail.user, password)
                turned_away = server.send_message(notices.as_mail(notice, mail, self._language))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise Undelivered(_says(error)) from None
        if turned_away:
            names = ", ".join(sorted(turned_away))
            raise Undelivered(say("the server takes no mail for {names}", names=names))


class Command:
    """A local program, run without a shell; what it prints goes nowhere."""

    takes = frozenset({"begin", "repeat", "again", "test"})
    hourly = 720

    def __init__(self, words: tuple[str, ...], config_file: str, language: str) -> None:
        self.words, self._language = words, language
        self.config_file = config_file
        self.name = f"command {os.path.basename(words[0])}"

    async def deliver(self, notice: Notice) -> None:
        environment = {**os.environ, **notices.as_environment(notice, self.config_file, self._language)}
        nowhere = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *self.words, stdin=nowhere, stdout=nowhere, stderr=nowhere, env=environment, start_new_session=True
            )
        except (OSError, ValueError) as error:
            raise Undelivered(_says(error)) from None
        try:
            async with asyncio.timeout(COMMAND_PATIENCE_S):
                code = await process.wait()
        except TimeoutError:
            length = Length.of(round(COMMAND_PATIENCE_S * 1000))
            raise Undelivered(say("did not end within {length} and was stopped", length=length)) from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):  # it ended by itself at that moment
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if code != 0:
            raise Undelivered(
                say("ended with {code}", code=str(code))
                if code > 0
                else say("was ended by signal {signal}", signal=str(-code))
            )


class Thread:
    """Runs what blocks, one at a time, in a daemon thread: neither a hanging server nor a slow name service holds the
    station up, while it runs or when it stops."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._turn = asyncio.Lock()
        self._hangs = False

    async def run(self, act: Callable[[], None]) -> None:
        """Do `act`.

        Raises:
            Undelivered: as `act`; or it did not end in time; or an earlier one still hangs.
        """
        async with self._turn:
            if self._hangs:
                raise Undelivered(say("an earlier try still hangs"))
            await self._in_thread(act)

    async def _in_thread(self, act: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[str | None] = loop.create_future()

        def settle(why: str | None) -> None:
            self._hangs = False
            if not done.done():
                done.set_result(why)

        def work() -> None:
            why: str | None = None
            try:
                act()
            except Undelivered as error:
                why = error.why
            except Exception as error:  # no bell may end its thread without a word: it would count as hanging for ever
                why = say("a defect: {error}: {why}", error=type(error).__name__, why=_says(error))
            with suppress(RuntimeError):  # the loop has ended: nobody waits any more
                loop.call_soon_threadsafe(settle, why)

        self._hangs = True
        threading.Thread(target=work, name=f"openline {self._name}", daemon=True).start()
        try:
            async with asyncio.timeout(2 * PATIENCE_S):
                why = await done
        except TimeoutError:
            length = Length.of(round(2 * PATIENCE_S * 1000))
            raise Undelivered(say("no answer within {length}", length=length)) from None
        if why is not None:
            raise Undelivered(why)


def _says(error: Exception) -> str:
    """What went wrong, on one line; an operating system's words where there are some."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return notices.one_line(text)[:200]
