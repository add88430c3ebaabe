"""The two-person rule under every way in: the table of routes says which there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args, get_origin

import msgspec
import pytest

from openline.core import approvals
from openline.keys import notes
from openline.keys.public import officer_message
from openline.station.api import types as t
from openline.station.api import types_items as items
from openline.station.api import types_voice as voice
from openline.station.api.app import Route
from openline.station.api.routes import ROUTES
from openline.wire import bodies, cbor
from openline.wire import entry as entries
from openline.wire.bodies import KINDS
from openline.wire.entry import Entry
from tests.accord_maker import made
from tests.simulation.posts import Post, Posts, two_posts

STRICT: Final = made(two_person=tuple(sorted(KINDS)))
LATER_S: Final = 4_000_000_000


@pytest.fixture
def posts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Posts]:
    """Two stations under an accord that asks for two officers wherever it can."""
    with two_posts(tmp_path, monkeypatch, STRICT) as found:
        yield found


def released(post: Post, command: t.Command) -> t.Entry:
    """A command recorded under the keys of as many officers as it needs."""
    drafted = post.draft(command)
    for number, officer in enumerate(STRICT.keys[post.side].officers):
        if drafted.entry is None and (not isinstance(command, t.Acknowledge) or officer.name == command.officer):
            drafted = post.post(f"/v1/drafts/{drafted.id}/approvals", approval(post, drafted, number), t.Drafted)
    assert drafted.entry is not None
    return drafted.entry


def approval(post: Post, drafted: t.Drafted, number: int) -> t.Approve:
    officer = STRICT.keys[post.side].officers[number]
    kind, plain = cast(Any, cbor.decode(bytes.fromhex(drafted.body)))
    counter = drafted.counters[officer.name]
    message = officer_message(STRICT.id, post.side, bodies.from_plain(kind, plain), number, counter)
    return t.Approve(officer=officer.name, counter=counter, signature=officer.sign(message).hex())


def commands(posts: Posts) -> list[t.Command]:
    """One command of every kind that the API takes, each of which the rules let through."""
    text = notes.statement_text(STRICT.signed.accord, STRICT.id, (("en", "x"),), "announcement")
    signed = notes.sign_statement(text, "north", STRICT.keys[0].announce)
    theirs = released(posts.south, t.Message(line="panmunjom", text="x"))
    released(posts.south, t.Suspend(lines=("military west",)))
    offer = released(posts.south, t.Propose(lines=("military west",), effective_s=LATER_S))
    posts.settle()
    ours = released(posts.north, t.Amend(line="panmunjom", effective_s=LATER_S, pulse_s=30))
    posts.settle()
    pages = posts.north.post("/v1/pages", b"pages", dict[str, str])["pages"]
    return [
        t.Message(line="panmunjom", text="x"),
        t.Message(line="panmunjom", text="x", lane="safety"),
        t.Notice(line="panmunjom", form="x"),
        t.Document(line="panmunjom", pages=pages),
        t.Reply(to=theirs.id, text="x"),
        t.Service(line="panmunjom", text="x"),
        t.Letter(to="president", age=b"age"),
        t.Suspend(),
        t.Propose(effective_s=LATER_S, lines=("military west",)),
        t.Accept(target=offer.id),
        t.Withdraw(target=ours.id),
        t.Amend(line="panmunjom", effective_s=LATER_S, pulse_s=30),
        t.Statement(texts={"en": "x"}, ed25519=signed.ed25519.hex(), mldsa44=signed.mldsa44.hex()),
        t.SetPresence(mode="shown"),
        t.Acknowledge(target=theirs.id, officer="pak"),
    ]


def asked(route: Route, posts: Posts) -> list[Any]:
    """Bodies with which a route that changes something is tried. A type that nothing is known of fails the test."""
    [first, *_] = posts.north.get("/v1/inbox", items.Inbox).items
    known: dict[Any, list[Any]] = {
        None: [None],
        bytes: [b"pages"],
        t.AnyCommand: commands(posts),
        items.Open: [items.Open(ref=first.ref, officer="pak")],
        items.StatementText: [items.StatementText(texts={"en": "x"})],
        voice.HandVoice: [voice.HandVoice(fingerprint="00" * 32, ufrag="user", pwd="p" * 22, payload_type=111)],
    }
    if route.takes is t.Approve:
        draft = posts.north.draft(t.Suspend())
        one = approval(posts.north, draft, 0)
        return [one, replace_officer(one, "ri"), t.Approve(officer="ri", counter=one.counter, signature="00" * 64), one]
    return known.get(route.takes) or [sample(route)]


def sample(route: Route) -> Any:
    """A request that a route of another subject takes: each field named, by what such fields hold here."""
    names = {"officer": "pak", "post": "duty desk", "line": "panmunjom", "text": "x", "source": "x", "at_s": 1}
    names["reason"] = "x"
    by_type = {"str": "x", "int": 1, "bool": True}
    values = {}
    for each in msgspec.structs.fields(route.takes):
        kind = get_args(each.type)[0] if get_origin(each.type) is Literal else getattr(each.type, "__name__", "")
        value = names.get(each.name, by_type.get(kind, kind if get_origin(each.type) is Literal else None))
        if value is not None or each.required:
            values[each.name] = value
    return msgspec.convert(values, route.takes)  # a type that this cannot fill fails the test: give it a request above


def replace_officer(one: t.Approve, officer: str) -> t.Approve:
    return t.Approve(officer=officer, counter=one.counter, signature=one.signature)


def own_entries(post: Post) -> list[Entry]:
    ctx = post.runner.desk.ctx
    return [entries.decode(kept.data) for kept in ctx.store.entries(ctx.us, 0, 0, 10_000)]


def filled(posts: Posts, route: Route) -> str:
    """The route's path, with names that lead somewhere."""
    draft = posts.north.get("/v1/drafts", tuple[t.Drafted, ...])
    names = {"draft": draft[0].id if draft else "00000000", "line": "panmunjom", "call": "00" * 8}
    return route.path.format_map({**dict.fromkeys(_parts(route), "x"), **names})


def _parts(route: Route) -> list[str]:
    return [part[1:-1] for part in route.path.split("/") if part.startswith("{")]


@pytest.mark.parametrize("number", range(len(ROUTES)), ids=[f"{route.method} {route.path}" for route in ROUTES])
def test_no_route_records_what_two_officers_have_not_approved(posts: Posts, number: int) -> None:
    """Whatever a route is asked, nothing enters the record without the approvals that its kind needs."""
    route, north = ROUTES[number], posts.north
    released(posts.south, t.Message(line="panmunjom", text="for the inbox"))
    posts.settle()
    tries = asked(route, posts) if route.method != "GET" else [None]
    before = len(own_entries(north))
    for body in tries:
        north.ask(route.method, filled(posts, route), body)
    made_since = own_entries(north)[before:]
    accord = STRICT.signed.accord
    for entry in made_since:
        needed = approvals.needed(accord, entry.body)
        given = {each.officer for each in approvals.approvals_of(entry.body)}
        assert len(given) >= needed, f"{route.method} {route.path} recorded a {type(entry.body).__name__}"
        assert approvals.valid(accord, STRICT.id, 0, entry.body, {}), type(entry.body).__name__


def test_every_command_waits_for_as_many_officers_as_its_kind_needs(posts: Posts) -> None:
    """The table of spec 2.2, asked of the running station: how many officers each kind of command waits for."""
    found = {}
    for command in commands(posts):
        drafted = posts.north.draft(command)
        assert (drafted.entry is None) == (drafted.needed > 0)
        key = type(command).__name__ + (" safety" if getattr(command, "lane", "") == "safety" else "")
        found[key] = drafted.needed
    assert found == {
        "Message": 2, "Message safety": 0, "Notice": 2, "Document": 2, "Reply": 2, "Service": 0, "Letter": 0,
        "Suspend": 2, "Propose": 2, "Accept": 2, "Withdraw": 2, "Amend": 2, "Statement": 2, "SetPresence": 0,
        "Acknowledge": 1,
    }  # fmt: skip


def test_one_officers_signature_under_two_names_is_one(posts: Posts) -> None:
    """A body approved by one officer and handed in again as another's is refused; the record stays as it was."""
    north, command = posts.north, t.Suspend()
    drafted = north.draft(command)
    one = approval(north, drafted, 0)
    path, before = f"/v1/drafts/{drafted.id}/approvals", len(own_entries(north))
    assert north.post(path, one, t.Drafted).entry is None
    assert north.fault("POST", path, replace_officer(one, "ri")).fault == "refused"
    assert north.fault("POST", path, one).fault == "refused"
    assert len(own_entries(north)) == before
    assert north.post(path, approval(north, drafted, 1), t.Drafted).entry is not None
