"""Alarms reach people: by a real HTTP server, a real mail server and a real program, each by itself, within bounds."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Coroutine
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from openline.station import bells, notices
from openline.station.bells import Undelivered, configured
from openline.station.config import Alarm, Mail
from openline.station.delivery import WAITING_MAX, Delivery, Outcome
from openline.station.notices import SAYS, Notice
from tests.unit.station.sinks import certificate, http_sink, mail_sink

SINCE_S = 1_600_000_000
NOTICE = Notice("begin", "flash_unread", "panmunjom", SINCE_S, "high", "south", "inter-Korean")


def run(act: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await act

    asyncio.run(bounded())


def delivery(alarm: Alarm, **settings: Any) -> Delivery:
    return Delivery(configured(alarm, "/etc/south.toml"), lambda: SINCE_S, **settings)


async def delivered(made: Delivery, notices: list[Notice], done: Any) -> None:
    """Run a delivery until `done` has been awaited."""
    running = asyncio.create_task(made.run())
    for notice in notices:
        made.tell(notice)
    await done
    await ended(running)


async def ended(running: asyncio.Task[None]) -> None:
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def noting_command(folder: Path) -> tuple[str, ...]:
    """A program that writes what it was told into a new file."""
    script = (
        "import json, os, sys, tempfile\n"
        "told = {k: v for k, v in os.environ.items() if k.startswith('OPENLINE_')}\n"
        "handle, name = tempfile.mkstemp(dir=sys.argv[1], prefix='.')\n"
        "os.write(handle, json.dumps([told, sys.argv[2:]]).encode()); os.close(handle)\n"
        "os.rename(name, name.replace('/.', '/'))\n"
    )
    return sys.executable, "-c", script, str(folder), "a word; and $(more)"


async def files(folder: Path, wanted: int) -> list[Any]:
    """What the program wrote, once it ran so often."""
    async with asyncio.timeout(20):
        while len(found := [each for each in folder.iterdir() if not each.name.startswith(".")]) < wanted:
            await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(None, folder.stat), 1)
    return [json.loads(each.read_text()) for each in found]


def test_a_webhook_is_told_names_and_times():
    """A POST of JSON holds the alarm, its line, since when, and whose station; nothing else that anybody wrote."""

    async def act() -> None:
        async with http_sink() as sink:
            made = delivery(Alarm(webhook=(f"http://127.0.0.1:{sink.port}/hook?key=secret",)))
            await delivered(made, [NOTICE], sink.count(1))
            assert json.loads(sink.got[0]) == {
                "event": "begin", "alarm": "flash_unread", "line": "panmunjom", "since": "2020-09-13T12:26:40Z",
                "priority": "high", "station": "south", "accord": "inter-Korean", "officer": "", "comment": "",
                "says": "a FLASH of theirs has not been opened", "language": "en",
            }  # fmt: skip
            assert made.posts[0].way.name == "webhook 127.0.0.1"

    run(act())


def test_a_failed_webhook_is_tried_again():
    """A server in trouble gets the notice again, after pauses; the failures are counted and then past."""
    said: list[tuple[str, dict[str, Any]]] = []

    async def act() -> None:
        async with http_sink() as sink:
            sink.answers = ["500 Trouble", "302 Elsewhere", "204 Good"]
            alarm = Alarm(webhook=(f"http://127.0.0.1:{sink.port}/",))
            made = delivery(alarm, again_s=(0.01, 0.01), log=lambda event, **fields: said.append((event, fields)))
            running = asyncio.create_task(made.run())
            made.tell(NOTICE)
            await sink.count(3)
            made.tell(NOTICE._replace(event="end"))
            await sink.count(4)
            await ended(running)
            post = made.posts[0]
            assert (post.failed, post.failing) == (2, "")

    run(act())
    assert [event for event, _ in said] == ["delivery_failed", "delivery_failed", "delivery_works_again"]
    assert [fields["what"] for _, fields in said[:2]] == ["answered 500", "answered 302"]


def test_it_gives_up_after_so_many_tries():
    """What cannot be delivered is not tried for ever, and the way is then said to fail."""

    async def act() -> None:
        async with http_sink() as sink:
            sink.answers = ["503 Never"]
            made = delivery(Alarm(webhook=(f"http://127.0.0.1:{sink.port}/",)), again_s=(0.01, 0.01))
            await delivered(made, [NOTICE, NOTICE._replace(line="second")], sink.count(6))
            assert [json.loads(body)["line"] for body in sink.got] == ["panmunjom"] * 3 + ["second"] * 3
            assert made.posts[0].failing == "answered 503"
            assert made.posts[0].failing_since_s == SINCE_S

    run(act())


def test_alarms_take_turns():
    """Fifty calls that ring wait for a way that is slow: a FLASH that comes then is the next to go but one."""

    async def act() -> None:
        async with http_sink() as sink:
            made = delivery(Alarm(webhook=(f"http://127.0.0.1:{sink.port}/",)))
            rings = [NOTICE._replace(alarm="call_ringing", line=str(n)) for n in range(50)]
            await delivered(made, [*rings, NOTICE], sink.count(51))
            told = [json.loads(body) for body in sink.got]
            assert [each["alarm"] for each in told[:3]] == ["call_ringing", "flash_unread", "call_ringing"]
            assert [each["line"] for each in told[2:]] == [str(n) for n in range(1, 50)]

    run(act())


def test_a_mail_reaches_everybody_named():
    """A plain mail says which alarm, on which line, since when; no answering machine is to answer it."""

    async def act() -> None:
        async with mail_sink() as sink:
            mail = Mail(server="127.0.0.1", port=sink.port, sender="s@x.example", to=("a@x.example", "b@x.example"),
                        tls="none")  # fmt: skip
            await delivered(delivery(Alarm(mail=mail)), [NOTICE], sink.count(1))
            found = message_from_bytes(sink.got[0])
            assert found["Subject"] == "Openline south: flash_unread on panmunjom"
            assert found["To"] == "a@x.example, b@x.example"
            assert found["Auto-Submitted"] == "auto-generated"
            assert "since    2020-09-13T12:26:40Z" in found.get_payload()

    run(act())


@pytest.mark.parametrize("alarm", SAYS)
def test_people_are_told_in_the_language_of_the_configuration(alarm):
    """Of every alarm the subject, the sentence and each row of a mail are Korean; a program finds the same codes in a
    hook as ever."""
    mail = Mail(server="mail", sender="s@x.example", to=("a@x.example",))
    for event, line in (("begin", ""), ("begin", "west"), ("again", ""), ("again", "west")):
        notice = NOTICE._replace(alarm=alarm, event=event, line=line)
        made = notices.as_mail(notice, mail, "ko")
        text = f"{made['Subject']}\n{made.get_content()}"
        for word in ("FLASH", "IMMEDIATE", "Openline", "south", "inter-Korean", "west", "openline alarm acknowledge",
                     alarm, "2020-09-13T12:26:40Z"):  # fmt: skip
            text = text.replace(word, "")
        assert not re.search("[A-Za-z]", text), text
        assert ("다시" in text) == (event == "again")
        hook = json.loads(notices.as_json(notice, "ko"))
        assert (hook["alarm"], hook["event"], hook["language"]) == (alarm, event, "ko")
        assert re.search("[가-힣]", hook["says"])
        assert re.search("[가-힣]", notices.as_environment(notice, "", "ko")["OPENLINE_SAYS"])


def test_a_korean_mail_arrives_as_it_was_written():
    """By a real mail server, from the setting on."""

    async def act() -> None:
        async with mail_sink() as sink:
            mail = Mail(server="127.0.0.1", port=sink.port, sender="s@x.example", to=("a@x.example",), tls="none")
            await delivered(delivery(Alarm(mail=mail, language="ko")), [NOTICE], sink.count(1))
            found = message_from_bytes(sink.got[0], policy=policy.default)
            assert found["Subject"] == "Openline south 경보: 미열람 FLASH 전문 · panmunjom"
            assert "화급(FLASH) 전문을 아직 열어 보지 않았습니다." in found.get_content()

    run(act())


def test_a_mail_goes_under_starttls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With STARTTLS the server's certificate is checked, by its name too; without it nothing is mailed."""
    context, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))

    async def act() -> None:
        async with mail_sink(context) as sink:
            mail = Mail(server="localhost", port=sink.port, sender="s@x.example", to=("a@x.example",))
            made = delivery(Alarm(mail=mail))
            assert await made.test(NOTICE) == [Outcome("mail by localhost", "")]
            assert sink.secured
        async with mail_sink() as sink:
            mail = Mail(server="localhost", port=sink.port, sender="s@x.example", to=("a@x.example",))
            [outcome] = await delivery(Alarm(mail=mail)).test(NOTICE)
            assert "STARTTLS" in outcome.why
            assert sink.got == []
        async with mail_sink(context) as sink:
            mail = Mail(server="127.0.0.1", port=sink.port, sender="s@x.example", to=("a@x.example",))
            [outcome] = await delivery(Alarm(mail=mail)).test(NOTICE)
            assert "certificate" in outcome.why
            assert sink.got == []

    run(act())


def test_a_command_finds_the_alarm_in_its_environment(tmp_path: Path):
    """A local program is run without a shell, with the names in its environment and where the station is."""

    async def act() -> None:
        made = delivery(Alarm(command=noting_command(tmp_path)))
        running = asyncio.create_task(made.run())
        made.tell(NOTICE)
        [[told, words]] = await files(tmp_path, 1)
        await ended(running)
        assert told == {
            "OPENLINE_EVENT": "begin", "OPENLINE_ALARM": "flash_unread", "OPENLINE_LINE": "panmunjom",
            "OPENLINE_SINCE": "2020-09-13T12:26:40Z", "OPENLINE_PRIORITY": "high", "OPENLINE_SIDE": "south",
            "OPENLINE_STATION": "/etc/south.toml", "OPENLINE_SAYS": "a FLASH of theirs has not been opened",
        }  # fmt: skip
        assert words == ["a word; and $(more)"]

    run(act())


def test_each_way_is_told_what_it_can_use(tmp_path: Path):
    """A repetition goes to the program alone, an end to the webhook alone."""

    async def act() -> None:
        async with http_sink() as sink:
            alarm = Alarm(webhook=(f"http://127.0.0.1:{sink.port}/",), command=noting_command(tmp_path))
            made = delivery(alarm)
            running = asyncio.create_task(made.run())
            for event in ("repeat", "end", "acknowledged"):
                made.tell(NOTICE._replace(event=event))
            await sink.count(2)
            found = await files(tmp_path, 1)
            await ended(running)
            assert [json.loads(body)["event"] for body in sink.got] == ["end", "acknowledged"]
            assert [told["OPENLINE_EVENT"] for told, _ in found] == ["repeat"]

    run(act())


def test_a_way_that_hangs_holds_up_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A server that never answers is given up after a while; the program is run meanwhile."""
    monkeypatch.setattr(bells, "PATIENCE_S", 0.2)

    async def act() -> None:
        async with http_sink() as sink:
            sink.answers = ["nothing"]
            alarm = Alarm(webhook=(f"http://127.0.0.1:{sink.port}/",), command=noting_command(tmp_path))
            made = delivery(alarm)
            running = asyncio.create_task(made.run())
            made.tell(NOTICE)
            await files(tmp_path, 1)
            async with asyncio.timeout(20):
                while not made.posts[0].failing:
                    await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(None, tmp_path.stat), 1)
            await ended(running)
            assert "timed out" in made.posts[0].failing

    run(act())


def test_a_bell_that_fails_in_a_way_nobody_foresaw_rings_again(monkeypatch: pytest.MonkeyPatch):
    """It is told as undelivered at once, and the next try has its thread."""

    async def act() -> None:
        [way] = configured(Alarm(webhook=("http://127.0.0.1:9/",)))

        def defect(_body: bytes) -> None:
            raise LookupError("unforeseen")

        monkeypatch.setattr(way, "_post", defect)
        for _ in range(2):
            with pytest.raises(Undelivered, match="a defect: LookupError: unforeseen"):
                await way.deliver(NOTICE)

    run(act())


def test_a_program_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch):
    """A program has half a minute, with all that it started; what it leaves behind is a failure that is said."""
    monkeypatch.setattr(bells, "COMMAND_PATIENCE_S", 0.2)

    async def act() -> None:
        [way] = configured(Alarm(command=("sh", "-c", "sleep 600")))
        with pytest.raises(Undelivered, match="did not end"):
            await way.deliver(NOTICE)
        [way] = configured(Alarm(command=("false",)))
        with pytest.raises(Undelivered, match="ended with 1"):
            await way.deliver(NOTICE)
        [way] = configured(Alarm(command=("/nowhere/ring",)))
        with pytest.raises(Undelivered, match="No such file"):
            await way.deliver(NOTICE)

    run(act())


def test_what_waits_is_bounded():
    """While a way hangs no more than so many notices wait for it. What is dropped is of the alarm that has most, the
    oldest first: a flood of calls drives no FLASH out."""

    async def act() -> None:
        async with http_sink() as sink:
            made = delivery(Alarm(webhook=(f"http://127.0.0.1:{sink.port}/",)))
            made.tell(NOTICE)
            for number in range(WAITING_MAX + 9):
                made.tell(NOTICE._replace(alarm="call_ringing", line=str(number)))
            assert made.posts[0].failed == 10
            running = asyncio.create_task(made.run())
            await sink.count(WAITING_MAX)
            await ended(running)
            came = [json.loads(body) for body in sink.got]
            assert [each["alarm"] for each in came[:2]] == ["flash_unread", "call_ringing"]
            assert came[1]["line"] == "10"

    run(act())


def test_a_flood_is_held_back():
    """Whoever makes many alarms begin fills no mailbox: beyond its hourly number a way takes no more of that alarm, and
    says so; another alarm still goes."""

    async def act() -> None:
        async with mail_sink() as sink:
            mail = Mail(server="127.0.0.1", port=sink.port, sender="s@x.example", to=("a@x.example",), tls="none")
            made = delivery(Alarm(mail=mail))
            made.posts[0].way.hourly = 3
            running = asyncio.create_task(made.run())
            for _ in range(5):
                made.tell(NOTICE._replace(alarm="call_ringing"))
            for _ in range(3):
                made.tell(NOTICE)
            made.tell(NOTICE._replace(alarm="clock_offset"))
            made.tell(NOTICE._replace(alarm="peer_silent"))
            await sink.count(8)  # alarms take turns: before the last of them the flood's own rest had its own
            await ended(running)
            assert made.posts[0].failed == 2
            assert [sum(b"call_ringing" in each for each in sink.got), len(sink.got)] == [3, 8]

    run(act())


def test_a_test_says_which_ways_work():
    """Each way is really tried once, all at the same time; what failed says why."""

    async def act() -> None:
        async with http_sink() as sink:
            alarm = Alarm(webhook=(f"http://127.0.0.1:{sink.port}/", "http://127.0.0.1:1/"), command=("true",))
            outcomes = await delivery(alarm).test(NOTICE._replace(event="test", alarm="test"))
            assert [each.why for each in outcomes] == ["", "Connection refused", ""]
            assert json.loads(sink.got[0])["event"] == "test"

    run(act())
