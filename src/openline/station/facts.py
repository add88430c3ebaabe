"""A drill's statement of facts, for publishing: what was due, what was tried, what was heard; English and Korean.

Rules of this file: it holds times, names of lines and sides, and the words that their station signed; no person, no
address, no key, and no reason for anything (spec 8.4).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from openline.station.drill import Drill, Try
from openline.wire.accord import Accord
from openline.wire.zones import zone

EN: Final = {
    "not_rung": "their station gave no word that it rang",
    "rang_unanswered": "it rang there, as their station says; nobody answered",
    "declined": "it rang there and was declined, as their station says",
    "deferred": "it rang there and was put off until later, as their station says",
    "answered": "it was answered",
    "talking": "it was answered",
    "interrupted": "the call was broken off on our side",
    "placed": "it was still ringing when this was written",
    "rang": "it was still ringing when this was written",
}
KO: Final = {
    "not_rung": "신호가 울렸다는 상대측 서버의 확인을 받지 못하였다",
    "rang_unanswered": "상대측 서버의 확인에 따르면 신호가 울렸으나 통화가 연결되지 않았다",
    "declined": "상대측 서버의 확인에 따르면 신호가 울렸으나 통화를 받지 않겠다고 하였다",
    "deferred": "상대측 서버의 확인에 따르면 신호가 울렸으며 통화를 나중으로 미루었다",
    "answered": "통화가 연결되었다",
    "talking": "통화가 연결되었다",
    "interrupted": "우리측에서 통화가 중단되었다",
    "placed": "이 글을 쓸 때까지 호출 중이었다",
    "rang": "이 글을 쓸 때까지 호출 중이었다",
}


class Facts:
    """Puts one drill into words. `us`: our number in the accord."""

    def __init__(self, accord: Accord, us: int, drill: Drill) -> None:
        self.accord, self.drill = accord, drill
        self.us, self.them = accord.sides[us], accord.sides[1 - us]
        self.lines = [line.id for line in accord.lines]

    def texts(self) -> dict[str, str]:
        """The statement by language."""
        return {"en": "\n".join(self._en()), "ko": "\n".join(self._ko())}

    def _time(self, time_s: int) -> datetime:
        return datetime.fromtimestamp(time_s, zone(self.us.zone))

    def _clock(self, time_s: int) -> str:
        return f"{self._time(time_s):%H:%M:%S}"

    def _same_day(self) -> bool:
        """Whether the check-in was due on the day of the drill."""
        return self._time(self.drill.due_s).date() == self._time(self.drill.started_s).date()

    def _en(self) -> list[str]:
        drill, check, at = self.drill, self.drill.check, self._time(self.drill.started_s)
        line = self.lines[drill.line]
        due = ""
        if drill.due_s:
            day = "" if self._same_day() else f" on {self._day(drill.due_s)}"
            due = f"The call of {self._time(drill.due_s):%H:%M}{day} on the line {line} was not completed. "
        rows = [
            f"Statement of facts by {self.us.name}: the line {line} to {self.them.name}.",
            f"{at.day} {at:%B %Y}; times are those of {self.us.zone}.",
            "",
            f"{due}At {self._clock(drill.started_s)} our station was tested and the line tried again.",
            *(f"{self._clock(each.at_s)}: we rang on {self._en_try(each)}." for each in drill.tries),
            *(f"{self._clock(each.at_s)}: we rang on {self._en_try(each)}." for each in drill.others if not each.why),
            *(f"On {self.lines[each.line]} we did not ring: {each.why}." for each in drill.others if each.why),
        ]
        points = "its reference points"
        probes = {None: "was not probed", True: f"reaches {points}", False: f"does not reach {points}"}
        ways = ", ".join(f"{name} {'up' if state == 'up' else 'not up'}" for name, state in check.carriers.items())
        offset = "unknown" if check.offset_ms is None else f"{abs(check.offset_ms) / 1000:.1f} s"
        heard = "never" if check.heard_s is None else f"at {self._clock(check.heard_s)} of {self._day(check.heard_s)}"
        rows += [
            f"Our network {probes[check.probes_ok]}. Our ways to them: {ways}. Difference of the two stations' clocks:"
            f" {offset}.",
            f"Before this we last heard their station on this line {heard}.",
            "This statement gives no reason for what happened: no evidence here shows one.",
        ]
        return rows

    def _en_try(self, each: Try) -> str:
        return f"{self.lines[each.line]}: {each.why or EN[each.state]}"

    def _day(self, time_s: int) -> str:
        at = self._time(time_s)
        return f"{at.day} {at:%B %Y}"

    def _ko(self) -> list[str]:
        drill, check, at = self.drill, self.drill.check, self._time(self.drill.started_s)
        line = self.lines[drill.line]
        due = ""
        if drill.due_s:
            then = self._time(drill.due_s)
            day = "" if self._same_day() else f"{then.month}월 {then.day}일 "
            due = f"{line} 회선의 {day}{then:%H시 %M분} 정기 통화가 이루어지지 않았다. "
        rows = [
            f"{self.us.name} 측의 사실 설명: {self.them.name} 측과의 {line} 회선.",
            f"{at.year}년 {at.month}월 {at.day}일. 시각은 {self.us.zone} 기준이다.",
            "",
            f"{due}{self._clock(drill.started_s)} 우리측 서버를 점검하고 다시 연결을 시도하였다.",
            *(f"{self._clock(each.at_s)} {self._ko_try(each)}." for each in drill.tries),
            *(f"{self._clock(each.at_s)} {self._ko_try(each)}." for each in drill.others if not each.why),
            *(f"{self.lines[each.line]} 회선은 호출하지 않았다." for each in drill.others if each.why),
        ]
        probes = {None: "점검하지 않았다", True: "정상이다", False: "기준점에 연결되지 않는다"}
        states = ((name, "연결됨" if state == "up" else "연결되지 않음") for name, state in check.carriers.items())
        ways = ", ".join(f"{name} {state}" for name, state in states)
        offset = "알 수 없음" if check.offset_ms is None else f"{abs(check.offset_ms) / 1000:.1f}초"
        heard = "없음"
        if check.heard_s is not None:
            then = self._time(check.heard_s)
            heard = f"{then.year}년 {then.month}월 {then.day}일 {then:%H:%M:%S}"
        rows += [
            f"우리측 통신망은 {probes[check.probes_ok]}. 전송로: {ways}. 두 서버의 시계 차이: {offset}.",
            f"그 전에 이 회선에서 상대측 서버의 신호를 마지막으로 받은 때: {heard}.",
            "이 글은 이유를 말하지 않는다. 그것을 보여 주는 근거는 여기에 없다.",
        ]
        return rows

    def _ko_try(self, each: Try) -> str:
        line = self.lines[each.line]
        return f"{line} 회선은 호출하지 않았다" if each.why else f"{line} 회선을 호출하였다: {KO[each.state]}"
