"""What the API tells of single things: the inbox, the outbox, offers; and how they are named."""

from __future__ import annotations

import pytest

from openline.core.release import approve
from openline.station.api import types as t
from openline.station.api import types_duty as duty
from openline.station.api import types_items as items
from openline.station.commands import AmendLine
from openline.station.outbox import NOWHERE
from openline.wire.limits import TIME_S_MAX
from openline.wire.terms import CheckIn
from tests.simulation.posts import Post, Posts


def sent(post: Post, text: str = "x", **marks: object) -> t.Entry:
    entry = post.draft(t.Message(line="panmunjom", text=text, **marks)).entry  # type: ignore[arg-type]
    assert entry is not None
    return entry


def inbox(post: Post, **query: str) -> items.Inbox:
    return post.get("/v1/inbox", items.Inbox, **query)


def outbox(post: Post) -> items.Outbox:
    return post.get("/v1/outbox", items.Outbox)


# ---- the inbox


def test_the_unopened_come_first_by_precedence_and_then_as_they_came(posts: Posts) -> None:
    """FLASH before IMMEDIATE before the rest, in the order of the chain; then what is opened, the newest first."""
    refs = {
        name: sent(posts.north, name, precedence=precedence).ref
        for name, precedence in (
            ("first", "ROUTINE"), ("opened", "FLASH"), ("second", "ROUTINE"), ("urgent", "IMMEDIATE"),
            ("flash", "FLASH"), ("opened too", "ROUTINE"),
        )
    }  # fmt: skip
    posts.settle()
    for name in ("opened", "opened too"):
        posts.south.post("/v1/inbox/open", items.Open(ref=refs[name], officer="han"), items.Opened)
    found = inbox(posts.south)
    assert [item.text for item in found.items] == ["flash", "urgent", "first", "second", "opened too", "opened"]
    assert (found.unopened, found.more) == (4, 0)
    assert posts.south.get("/v1/status", t.Status).unopened == 4
    short = inbox(posts.south, limit="1")
    assert ([item.text for item in short.items], short.unopened, short.more) == (["flash", "opened too"], 4, 4)


def test_opening_sends_one_receipt_with_the_name_of_who_is_on_watch(posts: Posts) -> None:
    """Without a name it is the officer on watch; where nobody is, it is refused; a second opening sends nothing."""
    ref = sent(posts.north).ref
    posts.settle()
    fault = posts.south.fault("POST", "/v1/inbox/open", items.Open(ref=ref))
    assert (fault.fault, "nobody holds the watch" in fault.what) == ("refused", True)
    assert posts.south.run("watch", "on", "--officer", "han").exit_code == 0
    first = posts.south.post("/v1/inbox/open", items.Open(ref=ref), items.Opened)
    again = posts.south.post("/v1/inbox/open", items.Open(ref=ref, officer="choi"), items.Opened)
    assert (first.receipt, first.item.receipt, again.receipt) == (True, "shown", False)
    posts.settle()
    [item] = outbox(posts.north).recent
    assert (item.state, item.attested_by) == ("shown", "south's station")


def test_reading_writes_nothing(posts: Posts) -> None:
    """Lists and single items, read as often as one likes, leave both records as they were."""
    ref = sent(posts.north).ref
    posts.settle()
    before = posts.south.get("/v1/status", t.Status).heads
    for _ in range(3):
        inbox(posts.south)
        posts.south.get("/v1/inbox/item", items.One, ref=ref)
        posts.south.get("/v1/offers", items.Offers)
        outbox(posts.south)
    posts.settle()
    assert posts.south.get("/v1/status", t.Status).heads == before


def test_a_long_text_is_begun_in_the_list_and_whole_by_itself(posts: Posts) -> None:
    """A list shows the beginning and says so; the item has all of it, 8 KiB."""
    text = "가" * 2700
    ref = sent(posts.north, text).ref
    posts.settle()
    [listed] = inbox(posts.south).items
    one = posts.south.get("/v1/inbox/item", items.One, ref=ref).item
    assert (listed.text, listed.shortened) == (text[:160], True)
    assert one is not None
    assert (one.text, one.shortened) == (text, False)


def test_an_answer_that_is_due_and_not_given_is_overdue(posts: Posts) -> None:
    """The item tells when an answer is due and that it is late, until it is given."""
    ref = sent(posts.north, due_s=60).ref
    posts.settle()
    posts.later(61_000)
    assert inbox(posts.south).items[0].overdue
    posts.south.draft(t.Reply(to=ref, text="late"))
    item = posts.south.get("/v1/inbox/item", items.One, ref=ref).item
    assert item is not None
    assert (item.overdue, item.receipt) == (False, "answered")


def test_what_came_against_a_cut_is_flagged(posts: Posts) -> None:
    """A message that crossed a suspension arrives, unopened, with the flag and its meaning."""
    posts.cut()
    sent(posts.north, "on its way")
    assert posts.south.run("suspend", "panmunjom", *posts.south.key("choi"), *posts.south.key("han")).exit_code == 0
    posts.mend()
    posts.settle()
    [item] = inbox(posts.south).items
    assert item.flag == "crossed"
    assert "neither side had the other's entry" in posts.south.run("inbox", item.ref).stdout


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "", "1e3", "٣", "9" * 40, f"{1:09}000"])
def test_a_limit_that_is_none_is_refused(posts: Posts, limit: str) -> None:
    """From 1 to 1000 and nothing else, on every list."""
    for path in ("/v1/inbox", "/v1/outbox", "/v1/offers"):
        assert posts.north.fault("GET", path, limit=limit).fault == "misuse"


@pytest.mark.parametrize("path", ["/v1/inbox/item", "/v1/inbox/pages", "/v1/offers/published"])
def test_a_name_that_leads_nowhere_is_refused(posts: Posts, path: str) -> None:
    """No ref, an empty one, one of another form, one beyond the record."""
    assert "no ref is given" in posts.north.fault("GET", path).what
    for ref in ("", "x", "north", "north 0/0", "north 0/" + "9" * 18, "east 0/1", "f" * 64, "north–panmunjom–2026–0"):
        assert posts.north.fault("GET", path, ref=ref).fault == "misuse"


def test_what_is_named_can_be_named_in_each_of_its_ways(posts: Posts) -> None:
    """By its citation with dashes or hyphens, its place with a blank or colon, its id or the beginning of it."""
    entry = sent(posts.north)
    place = entry.place
    for ref in (entry.ref, entry.ref.replace("–", "-"), place, place.replace(" ", ":"), entry.id, entry.id[:8]):
        one = posts.north.get("/v1/inbox/item", items.One, ref=ref).item
        assert one is not None
        assert one.id == entry.id
    assert posts.north.fault("GET", "/v1/inbox/item", ref=entry.id[:7]).fault == "misuse"


def test_an_act_has_no_pages_and_a_message_none(posts: Posts) -> None:
    """Pages are asked of documents alone; a statement, of announcements alone."""
    ref = sent(posts.north).ref
    assert "is no document" in posts.north.fault("GET", "/v1/inbox/pages", ref=ref).what
    assert "is no proposal" in posts.north.fault("GET", "/v1/offers/published", ref=ref).what
    amended = posts.north.facts("amend", "panmunjom", "--effective", "+1h", "--pulse", "30s", *posts.north.key("pak"))
    place = amended["entry"]["place"]
    assert "is no announcement" in posts.north.fault("GET", "/v1/offers/published", ref=place).what
    assert posts.north.fault("POST", "/v1/inbox/open", items.Open(ref=place, officer="pak")).fault == "misuse"


# ---- the outbox


def test_a_state_is_told_with_its_path_and_whose_word_it_is(posts: Posts) -> None:
    """Recorded while no path is up; handed to a carrier; held, by their signature: each says so, and by whom."""
    posts.cut()
    ref = sent(posts.north, due_s=3600).ref
    [waits] = outbox(posts.north).waiting
    assert (waits.ref, waits.state, waits.attested_by, waits.went_by) == (ref, "recorded", "north's station", ())
    assert "no live or relay path is up" in waits.waits
    assert "no path is up" in posts.north.run("outbox", "--try-now").stdout

    with posts.losing():
        posts.mend()
        [waits] = outbox(posts.north).waiting
        assert (waits.state, waits.went_by) == ("on_its_way", ("copper",))
        assert waits.next_ms is not None
        assert 0 < waits.next_ms <= 5_000
    posts.north.post("/v1/outbox/try", None, items.Tried)
    posts.settle()
    found = outbox(posts.north)
    assert found.waiting == ()
    assert (found.recent[0].state, found.recent[0].went_by) == ("delivered", ("copper",))
    assert found.recent[0].attested_by == "south's station"


def test_what_a_relay_keeps_and_what_they_hint_is_no_delivery(posts: Posts) -> None:
    """A relay's word is the relay's, a hint is a hint; both say so."""
    posts.cut()
    sent(posts.north)
    desk = posts.north.runner.desk
    head = desk.outbox.our_head()
    posts.act(posts.north, lambda: desk.outbox.kept_by_relay(1, NOWHERE, head))
    [waits] = outbox(posts.north).waiting
    assert (waits.state, waits.attested_by) == ("kept_by_relay", "relay satellite")
    posts.act(posts.north, lambda: desk.outbox.note_ack(head))  # as their unsigned `have` does
    found = outbox(posts.north)
    assert found.waiting == ()
    assert (found.recent[0].state, "hints" in found.recent[0].says) == ("on_its_way", True)


def test_try_now_sends_what_waits_again(posts: Posts) -> None:
    """What was lost on the way goes again at once, by the paths that are up; where nothing waits, it says so."""
    assert "nothing waits" in posts.north.run("outbox", "--try-now").stdout
    with posts.losing():
        sent(posts.north)
        assert outbox(posts.north).waiting[0].state == "on_its_way"
    tried = posts.north.post("/v1/outbox/try", None, items.Tried)
    assert (tried.paths, tried.says) == (("copper",), "sent again")
    posts.settle()
    assert outbox(posts.north).recent[0].state == "delivered"


def test_pages_that_wait_are_in_the_outbox_and_tried_again(posts: Posts) -> None:
    """A document whose entry they hold waits for its pages, with the time of the next round."""
    with posts.losing_pages():
        pages = posts.north.post("/v1/pages", b"x" * 50_000, dict[str, str])["pages"]
        posts.north.draft(t.Document(line="panmunjom", pages=pages, title="Sheet 2"))
        posts.until(posts.north, lambda: not posts.north.runner.desk.outbox.waiting())
        [waits] = outbox(posts.north).waiting
        assert (waits.kind, waits.state) == ("document", "on_its_way")
        assert "its pages are on their way" in waits.says
        assert waits.next_ms is not None
    posts.north.post("/v1/outbox/try", None, items.Tried)
    posts.settle()
    assert outbox(posts.north).recent[0].state == "delivered"


def test_what_the_station_writes_itself_is_counted_and_not_listed(posts: Posts) -> None:
    """Receipts and acknowledgements wait too, as a number."""
    ref = sent(posts.north).ref
    posts.settle()
    posts.cut()
    posts.south.post("/v1/inbox/open", items.Open(ref=ref, officer="han"), items.Opened)
    found = outbox(posts.south)
    assert (found.waiting, found.more) == ((), 1)
    assert "1 more entry" in posts.south.run("outbox").stdout


# ---- offers


def test_offers_that_wait_come_first(posts: Posts) -> None:
    """Proposals and amendments with whose word is awaited; one whose time passed says so and waits no more."""
    north = posts.north
    for effective in ("+10m", "+1h"):
        north.facts("amend", "panmunjom", "--effective", effective, "--pulse", "30s", *north.key("pak"))
    posts.settle()
    waits = [(offer.waits_for, offer.lapsed) for offer in posts.south.get("/v1/offers", items.Offers).offers]
    assert waits == [("us", False), ("us", False)]
    posts.cut()
    posts.later(601_000)
    offers = posts.south.get("/v1/offers", items.Offers).offers
    assert [(offer.waits_for, offer.lapsed) for offer in offers] == [("us", False), ("us", True)]
    assert len(inbox(posts.south).offers) == 1
    assert posts.south.get("/v1/offers", items.Offers, limit="1").more == 1
    [mine] = [offer for offer in north.get("/v1/offers", items.Offers).offers if offer.standing != "withdrawn"]
    assert mine.waits_for == "them"


def test_an_offer_past_all_calendars_is_told_by_its_numbers(posts: Posts) -> None:
    """What the other side writes within the format's limits breaks no list: not the last day, second or zone."""
    command = AmendLine(
        line=0, effective_s=TIME_S_MAX, check_ins=(CheckIn(86_399, 1, 1, "Nowhere/At all"),), expires_s=TIME_S_MAX,
        holidays=(10**7,),
    )  # fmt: skip

    def record() -> None:
        desk, now = posts.south.runner.desk, posts.clock.now()
        draft = desk.draft(command, now)
        given = approve(posts.made.id, 1, draft, 0, desk.next_counter(0), posts.made.keys[1].officers[0])
        desk.record(desk.release(draft, [given]), now)

    posts.act(posts.south, record)
    posts.settle()
    [offer] = inbox(posts.north).offers
    assert (offer.holidays, offer.effective_s) == (("day 10000000",), TIME_S_MAX)
    for words in (("inbox",), ("inbox", offer.ref), ("accept", offer.ref)):
        done = posts.north.run(*words)
        assert done.exit_code == 0, done.output


def test_suspensions_are_told_newest_first_with_when_each_ends(posts: Posts) -> None:
    """Both sides tell the same: whose, from when, why, who approved it; an end only once a restoration is concluded."""
    north, south = posts.north, posts.south
    first = north.facts("suspend", "panmunjom", "--reason", "leaflets", *north.key("pak"), *north.key("ri"))
    posts.settle()
    south.facts("suspend", "military west", "--from", "+1h", *south.key("choi"), *south.key("han"))
    posts.settle()
    told = [post.get("/v1/suspensions", items.Suspensions) for post in posts.both]
    assert told[0] == told[1]
    later, now = told[0].suspensions
    assert (later.author, later.reason, now.author, now.reason) == ("south", "", "north", "leaflets")
    assert (now.ref, now.approved_by) == (first["entry"]["ref"], ("pak", "ri"))
    assert now.scope == (items.Suspended(line="panmunjom", lane="liaison", ends_s=None),)
    assert later.from_s > now.from_s
    proposed = north.facts("propose", "panmunjom", "--effective", "+2h", *north.key("pak"), *north.key("ri"))
    posts.settle()
    south.facts("accept", proposed["entry"]["ref"], *south.key("choi"), *south.key("han"))
    posts.settle()
    for post in posts.both:
        [one] = post.get("/v1/suspensions", items.Suspensions, limit="2").suspensions[1:]
        assert one.scope[0].ends_s is not None
    assert north.get("/v1/suspensions", items.Suspensions, limit="1").more == 1
    posts.later(7_201_000)  # the first is over, and the later one still cuts
    again = north.facts("suspend", "panmunjom", *north.key("pak"), *north.key("ri"))
    told_now = north.get("/v1/suspensions", items.Suspensions).suspensions
    assert [one.ref for one in told_now] == [again["entry"]["ref"], later.ref, now.ref]
    assert [one.scope[0].ends_s for one in told_now][:2] == [None, None]


def answered_call(posts: Posts) -> None:
    """The south calls, the north picks up, the south hangs up."""
    call = posts.south.post("/v1/calls", duty.PlaceCall(line="panmunjom"), duty.Call)
    posts.settle()
    posts.north.post(f"/v1/calls/{call.id}/word", duty.PickUp(word="answer", officer="pak"), duty.Call)
    posts.settle()
    posts.south.post(f"/v1/calls/{call.id}/end", None, duty.Call)
    posts.settle()


def test_a_restoration_says_when_a_call_was_first_answered(posts: Posts) -> None:
    """Of all the record, and not of the calls that finished last: many that nobody answered came after it; one before
    its time is none."""
    north, south = posts.north, posts.south
    answered_call(posts)
    north.facts("suspend", "panmunjom", *north.key("pak"), *north.key("ri"))
    posts.settle()
    proposed = north.facts("propose", "panmunjom", "--effective", "+10m", *north.key("pak"), *north.key("ri"))
    posts.settle()
    south.facts("accept", proposed["entry"]["ref"], *south.key("choi"), *south.key("han"))
    posts.settle()
    posts.later(601_000)
    assert south.get("/v1/offers", items.Offers).offers[0].answered_s == {}

    answered_call(posts)
    at_s = south.get("/v1/calls", duty.Calls).last[0].ended_s
    for _ in range(24):
        call = south.post("/v1/calls", duty.PlaceCall(line="panmunjom"), duty.Call)
        south.post(f"/v1/calls/{call.id}/end", None, duty.Call)
    posts.settle()
    assert "answered" not in {each.state for each in south.get("/v1/calls", duty.Calls).last}
    for post in posts.both:
        assert post.get("/v1/offers", items.Offers).offers[0].answered_s["panmunjom"] in (at_s, at_s + 1)


def test_documents_are_told_alone_and_a_page_at_a_time(posts: Posts) -> None:
    """Both sides' newest first; what came meanwhile moves no page; messages are no documents."""
    refs = []
    for number, post in enumerate((posts.north, posts.south, posts.north)):
        sent(post, "between them")
        pages = post.post("/v1/pages", b"%PDF-" + bytes([number]), dict[str, str])["pages"]
        document = t.Document(line="panmunjom", pages=pages, title=str(number))
        made = post.post("/v1/drafts", document, t.Drafted).entry
        assert made is not None
        refs.append(made.id)
        posts.settle()
    first = posts.south.get("/v1/documents", items.Documents, limit="2")
    assert ([each.id for each in first.items], first.more) == ([refs[2], refs[1]], 1)
    assert [each.author for each in first.items] == ["north", "south"]
    rest = posts.south.get("/v1/documents", items.Documents, limit="2", before=first.items[-1].ref)
    assert ([each.id for each in rest.items], rest.more) == ([refs[0]], 0)
    assert posts.south.fault("GET", "/v1/documents", None, before=sent(posts.south).ref).fault == "misuse"


def test_one_item_tells_every_receipt_and_what_names_it(posts: Posts) -> None:
    """Each receipt with whose word it is; a correction, a translation and an answer lead back to what they name."""
    first = sent(posts.north, "at ten")
    corrected = sent(posts.north, "at eleven", corrects=first.id)
    translated = sent(posts.north, "열 시에", translation_of=first.id, language="ko")
    posts.settle()
    posts.south.post("/v1/inbox/open", items.Open(ref=first.ref, officer="han"), items.Opened)
    answer = posts.south.draft(t.Reply(to=first.id, text="agreed")).entry
    posts.settle()
    for post in posts.both:
        item = post.get("/v1/inbox/item", items.One, ref=first.ref).item
        assert item is not None
        assert answer is not None
        assert [(x.receipt, x.by) for x in item.receipts] == [
            ("delivered", "south's station"), ("shown", "south's station"),
            ("answered", "south, by an item that answers it"),
        ]  # fmt: skip
        assert {(x.how, x.id, x.author, x.kind) for x in item.named_by} == {
            ("corrects", corrected.id, "north", "message"), ("translates", translated.id, "north", "message"),
            ("answers", answer.id, "south", "message"),
        }  # fmt: skip


def test_a_draft_says_who_drafted_it_and_why_it_was_given_back(posts: Posts) -> None:
    """Both are notes among our officers, kept over restarts with the draft; a name that is no officer's is refused."""
    path = "/v1/drafts?by=han"
    drafted: t.Drafted = posts.south.post(path, t.Suspend(reason="x"), t.Drafted)
    assert (drafted.drafted_by, drafted.returned) == ("han", ())
    back = t.GiveBack(officer="choi", reason="the west line must stay open")
    told = posts.south.post(f"/v1/drafts/{drafted.id}/return", back, t.Drafted)
    assert [(x.officer, x.reason) for x in told.returned] == [("choi", "the west line must stay open")]
    assert posts.south.get(f"/v1/drafts/{drafted.id}", t.Drafted) == told
    nobody = posts.south.fault("POST", f"/v1/drafts/{drafted.id}/return", t.GiveBack(officer="x", reason="y"))
    assert nobody.fault == posts.south.fault("POST", "/v1/drafts?by=x", t.Suspend()).fault == "misuse"
