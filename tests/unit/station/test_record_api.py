"""The record as the API shows it: windows of both chains, single entries, heads, and heads held against each other."""

from __future__ import annotations

import hashlib

import pytest

from openline.station.api import record_view
from openline.station.api import types as t
from openline.station.api import types_duty as duty
from openline.station.api import types_items as items
from openline.station.api import types_record as r
from openline.wire import entry as entries
from tests.simulation.posts import Post, Posts


def sent(post: Post, text: str, **marks: object) -> t.Entry:
    entry = post.draft(t.Message(line="panmunjom", text=text, **marks)).entry  # type: ignore[arg-type]
    assert entry is not None
    return entry


def window(post: Post, **query: str) -> r.RecordWindow:
    return post.get("/v1/record/entries", r.RecordWindow, **query)


def places(found: r.RecordWindow) -> list[str]:
    return [each.place for each in found.entries]


def talk(posts: Posts, rounds: int) -> None:
    """Each side says something, in turn, and each hears it before it goes on."""
    for number in range(rounds):
        sent(posts.north, f"north says {number}")
        posts.settle()
        sent(posts.south, f"south says {number}")
        posts.settle()


def test_a_window_ends_at_the_newest_and_names_the_next(posts: Posts) -> None:
    """Followed window by window, every entry of both chains is shown once, to the first; and back again."""
    talk(posts, 6)
    found = window(posts.south, limit="5")
    assert found.newer == ""
    all_of_it, older = list(places(found)), found.older
    while older:
        found = window(posts.south, limit="5", before=older)
        all_of_it += places(found)
        older = found.older

    assert len(all_of_it) == len(set(all_of_it)) == found.all

    back, newer = list(places(found))[::-1], found.newer
    while newer:
        found = window(posts.south, limit="5", after=newer)
        back += places(found)[::-1]
        newer = found.newer
    assert sorted(back) == sorted(all_of_it)
    assert places(window(posts.south, limit="200")) == all_of_it


def test_causes_come_before_effects(posts: Posts) -> None:
    """Whatever was acknowledged is older in the list than what acknowledges it, on both sides alike."""
    talk(posts, 4)
    for post in posts.both:
        found = window(post, limit="200")
        at = {(each.side, each.gen, each.seq): number for number, each in enumerate(found.entries)}
        other = {found.us: found.them, found.them: found.us}
        acks = [each for each in found.entries if each.ack is not None]
        assert acks
        for each in acks:
            assert each.ack is not None
            assert at[other[each.side], each.ack.gen, each.ack.seq] > at[each.side, each.gen, each.seq]


def test_each_acknowledgement_is_told_once(posts: Posts) -> None:
    """What an entry newly acknowledges rises along its chain; what it only repeats is not told again."""
    talk(posts, 4)
    for side in ("north", "south"):
        told = [each.ack for each in window(posts.north, limit="200", side=side).entries if each.ack is not None]
        reached = [(each.gen, each.seq) for each in told][::-1]
        assert reached == sorted(set(reached))


def test_an_entry_says_who_acknowledged_it_first(posts: Posts) -> None:
    """The other side's first entry that acknowledges it; none while nothing came back."""
    place = sent(posts.north, "x").place
    posts.settle()
    one = posts.north.get("/v1/record/entry", r.RecordOne, ref=place)
    by = posts.north.get("/v1/record/entry", r.RecordOne, ref=one.acknowledged_by)
    assert by.entry.side == "south"
    assert by.acknowledges >= place
    posts.cut()
    lonely = sent(posts.north, "y").place
    assert posts.north.get("/v1/record/entry", r.RecordOne, ref=lonely).acknowledged_by == ""


def test_only_what_is_asked_for_is_shown(posts: Posts) -> None:
    """By side, kind, line, text and time; each alone leaves what fits and nothing else."""
    talk(posts, 3)
    whole = window(posts.north, limit="200").entries
    for name, value, fits in (
        ("side", "south", lambda e: e.side == "south"),
        ("kind", "message", lambda e: e.kind == "message"),
        ("line", "panmunjom", lambda e: "panmunjom" in e.lines),
    ):
        found = window(posts.north, limit="200", **{name: value})
        assert places(found) == [e.place for e in whole if fits(e)]
        assert found.entries
        assert found.looked == len(whole)
    [one] = window(posts.north, text="NORTH SAYS 2").entries
    assert [fact.value for fact in one.facts if fact.name == "text"] == ["north says 2"]
    now_s = posts.north.get("/v1/status", t.Status).now_s
    assert window(posts.north, since=str(now_s + 90_000)).entries == ()
    assert places(window(posts.north, until=str(now_s + 9), limit="200")) == [e.place for e in whole]
    assert window(posts.north, until=str(now_s - 9_000)).entries == ()


def test_what_nobody_opened_is_neither_shown_nor_found(posts: Posts) -> None:
    """A message of theirs is listed without its words until an officer opens it; its bytes are not given out either."""
    ref = sent(posts.north, "the secret word", precedence="FLASH").ref
    posts.settle()
    [listed] = window(posts.south, kind="message").entries
    one = posts.south.get("/v1/record/entry", r.RecordOne, ref=listed.place)
    assert (listed.unopened, listed.sealed, one.data) == (True, True, "")
    assert "secret" not in str(listed) + str(one)
    assert window(posts.south, text="secret").entries == ()
    assert len(window(posts.north, text="secret").entries) == 1

    posts.south.post("/v1/inbox/open", items.Open(ref=ref, officer="han"), items.Opened)
    assert len(window(posts.south, text="secret").entries) == 1
    assert posts.south.get("/v1/record/entry", r.RecordOne, ref=listed.place).data


def test_an_entry_is_given_with_its_bytes_and_their_hash(posts: Posts) -> None:
    """Whoever has the bytes can compute the id and read the entry; approvals are named."""
    assert posts.south.run("suspend", "panmunjom", *posts.south.key("choi"), *posts.south.key("han")).exit_code == 0
    [listed] = window(posts.south, kind="suspend").entries
    one = posts.south.get("/v1/record/entry", r.RecordOne, ref=listed.place)
    data = bytes.fromhex(one.data)
    read = entries.decode(data)

    assert (entries.entry_id(data).hex(), hashlib.sha256(data).hexdigest()) == (one.entry.id, one.sha256)
    assert (read.prev.hex(), read.signature.hex(), len(data)) == (one.previous, one.signature, one.size)
    assert {each.officer for each in one.approvals} <= {"choi", "han"}
    assert one.approvals
    assert "lines and lanes" in {fact.name for fact in one.entry.facts}


def test_a_window_around_an_entry_holds_it(posts: Posts) -> None:
    """Near the beginning, in the middle and at the end, the entry that was asked for is in its window."""
    talk(posts, 8)
    for place in ("north 0/0", "south 0/5", window(posts.north).entries[0].place):
        found = window(posts.north, around=place, limit="7")
        assert place in places(found)
        assert len(found.entries) <= 7


def test_no_question_looks_at_more_than_is_allowed(posts: Posts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that finds nothing stops, says how far it looked, and goes on from there."""
    talk(posts, 5)
    monkeypatch.setattr(record_view, "LOOKED_MAX", 4)
    looked, found = 0, window(posts.north, text="nowhere to be found")
    while True:
        assert found.entries == ()
        assert found.looked <= 4
        looked += found.looked
        if not found.older:
            break
        found = window(posts.north, text="nowhere to be found", before=found.older)
    assert looked == found.all


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"}, {"limit": "201"}, {"side": "east"}, {"line": "nowhere"}, {"kind": "x"}, {"before": "x"},
        {"after": "1"}, {"since": "-1"}, {"until": "soon"}, {"around": "north 0/99999"}, {"text": "x" * 201},
        {"before": "0.0", "after": "0.0"}, {"around": "x"},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(posts: Posts, query: dict[str, str]) -> None:
    """No such side, line or kind, no number, no time, two places at once: each is told what would do."""
    assert posts.north.fault("GET", "/v1/record/entries", **query).fault == "misuse"


def test_a_place_beyond_the_record_is_its_end(posts: Posts) -> None:
    """A cut that names more than there is, as after a fork was settled, is the end, and no error."""
    talk(posts, 1)
    found = window(posts.north, before=f"{10**18 - 1}.{10**18 - 1}", limit="200")
    assert len(found.entries) == found.all
    assert window(posts.north, after=f"{10**17}.{10**17}").entries == ()


# ---- heads


def compared(post: Post, place: str, identity: str) -> r.Compared:
    return post.get("/v1/record/compare", r.Compared, place=place, id=identity)


def test_heads_that_are_read_out_agree(posts: Posts) -> None:
    """What one side reads out, also in groups and capitals, is what the other holds."""
    talk(posts, 2)
    read_out = posts.north.get("/v1/record/heads", r.RecordHeads)
    assert read_out.equal
    assert {each.ours for each in read_out.chains} == {True, False}
    for each in read_out.chains:
        spaced = " ".join(each.id[n : n + 4] for n in range(0, 16, 4)).upper()
        told = compared(posts.south, each.place, spaced)
        assert (told.verdict, told.id) == ("agree", each.id)
        assert told.ours is (each.side == "south")


def test_heads_that_are_not_the_same_say_how(posts: Posts) -> None:
    """Held here with more after it; beyond what is held here; another entry at that place."""
    talk(posts, 1)
    before = posts.north.get("/v1/record/heads", r.RecordHeads).chains[0]
    posts.cut()
    sent(posts.north, "more")
    after = posts.north.get("/v1/record/heads", r.RecordHeads).chains[0]

    told = compared(posts.north, before.place, before.id)
    assert (told.verdict, told.more) == ("behind", after.entries - before.entries)
    assert compared(posts.south, after.place, after.id).verdict == "ahead"
    assert compared(posts.south, before.place, "0" * 16).verdict == "differ"


@pytest.mark.parametrize(("place", "identity"), [("", "0" * 8), ("east 0/1", "0" * 8), ("north 0/0", "012345"),
                                                 ("north 0/0", "xyzxyzxyz"), ("north 0/0", "0" * 65)])  # fmt: skip
def test_what_is_no_head_is_refused(posts: Posts, place: str, identity: str) -> None:
    """A place of no side, and digits that are too few, too many or none."""
    assert posts.north.fault("GET", "/v1/record/compare", place=place, id=identity).fault == "misuse"


# ---- history


def test_history_is_told_of_a_chosen_time_with_its_calls(posts: Posts) -> None:
    """From and until, the changes between, and each check-in that was due in so short a time, tried or not."""
    now_s = posts.north.get("/v1/status", t.Status).now_s
    posts.later(26 * 3_600_000)
    whole = posts.north.get("/v1/history", duty.History, days="2")
    assert whole.now_s == whole.until_s
    calls = [call for line in whole.lines for call in line.calls]
    assert calls
    assert all(call.check_in and whole.from_s < call.at_s <= whole.until_s for call in calls)

    part = posts.north.get("/v1/history", duty.History, **{"from": str(now_s - 600), "until": str(now_s + 60)})
    assert (part.from_s, part.until_s) == (now_s - 600, now_s + 60)
    assert all(change.at_s <= part.until_s for line in part.lines for change in line.changes)


@pytest.mark.parametrize("query", [{"from": "9" * 12}, {"from": "x"}, {"until": "-1"}, {"from": "9", "until": "9"}])
def test_a_time_that_is_empty_has_no_history(posts: Posts, query: dict[str, str]) -> None:
    """To come, no number, or of no length."""
    assert posts.north.fault("GET", "/v1/history", **query).fault == "misuse"
