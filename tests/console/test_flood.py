"""What the other side sends in great numbers hides nothing else, and no page grows with it."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from openline.console import signs
from openline.console.screens import acts
from openline.console.words import words
from openline.station.api import types_duty as t
from openline.station.api.types import CheckInState

CALL = t.Call(
    id="00" * 8, line="liaison", lane="liaison", caller="north", due_s=0, state="ringing", over=False,
    started_s=1, ended_s=None, officer=None, sealed=False,
)  # fmt: skip
ALARM = t.Alarm(
    alarm="flash_unread", priority="high", line="liaison", since_s=1, acknowledged_by=None,
    comment="", acknowledged_s=None, again_s=None,
)  # fmt: skip


def bar(browser, calls=(), alarms=()):
    """The region of what rings and sounds."""
    browser.get("/")
    look = browser.portal.call(browser.console.watcher.now)
    changed = look._replace(
        calls=msgspec.structs.replace(look.calls, lasting=tuple(calls)),
        alarms=msgspec.structs.replace(look.alarms, sounding=tuple(alarms)),
    )
    part: str = browser.console.pages.part("bar.html", words("en"), look=changed)
    return re.sub(r"\s+", " ", part)


def test_a_flood_of_rings_is_one_bar_a_line(browser):
    """Sixty-four calls at once on one line: the first can be answered, the others are counted, and the FLASH that came
    meanwhile stands right under them; a call on another line has its own."""
    rings = [msgspec.structs.replace(CALL, id=f"{n:016x}") for n in range(64)]
    other = msgspec.structs.replace(CALL, id="ff" * 8, line="military")
    shown = bar(browser, [*rings, other], [ALARM])
    assert shown.count("Answer the call") == 2
    assert f'/calls/{rings[0].id}/word' in shown
    assert "and more at once: 63" in shown
    assert f"/calls/{other.id}/word" in shown
    assert len(shown) < 4_000
    assert "flash" in shown.lower()


def test_a_flood_of_alarms_is_one_row_of_each(browser):
    """Those of one kind and line are counted; what somebody knows of stands apart from what nobody does."""
    many = [msgspec.structs.replace(ALARM, since_s=n) for n in range(63)]
    known = msgspec.structs.replace(ALARM, acknowledged_by="kim")
    late = msgspec.structs.replace(ALARM, alarm="immediate_overdue", priority="medium")
    shown = bar(browser, (), [*many, known, late])
    assert shown.count("<li") == 3
    assert "× 63" in shown
    assert "known to kim" in shown


def test_lines_that_fall_silent_at_once_are_one_row(browser):
    """Each line leads to why it is silent; a phone still shows what stands below."""
    silent = [msgspec.structs.replace(ALARM, alarm="peer_silent", line=f"line {n}") for n in range(4)]
    shown = bar(browser, (), [*silent, silent[0]])
    assert shown.count("<li") == 1
    for each in silent:
        assert f'href="/lines/{each.line.replace(" ", "%20")}/why">{each.line}</a>' in shown
    assert shown.count("× 2") == 1
    assert "Why silent, and the drill:" in shown


def test_a_silence_of_every_line_leads_on_too(browser):
    """The alarm of no one line has a way to why, as every other."""
    everything = msgspec.structs.replace(ALARM, alarm="peer_silent", line="")
    shown = bar(browser, (), [everything])
    assert re.search(r'href="/lines/[a-z]+/why">Why silent, and the drill|href="/">To the board', shown)


class Proposed(NamedTuple):
    """Of an offer, what tells which others stand beside it."""

    ref: str
    kind: str = "propose"
    scope: tuple[tuple[str, str], ...] = (("liaison", "liaison"),)


def test_a_flood_of_proposals_names_a_few_of_itself():
    """Two hundred for one line: each names some of the others, not all of them, or the page would be their square."""
    named = acts.counters([Proposed(str(number)) for number in range(200)])
    assert len(named) == 200
    assert {len(each) for each in named.values()} == {acts.NAMED}
    assert all(ref not in others for ref, others in named.items())


def test_many_check_ins_a_day_leave_the_lines_on_the_screen():
    """Of twenty-four the last two and the next two are shown and the others counted; a few are all shown."""
    day = [CheckInState(due_s=n * 3600, caller="north", outcome="", complete=True) for n in range(24)]
    near = signs.nearest(day, 9 * 3600 + 1)
    assert [each.due_s // 3600 for each in near.shown] == [8, 9, 10, 11]
    assert near.others == 20
    assert signs.nearest(day[:6], 0) == (day[:6], 0)
    assert [each.due_s // 3600 for each in signs.nearest(day, 24 * 3600).shown] == [22, 23]
