"""What the local API tells of single things in the record: items of theirs, items and acts of ours, offers.

Rules of this file: as `types`; a name that leads nowhere in the record is given as the start of its id; whose word a
state is stands beside the state.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from openline.station.api.types import Answer, Ask, CheckIn
from openline.wire.said import Sentence

ItemKind: TypeAlias = Literal["message", "notice", "document", "letter", "service"]
Waits: TypeAlias = Literal["us", "them", ""]


class Said(Answer, frozen=True, kw_only=True):
    """One receipt that the record proves, and whose word it is."""

    receipt: str
    by: str


class Naming(Answer, frozen=True, kw_only=True):
    """An item that names another, and how."""

    how: Literal["answers", "corrects", "translates"]
    ref: str
    id: str
    author: str
    kind: ItemKind


class Item(Answer, frozen=True, kw_only=True):
    """A message, notice, document, letter or service message of either side.

    `time_s` is its author's claim, `received_s` when it came here. `receipt`: the highest that the record proves, and
    `attested_by` whose word that is (spec 7.1). `opened`: an officer here opened it; a letter, that it was taken out to
    be handed over. `shortened`: `text` is only its beginning. `due_s`: the instant it falls due, 0 for none.

    Told of one item alone, not in lists: `receipts`, each that the record proves, lowest first; `named_by`, the items
    of either side that answer, correct or translate it.
    """

    ref: str
    id: str
    place: str
    kind: ItemKind
    author: str
    line: str = ""
    lane: str = ""
    time_s: int
    received_s: int
    precedence: str = "ROUTINE"
    exercise: bool = False
    language: str = ""
    answers: str = ""
    corrects: str = ""
    translation_of: str = ""
    action: tuple[str, ...] = ()
    info: tuple[str, ...] = ()
    due_s: int = 0
    overdue: bool = False
    flag: str = "none"
    receipt: str = "recorded"
    attested_by: str = ""
    opened: bool = False
    approved_by: tuple[str, ...] = ()
    text: str = ""
    shortened: bool = False
    form: str = ""
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    title: str = ""
    size: int = 0
    digest: str = ""
    pages_here: bool = False
    to: str = ""
    age: bytes | None = None
    receipts: tuple[Said, ...] = ()
    named_by: tuple[Naming, ...] = ()


class Offer(Answer, frozen=True, kw_only=True):
    """A proposal, amendment, announcement, minute, or a generation that is contested.

    `standing`: as far as this record holds (spec 10.3); `waits_for`: whose word is awaited. `lapsed`: its effective
    time passed before it was agreed. `what`: it in one line, and `what_said` what that is made of. `answered_s`: of a
    concluded restoration, by line: when a call was first answered there since its effective time, as far back as the
    record goes."""

    ref: str
    id: str
    kind: Literal["propose", "amendment", "announcement", "minute", "generation"]
    author: str
    time_s: int
    what: str
    standing: str
    waits_for: Waits
    lapsed: bool = False
    scope: tuple[tuple[str, str], ...] = ()
    effective_s: int = 0
    lifts: tuple[str, ...] = ()
    answered_s: dict[str, int] = msgspec.field(default_factory=dict)
    line: str = ""
    check_ins: tuple[CheckIn, ...] | None = None
    carriers: tuple[str, ...] | None = None
    expires_s: int | None = None
    holidays: tuple[str, ...] | None = None
    pulse_s: int | None = None
    texts: dict[str, str] = msgspec.field(default_factory=dict)
    approved_by: tuple[str, ...] = ()
    what_said: Sentence | None = None


class StatementText(Ask, frozen=True, kw_only=True):
    """What a statement would say, by language, before anybody signed it."""

    texts: dict[str, str]
    minute: bool = False


class SignedStatement(Answer, frozen=True, kw_only=True):
    """A statement that our side's announcement keys signed elsewhere: what a draft of it takes."""

    minute: bool
    texts: dict[str, str]
    ed25519: str
    mldsa44: str


class Suspended(Answer, frozen=True, kw_only=True):
    """Where a suspension cuts. `ends_s`: when a concluded restoration lifts it there; null: none does yet."""

    line: str
    lane: str
    ends_s: int | None


class Suspension(Answer, frozen=True, kw_only=True):
    """A suspension of either side: by whom, from when, for what stated reason, and where it cuts (spec 10.1)."""

    ref: str
    id: str
    author: str
    time_s: int
    from_s: int
    reason: str
    scope: tuple[Suspended, ...]
    approved_by: tuple[str, ...] = ()


class Suspensions(Answer, frozen=True, kw_only=True):
    """Those that cut, or will, before those that are over, each newest first; `more`: how many are not listed."""

    suspensions: tuple[Suspension, ...]
    more: int


class One(Answer, frozen=True, kw_only=True):
    """What one name in the record stands for: an item or an offer."""

    item: Item | None = None
    offer: Offer | None = None


class Inbox(Answer, frozen=True, kw_only=True):
    """`items`: the unopened first, by precedence and then in the order of the chain, then the others, newest first;
    `more`: how many others there are. `offers`: of theirs, those that wait for us."""

    items: tuple[Item, ...]
    unopened: int
    more: int
    offers: tuple[Offer, ...]


class Documents(Answer, frozen=True, kw_only=True):
    """`items`: documents of both sides, newest first; `more`: how many came before them."""

    items: tuple[Item, ...]
    more: int


class Open(Ask, frozen=True, kw_only=True):
    """`officer`: who opens it; the one on watch, unless given."""

    ref: str
    officer: str | None = None


class Opened(Answer, frozen=True, kw_only=True):
    """`receipt`: whether their side is told by this that it was shown; a letter is only marked here."""

    item: Item
    receipt: bool
    says: str
    said: Sentence | None = None


class Sent(Answer, frozen=True, kw_only=True):
    """An entry of ours, and how far it got.

    `state`: recorded, on_its_way, kept_by_relay, delivered, shown, acknowledged or answered; `says` in words, and
    `attested_by` whose word that is. `went_by`: carriers it was handed to since this start; `next_ms`: how long until
    it is tried again, none where nothing is tried; `waits`: why nothing is. What its texts are made of stands beside
    them: `what_said`, `said`, `attested_said`, `waits_said`."""

    ref: str
    id: str
    kind: str
    what: str
    time_s: int
    line: str = ""
    precedence: str = "ROUTINE"
    state: str
    says: str
    attested_by: str
    went_by: tuple[str, ...] = ()
    next_ms: int | None = None
    waits: str = ""
    due_s: int = 0
    what_said: Sentence | None = None
    said: Sentence | None = None
    attested_said: Sentence | None = None
    waits_said: Sentence | None = None


class Outbox(Answer, frozen=True, kw_only=True):
    """`waiting`: ours that the other side is not known to hold, oldest first; `more`: how many are not listed;
    `recent`: the last that it holds, newest first."""

    waiting: tuple[Sent, ...]
    more: int
    recent: tuple[Sent, ...]


class Tried(Answer, frozen=True, kw_only=True):
    """What `try now` did: by which paths the waiting went again."""

    waiting: int
    paths: tuple[str, ...]
    says: str
    said: Sentence | None = None


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """Those that wait first, then the others, newest first; `more`: how many are not listed."""

    offers: tuple[Offer, ...]
    more: int
