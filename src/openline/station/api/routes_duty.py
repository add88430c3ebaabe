"""The routes about duty: calls, watches, alarms, drills, history, statements.

Rules of this file: as for `routes`: a route resolves names, asks one thing of the station, and tells the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from openline.station.api import types_duty as t
from openline.station.api.app import Asked, Route
from openline.station.api.asking import time_s, whole
from openline.station.api.saying import sentences
from openline.station.api.types import LaneName
from openline.station.callbook import CallState
from openline.station.drill import Drill
from openline.station.duty import PHASES
from openline.station.facts import Facts
from openline.station.statements import Said
from openline.station.watchkeeping import OnWatch
from openline.wire.errors import Misuse
from openline.wire.said import say, sentence_of
from openline.wire.terms import Lane

if TYPE_CHECKING:
    from openline.station.api.routes import Service

CALLS_TOLD: Final = 20
PAST_CALLS_MAX: Final = 2_000  # chosen: two a working day for four years
DAYS_MAX: Final = 4000
DAY_S: Final = 86_400


def call_id(asked: Asked) -> bytes:
    """The id in the path.

    Raises:
        Misuse: it is none.
    """
    try:
        return bytes.fromhex(asked.path["call"])
    except ValueError:
        raise Misuse(
            say("{id} is no call's id", id=asked.path["call"]), next_step=say("See openline calls.")
        ) from None


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
        attested=call.attested,
        warnings=warnings,
        warnings_said=sentences(warnings),
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
            failing_said=sentence_of(post.failing),
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
    outcomes = await service.duty.test()
    return tuple(t.Tested(way=each.way, why=each.why, why_said=sentence_of(each.why)) for each in outcomes)


# ---- drills


def drill_told(service: Service, drill: Drill) -> t.Drill:
    ctx = service.runner.desk.ctx
    lines, check = [line.id for line in ctx.accord.lines], drill.check
    tries, others = (
        tuple(
            t.DrillTry(
                at_s=x.at_s, seen_s=x.seen_s, line=lines[x.line], state=x.state, why=x.why, why_said=sentence_of(x.why)
            )
            for x in each
        )
        for each in (drill.tries, drill.others)
    )
    return t.Drill(
        line=lines[drill.line],
        officer=service.duty.officer_name(drill.officer) or "",
        due_s=drill.due_s,
        started_s=drill.started_s,
        ended_s=drill.ended_s,
        stopped=drill.stopped,
        steps=drill.steps,
        retries=drill.retries,
        retry_after_s=drill.retry_after_ms // 1000,
        self_test=t.SelfTest(
            probes_ok=check.probes_ok,
            carriers=check.carriers,
            carriers_said={name: sentence_of(state) for name, state in check.carriers.items()},
            clock_offset_ms=check.offset_ms,
            heads_equal=check.heads_equal,
            heard_s=check.heard_s,
            observed=check.observed,
        ),
        tries=tries,
        other_lines=others,
        statement={} if drill.ended_s is None else Facts(ctx.accord, ctx.us, drill).texts(),
    )


def _line(service: Service, name: str) -> int:
    return service.drafts.translator.line(name)


async def _order_drill(service: Service, asked: Asked) -> t.Drill:
    body: t.OrderDrill = asked.body
    officer = service.duty.officer(body.officer)
    return drill_told(service, await service.duty.drill(_line(service, body.line), officer))


async def _drill(service: Service, asked: Asked) -> t.Drill:
    known = whole(asked, "after", 0, 10**6, least=0) if "after" in asked.query else -1
    return drill_told(service, await service.duty.drill_after(_line(service, asked.path["line"]), known))


async def _stop_drill(service: Service, asked: Asked) -> t.Drill:
    return drill_told(service, await service.duty.stop_drill(_line(service, asked.path["line"])))


# ---- statements, history


def said_told(service: Service, said: Said) -> t.NotedStatement:
    return t.NotedStatement(
        line=service.runner.desk.ctx.accord.lines[said.line].id,
        text=said.text,
        source=said.source,
        at_s=said.at_s,
        officer=service.duty.officer_name(said.officer) or "",
        noted_s=said.noted_s,
    )


async def _note(service: Service, asked: Asked) -> t.NotedStatement:
    body: t.NoteStatement = asked.body
    officer = service.duty.officer(body.officer)
    said = await service.duty.note(_line(service, body.line), body.text, body.source, body.at_s, officer)
    return said_told(service, said)


async def _notes(service: Service, asked: Asked) -> tuple[t.NotedStatement, ...]:
    found = service.duty.statements.of(_line(service, asked.path["line"]))
    return tuple(said_told(service, said) for said in found)


async def _history(service: Service, asked: Asked) -> t.History:
    ctx, now = service.runner.desk.ctx, service.runner.clock.now()
    days_s = DAY_S * whole(asked, "days", 7, DAYS_MAX)
    until_s = min(time_s(asked, "until") or now.clock_s, now.clock_s)
    from_s = time_s(asked, "from") if "from" in asked.query else until_s - days_s
    if from_s is None or from_s >= until_s:
        raise Misuse(
            say("that time is empty"), next_step=say("Give a time to come from that is before its end, and is past.")
        )
    named = asked.query.get("line")
    lines = range(len(ctx.accord.lines)) if named is None else [_line(service, named)]
    return t.History(
        side=ctx.accord.sides[ctx.us].name,
        zone=ctx.accord.sides[ctx.us].zone,
        from_s=from_s,
        until_s=until_s,
        now_s=now.clock_s,
        lines=tuple(_line_history(service, n, from_s, until_s) for n in lines),
    )


def _line_history(service: Service, line: int, from_s: int, until_s: int) -> t.LineHistory:
    ctx = service.runner.desk.ctx
    changes = [each for each in service.duty.history.since(line, from_s) if each.at_s <= until_s]
    calls = service.duty.book.history(line, from_s, until_s)
    return t.LineHistory(
        line=ctx.accord.lines[line].id,
        changes=tuple(t.Change(**each._asdict()) for each in changes),
        calls=tuple(
            t.PastCall(at_s=each.at_s, check_in=each.check_in, outcome=each.outcome) for each in calls[-PAST_CALLS_MAX:]
        ),
        more_calls=max(len(calls) - PAST_CALLS_MAX, 0),
    )


PRIORITIES: Final = ("high", "medium", "low")
UNLESS: Final = (("unless", "a state: the answer waits until the call is in another, for some seconds"),)
AFTER: Final = (("after", "a count of steps: the answer waits until there are more, for some seconds"),)
DAYS: Final = (("days", "how many days back; 7, unless given"),)

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/v1/calls", "The calls that last, and those that finished last.", _calls, gives=t.Calls),
    Route(
        "POST", "/v1/calls", "Ring the other side on a line; where a call lasts there, that call and no other.", _place,
        takes=t.PlaceCall, gives=t.Call,
    ),
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
    Route(
        "POST", "/v1/drills", "Order the drill for a missed call.", _order_drill, takes=t.OrderDrill, gives=t.Drill,
    ),
    Route("GET", "/v1/drills/{line}", "The last drill of a line.", _drill, gives=t.Drill, query=AFTER),
    Route("DELETE", "/v1/drills/{line}", "Break a drill off.", _stop_drill, gives=t.Drill),
    Route(
        "POST", "/v1/statements", "Note what was said in public about a line.", _note, takes=t.NoteStatement,
        gives=t.NotedStatement,
    ),
    Route(
        "GET", "/v1/lines/{line}/statements", "What was noted of public statements about a line.", _notes,
        gives=tuple[t.NotedStatement, ...],
    ),
    Route(
        "GET", "/v1/history", "How lines stood over time.", _history, gives=t.History,
        query=(
            ("line", "one line; all, unless given"),
            ("from", "from this time on, in seconds"),
            ("until", "up to this time, in seconds; now, unless given"),
            ("days", "without from: how many days back; 7, unless given"),
        ),
    ),
)  # fmt: skip
