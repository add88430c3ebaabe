"""The routes about duty: calls, watches and alarms.

Rules of this file: as for `routes`: a route resolves names, asks one thing of the station, and tells the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from openline.station.api import types_duty as t
from openline.station.api.app import Asked, Route
from openline.station.api.types import LaneName
from openline.station.callbook import CallState
from openline.station.duty import PHASES
from openline.station.watchkeeping import OnWatch
from openline.wire.errors import Misuse
from openline.wire.terms import Lane

if TYPE_CHECKING:
    from openline.station.api.routes import Service

CALLS_TOLD: Final = 20
DAYS_MAX: Final = 4000
DAY_S: Final = 86_400


def whole(asked: Asked, name: str, default: int, most: int) -> int:
    """A whole number of the query, from 1 to `most`.

    Raises:
        Misuse: it is none.
    """
    text = asked.query.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= most):
        raise Misuse(f"{name}: {text} is not allowed", next_step=f"Give a whole number from 1 to {most}.")
    return int(text)


def call_id(asked: Asked) -> bytes:
    """The id in the path.

    Raises:
        Misuse: it is none.
    """
    try:
        return bytes.fromhex(asked.path["call"])
    except ValueError:
        raise Misuse(f"{asked.path['call']} is no call's id", next_step="See openline calls.") from None


# ---- calls


def call_told(service: Service, call: CallState, warnings: tuple[str, ...] = ()) -> t.Call:
    accord = service.runner.desk.ctx.accord
    return t.Call(
        id=call.id.hex(),
        line=accord.lines[call.line].id,
        lane=cast(LaneName, call.lane.name.lower()),
        caller=accord.sides[call.caller].name,
        due_s=call.due_s,
        state=call.state,
        over=call.over,
        started_s=call.started_s,
        ended_s=call.ended_s,
        officer=service.duty.officer_name(call.officer),
        sealed=call.sealed,
        warnings=warnings,
    )


async def _calls(service: Service, asked: Asked) -> t.Calls:
    service.runner.desk.at(service.runner.clock.now())
    book = service.duty.book
    return t.Calls(
        lasting=tuple(call_told(service, each) for each in book.lasting()),
        last=tuple(call_told(service, each) for each in book.last(CALLS_TOLD)),
    )


async def _place(service: Service, asked: Asked) -> t.Call:
    body: t.PlaceCall = asked.body
    line = service.drafts.translator.line(body.line)
    placed = await service.duty.place(line, Lane[body.lane.upper()], service.duty.officer(body.officer))
    return call_told(service, placed.call, placed.warnings)


async def _call(service: Service, asked: Asked) -> t.Call:
    return call_told(service, await service.duty.wait(call_id(asked), asked.query.get("unless")))


async def _pick_up(service: Service, asked: Asked) -> t.Call:
    body: t.PickUp = asked.body
    officer = service.duty.officer(body.officer)
    return call_told(service, await service.duty.pick_up(call_id(asked), PHASES[body.word], officer))


async def _hang_up(service: Service, asked: Asked) -> t.Call:
    return call_told(service, await service.duty.hang_up(call_id(asked)))


# ---- the watch


def watch_told(service: Service, watch: OnWatch) -> t.Watch:
    names = service.duty.officer_name
    return t.Watch(
        post=watch.post,
        officer=names(watch.officer) or "",
        from_s=watch.from_s,
        until_s=watch.until_s,
        relieved=names(watch.relieved),
    )


async def _watches(service: Service, asked: Asked) -> t.Watches:
    since_s = service.runner.clock.now().clock_s - DAY_S * whole(asked, "days", 7, DAYS_MAX)
    keeping = service.runner.desk.watchkeeping
    return t.Watches(
        posts=tuple(keeping.posts),
        now=tuple(watch_told(service, each) for each in keeping.lasting()),
        log=tuple(watch_told(service, each) for each in service.duty.watches(since_s)),
    )


async def _watch_on(service: Service, asked: Asked) -> t.Watch:
    body: t.WatchOn = asked.body
    officer = service.drafts.translator.officer(body.officer)
    return watch_told(service, await service.duty.come_on(body.post, officer))


async def _watch_off(service: Service, asked: Asked) -> t.Watch:
    body: t.WatchOff = asked.body
    return watch_told(service, await service.duty.go_off(body.post))


# ---- alarms


def alarms_told(service: Service) -> tuple[t.Alarm, ...]:
    duty = service.duty
    accord = service.runner.desk.ctx.accord
    found = []
    for each in duty.keeper.sounding.values():
        given = each.acknowledged
        found.append(
            t.Alarm(
                alarm=each.cause.alarm.value,
                line=None if each.cause.line is None else accord.lines[each.cause.line].id,
                since_s=each.since_s,
                priority=each.priority.value,
                acknowledged_by=None if given is None else duty.officer_name(given.officer),
                comment="" if given is None else given.comment,
                acknowledged_s=None if given is None else given.at_s,
                again_s=None if given is None else given.at_s + duty.keeper.again_ms // 1000,
            )
        )
    return tuple(sorted(found, key=lambda each: (PRIORITIES.index(each.priority), each.since_s)))


def ways_told(service: Service) -> tuple[t.Way, ...]:
    return tuple(
        t.Way(
            way=post.way.name,
            delivered=post.delivered,
            failed=post.failed,
            failing=post.failing,
            failing_since_s=post.failing_since_s if post.failing else None,
        )
        for post in service.duty.delivery.posts
    )


async def _alarms(service: Service, asked: Asked) -> t.Alarms:
    return t.Alarms(sounding=alarms_told(service), ways=ways_told(service))


async def _acknowledge(service: Service, asked: Asked) -> t.Quieted:
    body: t.KnowAlarms = asked.body
    count = await service.duty.acknowledge(service.duty.officer(body.officer), body.comment)
    return t.Quieted(count=count, sounding=alarms_told(service))


async def _test(service: Service, asked: Asked) -> tuple[t.Tested, ...]:
    return tuple(t.Tested(way=each.way, why=each.why) for each in await service.duty.test())


PRIORITIES: Final = ("high", "medium", "low")
UNLESS: Final = (("unless", "a state: the answer waits until the call is in another, for some seconds"),)
DAYS: Final = (("days", "how many days back; 7, unless given"),)

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/v1/calls", "The calls that last, and those that finished last.", _calls, gives=t.Calls),
    Route("POST", "/v1/calls", "Ring the other side on a line.", _place, takes=t.PlaceCall, gives=t.Call),
    Route("GET", "/v1/calls/{call}", "How a call stands.", _call, gives=t.Call, query=UNLESS),
    Route(
        "POST", "/v1/calls/{call}/word", "Answer, decline or defer a call that rings here.", _pick_up,
        takes=t.PickUp, gives=t.Call,
    ),
    Route("POST", "/v1/calls/{call}/end", "Hang up.", _hang_up, gives=t.Call),
    Route("GET", "/v1/watch", "Who is on watch, and who was.", _watches, gives=t.Watches, query=DAYS),
    Route(
        "POST", "/v1/watch/on", "An officer comes on watch; from another, by a handover.", _watch_on,
        takes=t.WatchOn, gives=t.Watch,
    ),
    Route("POST", "/v1/watch/off", "The watch ends, and nobody takes it over.", _watch_off, takes=t.WatchOff,
          gives=t.Watch),
    Route("GET", "/v1/alarms", "The alarms that sound, and the ways they reach people.", _alarms, gives=t.Alarms),
    Route(
        "POST", "/v1/alarms/acknowledge", "An officer quiets every alarm that sounds now.", _acknowledge,
        takes=t.KnowAlarms, gives=t.Quieted,
    ),
    Route(
        "POST", "/v1/alarms/test", "Deliver a test by every configured way.", _test, gives=tuple[t.Tested, ...],
    ),
)  # fmt: skip
