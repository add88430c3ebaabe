"""What goes in and out of the local API, as types: requests, answers, and what an officer may ask (docs/openapi.json).

Rules of this file: the types are the format; an unknown field is refused. Lines, lanes, carriers and officers go by
their names in the accord; entries by their citation, their place or their id (`api.citing`). Times are seconds of the
station's clock unless the name says otherwise.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from openline.station.api.types_said import ExplanationSaid
from openline.wire.errors import CarrierFault, Misuse, OpenlineError, OurFault, PeerFault, Refused, StorageFault
from openline.wire.said import Sentence

LaneName: TypeAlias = Literal["liaison", "safety"]
PrecedenceName: TypeAlias = Literal["ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH"]
Days: TypeAlias = Literal["working", "daily"]
Hex: TypeAlias = Annotated[str, Meta(pattern="^([0-9a-f]{2})*$")]


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What is asked of the station."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the station answers."""


# ---- commands that make an entry


class Command(Ask, frozen=True, tag_field="do"):
    """What an officer, or a program, asks the station to record."""


class Marked(Command, frozen=True, kw_only=True):
    """What messages, notices and documents have in common. `due_s`: an answer is wanted within so many seconds."""

    line: str
    lane: LaneName = "liaison"
    precedence: PrecedenceName = "ROUTINE"
    due_s: Annotated[int, Meta(ge=0)] = 0
    exercise: bool = False
    language: str = ""
    corrects: str | None = None
    translation_of: str | None = None
    action: tuple[str, ...] = ()
    info: tuple[str, ...] = ()


class Message(Marked, frozen=True, kw_only=True, tag="message"):
    text: str


class Notice(Marked, frozen=True, kw_only=True, tag="notice"):
    form: str
    fields: dict[str, str] = {}


class Document(Marked, frozen=True, kw_only=True, tag="document"):
    """`pages`: what POST /v1/pages answered."""

    pages: Hex
    title: str = ""


class Reply(Command, frozen=True, kw_only=True, tag="answer"):
    """A message on the line and lane of what it answers."""

    to: str
    text: str
    precedence: PrecedenceName = "ROUTINE"
    due_s: Annotated[int, Meta(ge=0)] = 0
    exercise: bool = False
    language: str = ""


class Service(Command, frozen=True, kw_only=True, tag="service"):
    line: str
    text: str


class Letter(Command, frozen=True, kw_only=True, tag="letter"):
    """`to`: a principal of the other side; `age`: the file, sealed elsewhere, in base64."""

    to: str
    age: bytes


class Suspend(Command, frozen=True, kw_only=True, tag="suspend"):
    """`lines` left out: all that are in force. `from_s` 0: now."""

    lines: tuple[str, ...] = ()
    lanes: tuple[LaneName, ...] = ("liaison",)
    reason: str = ""
    from_s: int = 0


class Propose(Command, frozen=True, kw_only=True, tag="propose"):
    effective_s: int
    lines: tuple[str, ...] = ()
    lanes: tuple[LaneName, ...] = ("liaison",)


class Accept(Command, frozen=True, kw_only=True, tag="accept"):
    """`ed25519`, `mldsa44`: our announcement keys' signatures, for an announcement or minute."""

    target: str
    ed25519: Hex = ""
    mldsa44: Hex = ""


class Withdraw(Command, frozen=True, kw_only=True, tag="withdraw"):
    target: str


class CheckIn(Ask, frozen=True, kw_only=True):
    """A scheduled call. `at`: as 09:00, with seconds only where there are any; `zone` left out: our side's."""

    at: Annotated[str, Meta(pattern="^[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?$")]
    caller: str
    days: Days = "daily"
    zone: str = ""


class Amend(Command, frozen=True, kw_only=True, tag="amend"):
    """A change of one line; what is left out stays. `holidays`: days as 2021-10-04."""

    line: str
    effective_s: int
    check_ins: tuple[CheckIn, ...] | None = None
    carriers: tuple[str, ...] | None = None
    expires_s: int | None = None
    holidays: tuple[str, ...] | None = None
    pulse_s: int | None = None


class Statement(Command, frozen=True, kw_only=True, tag="announce"):
    """An announcement, or with `minute` a minute, with our two signatures of its note."""

    texts: dict[str, str]
    ed25519: Hex
    mldsa44: Hex
    minute: bool = False


class SetPresence(Command, frozen=True, kw_only=True, tag="presence"):
    mode: Literal["shown", "withheld"]


class Acknowledge(Command, frozen=True, kw_only=True, tag="acknowledge"):
    """`officer`: whose word it is, by name."""

    target: str
    officer: str


AnyCommand: TypeAlias = (
    Message | Notice | Document | Reply | Service | Letter | Suspend | Propose | Accept | Withdraw | Amend | Statement
    | SetPresence | Acknowledge
)  # fmt: skip


# ---- release


class Returned(Answer, frozen=True, kw_only=True):
    """A draft was given back with a reason: a note among our officers, which the other side never sees."""

    officer: str
    reason: str
    time_s: int


class Drafted(Answer, frozen=True, kw_only=True):
    """A command that the rules let through. Where `needed` officers must approve, each signs `body`, the CBOR of
    [kind, body] (spec 3.6), under a counter not below `counters` says; else it is recorded and `entry` says where.
    `needed` 0 without an entry: it cannot be released any more, and `warnings` say why. `drafted_by`: the officer that
    whoever drafted it named, "" for none; `returned`: what officers said who gave it back. `says`: what it says,
    without kind, place and time, made of `said`; `warnings_said` in the order of `warnings`."""

    id: str
    kind: str
    what: str
    body: Hex
    drafted_s: int
    needed: int
    approved_by: tuple[str, ...]
    counters: dict[str, int]
    warnings: tuple[str, ...]
    entry: Entry | None = None
    drafted_by: str = ""
    returned: tuple[Returned, ...] = ()
    says: str = ""
    said: Sentence | None = None
    warnings_said: tuple[Sentence | None, ...] = ()


class GiveBack(Ask, frozen=True, kw_only=True):
    """An officer gives a draft back to whoever drafted it. It still waits; nothing of this is recorded or sent."""

    officer: str
    reason: Annotated[str, Meta(min_length=1, max_length=1024)]


class Approve(Ask, frozen=True, kw_only=True):
    """One officer's approval of a draft: the signature of spec 3.6."""

    officer: str
    counter: Annotated[int, Meta(ge=1)]
    signature: Hex


class Entry(Answer, frozen=True, kw_only=True):
    """Where an entry stands. `ref`: how officers cite it, else its place."""

    id: Hex
    place: str
    ref: str


# ---- what there is


class LaneState(Answer, frozen=True, kw_only=True):
    formal: str
    cut: bool


class CheckInState(Answer, frozen=True, kw_only=True):
    """A check-in of today, as this side's zone has today. `outcome`: of the last try, "" while there was none;
    `complete`: sealed by both."""

    due_s: int
    caller: str
    outcome: str
    complete: bool


class LineState(Answer, frozen=True, kw_only=True):
    """A line: what is agreed, by lane, and what is observed; `heard_ms`: how long ago anything of theirs came on it;
    `said`: what `says` is made of."""

    id: str
    lanes: dict[str, LaneState]
    observed: str
    says: str
    heard_ms: int | None
    carriers: tuple[str, ...]
    next_check_in_s: int | None
    check_ins: tuple[CheckInState, ...]
    expires_s: int
    said: Sentence | None = None


class CarrierState(Answer, frozen=True, kw_only=True):
    """A carrier. `state`: up, or in words why not, and `state_said` what they are made of; `attached`: what a relay
    says of the other side."""

    id: str
    kind: str
    state: str
    up: bool
    figures: dict[str, int]
    attached: bool | None = None
    state_said: Sentence | None = None


class Heads(Answer, frozen=True, kw_only=True):
    ours: str
    theirs: str
    equal: bool
    entries: int


class OnDuty(Answer, frozen=True, kw_only=True):
    """A post of ours, and the officer who holds it; null: unattended."""

    post: str
    officer: str | None
    since_s: int | None


class Return(Answer, frozen=True, kw_only=True):
    """How far a station is that fetches its own record back: the last entry it holds of each side, the last that the
    other side says it holds, and whether only the root's keys are lacking."""

    holds: tuple[str, ...]
    they_hold: tuple[str, ...]
    wants_root: bool


class Status(Answer, frozen=True, kw_only=True):
    """`acknowledged`: which of the alarms an officer knows of, and who. `remarks`: sentences that are no alarm, and
    `remarks_said` what they are made of. `offers`: theirs that we may accept. `probes_ok`: whether our own network
    answered our probes last; null: none are configured, or none came back yet."""

    version: str
    side: str
    other: str
    now_s: int
    up_s: int
    restoring: bool
    lines: tuple[LineState, ...]
    carriers: tuple[CarrierState, ...]
    alarms: tuple[str, ...]
    acknowledged: dict[str, str]
    remarks: tuple[str, ...]
    watch: tuple[OnDuty, ...]
    heads: Heads
    waiting: int
    unopened: int
    drafts: int
    calls: int
    offers: int = 0
    coming_back: Return | None = None
    probes_ok: bool | None = None
    backed_up_s: int | None = None
    remarks_said: tuple[Sentence, ...] = ()


class Explained(Answer, frozen=True, kw_only=True):
    """Why a line is silent, or is not: as `openline explain --json`. `said`: what its sentences are made of."""

    side: str
    line: str
    lane: str
    formal: str
    formal_says: str
    observed: str
    observed_says: str
    for_: tuple[str, ...] = msgspec.field(name="for")
    against: tuple[str, ...]
    cannot_know: tuple[str, ...]
    next_steps: tuple[str, ...]
    evidence: dict[str, Any]
    said: ExplanationSaid | None = None


FAULTS: Final[dict[str, type[OpenlineError]]] = {
    "refused": Refused, "misuse": Misuse, "peer": PeerFault, "carrier": CarrierFault, "storage": StorageFault,
    "ours": OurFault,
}  # fmt: skip


class Fault(Answer, frozen=True, kw_only=True):
    """Why not. `fault`: refused, misuse, peer, carrier, storage, ours. `what_said`, `next_step_said`: what the texts
    are made of, where they are of the station's own making."""

    fault: str
    what: str
    next_step: str = ""
    what_said: Sentence | None = None
    next_step_said: Sentence | None = None


class Unpacked(Answer, frozen=True, kw_only=True):
    """What came of bundles that a person carried. `entries`: new ones of either chain; `arrived`: items to open;
    `damaged` do not open; `strange` are sealed by the other side and break a rule; `bad`: what was wrong, in words, and
    `bad_said` what those are made of, in the same order."""

    bundles: int
    entries: int
    damaged: int
    strange: int
    arrived: tuple[Entry, ...]
    bad: tuple[str, ...] = ()
    bad_said: tuple[Sentence | None, ...] = ()
    whole: bool = False


class Done(Answer, frozen=True, kw_only=True):
    """It is done; `entry`, where it left one."""

    entry: Entry | None = None
