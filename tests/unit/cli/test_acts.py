"""Officers' acts from the command line: one signs, or two, or the draft waits."""

from __future__ import annotations

import re

import msgspec
import pytest
from click.testing import Result

from openline.cli import asking as askings
from openline.keys.notes import verify_published
from openline.station.api import types as t
from openline.station.api import types_items as items
from openline.station.api.drafts import plain
from openline.station.commands import CutLines, EntryCommand, SetPresence
from openline.wire.terms import Lane, Presence
from tests.simulation.posts import Post, Posts


def both(post: Post) -> tuple[str, ...]:
    """The keys of both officers of a side: the accord asks for two to cut, propose and accept."""
    names = [officer.name for officer in post.posts.made.keys[post.side].officers]
    return (*post.key(names[0]), *post.key(names[1]))


def formal(post: Post, line: str = "panmunjom") -> str:
    status = post.get("/v1/status", t.Status)
    return next(each.lanes["liaison"].formal for each in status.lines if each.id == line)


def test_a_line_is_cut_and_restored_by_both(posts: Posts) -> None:
    """One side cuts; a message is refused with the rule; the other proposes, the first accepts, the lane reopens."""
    cut = posts.north.run("suspend", "panmunjom", "--reason", "leaflets", *both(posts.north))
    assert cut.exit_code == 0, cut.output
    assert "approved by pak and ri" in cut.stdout
    assert "“leaflets”" in cut.stderr
    posts.settle()
    assert (formal(posts.north), formal(posts.south)) == ("suspended", "suspended")

    refused = posts.south.run("message", "panmunjom", "Why?")
    assert refused.exit_code == 3
    assert "the liaison lane of panmunjom is suspended" in refused.stderr

    proposed = posts.south.facts("propose", "panmunjom", "--effective", "+1h", *both(posts.south))
    posts.settle()
    [offer] = posts.north.get("/v1/inbox", items.Inbox).offers
    assert (offer.kind, offer.waits_for, offer.ref) == ("propose", "us", proposed["entry"]["ref"])
    assert "1 for us to accept" in posts.north.run("inbox").stdout
    assert "to do: 1 to accept\n" in posts.north.run("status").stdout
    accepted = posts.north.run("accept", offer.ref, *both(posts.north))
    assert accepted.exit_code == 0, accepted.output
    posts.settle()
    assert posts.north.get("/v1/offers", items.Offers).offers[0].standing == "concluded"
    posts.later(3_601_000)
    assert (formal(posts.north), formal(posts.south)) == ("open", "open")


def test_a_draft_waits_for_its_second_officer(posts: Posts) -> None:
    """Without keys a draft waits; one officer's key is not enough where two are asked for; the second lets it out."""
    drafted = posts.north.run("suspend", "--all")
    assert drafted.exit_code == 0, drafted.output
    [draft] = re.findall("draft ([0-9a-f]{8}) waits for 2 officers", drafted.stdout)
    assert f"next: openline release approve {draft} --key FILE" in drafted.stdout
    assert draft in posts.north.run("release", "list").stdout
    assert "panmunjom liaison, military west liaison" in posts.north.run("release", "show", draft).stdout

    first = posts.north.run("release", "approve", draft, "--yes", *posts.north.key("pak"))
    assert "waits for 1 officer (approved by pak)" in first.stdout, first.output
    again = posts.north.run("release", "approve", draft, "--yes", *posts.north.key("pak"))
    assert again.exit_code == 3
    assert "pak has approved this already" in again.stderr
    assert formal(posts.north) == "open"

    second = posts.north.run("release", "approve", draft, *posts.north.key("ri"), given="y\n")
    assert "approved by pak and ri" in second.stdout, second.output
    assert formal(posts.north) == "suspended"
    assert posts.north.run("release", "list").stdout == "no draft waits\n"


def draft_of(post: Post, *words: str) -> str:
    """The draft that a verb without keys left waiting."""
    found: str = post.facts(*words)["id"]
    return found


def approve(post: Post, draft: str, officer: str) -> Result:
    return post.run("release", "approve", draft, "--yes", *post.key(officer))


def test_an_offer_is_taken_back_until_it_is_accepted(posts: Posts) -> None:
    """Its proposer withdraws a proposal; the other side's, or one that is gone, is refused."""
    posts.north.run("suspend", "panmunjom", *both(posts.north))
    posts.settle()
    ref = posts.south.facts("propose", "panmunjom", "--effective", "+1h", *both(posts.south))["entry"]["ref"]
    posts.settle()
    theirs = posts.north.run("withdraw", ref, *posts.north.key("pak"))
    assert (theirs.exit_code, "only its proposer can withdraw it" in theirs.stderr) == (3, True)
    assert posts.south.run("withdraw", ref, *posts.south.key("choi")).exit_code == 0
    posts.settle()
    gone = posts.north.run("accept", ref, *both(posts.north))
    assert (gone.exit_code, "this cannot be accepted: it is withdrawn" in gone.stderr) == (3, True)
    assert posts.north.get("/v1/inbox", items.Inbox).offers == ()
    assert "withdrawn" in posts.north.run("inbox", ref).stdout


def test_a_line_is_amended_by_both(posts: Posts) -> None:
    """Check-ins, holidays, pulse and expiry are proposed, shown as they are, and in force when both have agreed."""
    amended = posts.north.facts(
        "amend", "panmunjom", "--effective", "+1h", "--check-in", "08:30 north working", "--check-in",
        "18:00 south daily Asia/Pyongyang", "--holiday", "2027-01-01", "--pulse", "90s", "--expires", "never",
        *posts.north.key("pak"),
    )  # fmt: skip
    posts.settle()
    offer = posts.south.get("/v1/inbox/item", items.One, ref=amended["entry"]["ref"]).offer
    assert offer is not None
    assert offer.check_ins is not None
    assert [(x.at, x.caller, x.days, x.zone) for x in offer.check_ins] == [
        ("08:30", "north", "working", "Asia/Seoul"), ("18:00", "south", "daily", "Asia/Pyongyang"),
    ]  # fmt: skip
    assert (offer.holidays, offer.pulse_s, offer.carriers, offer.expires_s) == (("2027-01-01",), 90, None, 0)
    posts.south.facts("accept", offer.ref, *both(posts.south))
    posts.settle()
    assert posts.north.get("/v1/offers", items.Offers).offers[0].standing == "concluded"


def test_presence_is_withheld_and_shown(posts: Posts) -> None:
    """It needs no officer, and the record says which."""
    assert posts.north.run("presence", "withheld").exit_code == 0
    assert "presence" in posts.north.run("outbox").stdout
    assert posts.north.run("presence", "shown").exit_code == 0


def test_an_acknowledgement_is_one_officers_own_word(posts: Posts) -> None:
    """It needs the named officer's key and no other's; its author sees that an officer signed."""
    ref = posts.north.facts("message", "panmunjom", "Take note.")["entry"]["ref"]
    posts.settle()
    nobody = posts.south.run("acknowledge", ref)
    assert (nobody.exit_code, "nobody holds the watch" in nobody.stderr) == (3, True)
    assert posts.south.run("watch", "on", "--officer", "choi").exit_code == 0
    draft = draft_of(posts.south, "acknowledge", ref)
    other = approve(posts.south, draft[:4], "han")  # the first digits are enough where they mean one draft
    assert (other.exit_code, "this is choi's own word" in other.stderr) == (3, True)
    assert approve(posts.south, draft, "choi").exit_code == 0
    posts.settle()
    [sent] = posts.north.get("/v1/outbox", items.Outbox).recent
    assert (sent.state, sent.attested_by) == ("acknowledged", "an officer of south, by signature")


def test_an_announcement_is_signed_by_both_and_published(posts: Posts) -> None:
    """The proposer signs a note, the other side sees and signs the same note, and both can publish one file."""
    texts = "ko=통신선을 복원하였다.", "en=The lines are restored."
    keys = "--announce-key", "{}/announce.key"
    offered = posts.north.run("announce", *texts, *keys, *posts.north.key("pak"))
    assert offered.exit_code == 0, offered.output
    assert "Valid only with the signatures of both sides." in offered.stderr
    posts.settle()
    [offer] = posts.south.get("/v1/inbox", items.Inbox).offers
    assert (offer.kind, dict(offer.texts)["ko"]) == ("announcement", "통신선을 복원하였다.")

    early = posts.south.run("inbox", offer.ref, "--out", "{}/early")
    assert (early.exit_code, "not signed by both" in early.stderr) == (3, True)
    keyless = posts.south.run("accept", offer.ref, *both(posts.south))
    assert (keyless.exit_code, "to accept an announcement is to sign it" in keyless.stderr) == (2, True)
    accepted = posts.south.run("accept", offer.ref, *keys, *both(posts.south))
    assert accepted.exit_code == 0, accepted.output
    assert "통신선을 복원하였다." in accepted.stderr
    posts.settle()
    for post in posts.both:
        assert post.run("inbox", offer.ref, "--out", "{}/published").exit_code == 0
    published = [(post.folder / "published").read_bytes() for post in posts.both]
    assert published[0] == published[1]
    assert verify_published(published[0], posts.made.signed.accord) == (
        ("en", "The lines are restored."), ("ko", "통신선을 복원하였다."),
    )  # fmt: skip


def test_a_statement_signed_with_other_keys_or_not_at_all_is_refused(posts: Posts) -> None:
    """The other side's announcement keys, an officer's file, no keys, a text twice: said before anything is drafted."""
    theirs = str(posts.south.folder / "announce.key")
    for words, what in (
        (["en=x", "--announce-key", theirs], "not the announcement keys that the accord names for north"),
        (["en=x", "--announce-key", "{}/pak.key"], "announcements are signed with announce keys"),
        (["en=x"], "a statement is signed with our side's announcement keys"),
        (["en=x", "en=y", "--announce-key", "{}/announce.key"], "the text in en is given twice"),
        (["x", "--announce-key", "{}/announce.key"], "x has no language"),
        (["e n=x", "--announce-key", "{}/announce.key"], "this cannot be announced"),
    ):
        refused = posts.north.run("announce", *words, "--minute")
        assert refused.exit_code == 2, refused.output
        assert what in refused.stderr
    assert posts.north.get("/v1/drafts", tuple[t.Drafted, ...]) == ()

    forged = t.Statement(texts={"en": "x"}, ed25519="00" * 64, mldsa44="00" * 2420)
    fault = posts.north.fault("POST", "/v1/drafts", forged)
    assert (fault.fault, "missing or do not hold" in fault.what) == ("refused", True)
    proposal = t.Accept(target="00" * 32, ed25519="00" * 64)
    assert posts.north.fault("POST", "/v1/drafts", proposal).fault == "misuse"


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (["suspend"], 2, "name the lines, or all of them with --all"),
        (["suspend", "panmunjom", "--all"], 2, "name the lines, or all of them with --all"),
        (["suspend", "copper"], 2, "the accord has no line named copper"),
        (["suspend", "panmunjom", "--from", "2020-01-01T09:00"], 3, "cannot begin in the past"),
        (["suspend", "panmunjom", "--from", "tomorrow"], 2, "tomorrow is no time"),
        (["suspend", "panmunjom", "--reason", "x" * 1025], 3, "this cannot be written"),
        (["propose", "panmunjom", "--effective", "+1h"], 3, "there is nothing to restore"),
        (["accept", "north 9/9"], 2, "nothing in the record is named north 9/9"),
        (["withdraw", "south–panmunjom–2026–7"], 2, "nothing in the record is named"),
        (["amend", "panmunjom", "--effective", "+1h"], 2, "this changes nothing"),
        (["amend", "panmunjom", "--effective", "+1h", "--carrier", "pigeon"], 2, "no carrier named pigeon"),
        (["amend", "panmunjom", "--effective", "+1h", "--check-in", "25:00 south"], 2, "no such time"),
        (["amend", "panmunjom", "--effective", "+1h", "--check-in", "09:00"], 2, "is no scheduled call"),
        (["amend", "panmunjom", "--effective", "+1h", "--check-in", "09:00 east"], 2, "no side named east"),
        (["amend", "panmunjom", "--effective", "+1h", "--holiday", "new year"], 2, "new year is no day"),
        (["amend", "panmunjom", "--effective", "+1h", "--holiday", "2027-01-01", "--no-holidays"], 2, "there are none"),
        (["amend", "panmunjom", "--effective", "+1h", "--pulse", "0s"], 3, "this cannot be written"),
        (["acknowledge", "north 9/9", "--officer", "pak"], 2, "nothing in the record is named"),
        (["release", "approve", "00000000", *("--key", "{}/pak.key")], 2, "no draft 00000000 waits here"),
        (["release", "drop", "00000000"], 2, "no draft 00000000 waits here"),
    ],
)
def test_what_a_rule_or_the_accord_does_not_know_is_refused_in_words(
    posts: Posts, words: list[str], code: int, what: str
) -> None:
    """Exit 2 for what means nothing, 3 for what a rule refuses; no draft is left, and the record stands as it was."""
    entries = posts.north.get("/v1/status", t.Status).heads.entries
    refused = posts.north.run(*words)
    assert refused.exit_code == code, refused.output
    assert what in refused.stderr
    assert posts.north.get("/v1/drafts", tuple[t.Drafted, ...]) == ()
    assert posts.north.get("/v1/status", t.Status).heads.entries == entries


def test_what_is_no_offer_is_not_accepted_and_who_is_no_officer_gives_no_word(posts: Posts) -> None:
    """A message is neither accepted nor withdrawn; a name that the accord lacks acknowledges nothing."""
    ref = posts.north.facts("message", "panmunjom", "A message.")["entry"]["ref"]
    posts.settle()
    accepted = posts.south.run("accept", ref, *both(posts.south))
    assert (accepted.exit_code, "is no proposal, amendment" in accepted.stderr) == (2, True)
    withdrawn = posts.north.run("withdraw", ref, *posts.north.key("pak"))
    assert (withdrawn.exit_code, "our record holds no such proposal" in withdrawn.stderr) == (3, True)
    unknown = posts.south.run("acknowledge", ref, "--officer", "kim")
    assert (unknown.exit_code, "no officer of ours named kim" in unknown.stderr) == (2, True)
    two = posts.south.run("acknowledge", ref, *both(posts.south))
    assert (two.exit_code, "one officer's own word" in two.stderr) == (2, True)


# ---- keys


def test_keys_that_are_not_our_officers_sign_nothing(posts: Posts) -> None:
    """The other side's officer, a principal's file, a wrong passphrase, no file: nothing is drafted."""
    theirs = str(posts.south.folder / "choi.key")
    for file, what in (
        (theirs, "the accord names no officer choi of north"),
        ("{}/chairman.key", "holds a key of kind principal"),
        ("{}/none.key", "cannot be read"),
        ("{}/accord", "not a key file"),
    ):
        words = "--passphrase-file", "{}/words"
        refused = posts.north.run("suspend", "panmunjom", "--key", file, *(words if file == "{}/accord" else ()))
        assert refused.exit_code == 2, refused.output
        assert what in refused.stderr
    assert posts.north.get("/v1/drafts", tuple[t.Drafted, ...]) == ()


def test_a_signature_that_is_not_the_officers_is_refused_and_the_draft_waits(posts: Posts) -> None:
    """A forged approval, one of another officer, one under a spent counter: each refused when it is given."""
    draft = draft_of(posts.north, "suspend", "panmunjom")
    path = f"/v1/drafts/{draft}/approvals"
    forged = t.Approve(officer="pak", counter=1, signature="00" * 64)
    assert "this is not pak's signature" in posts.north.fault("POST", path, forged).what
    unknown = t.Approve(officer="kim", counter=1, signature="00" * 64)
    assert posts.north.fault("POST", path, unknown).fault == "misuse"
    spent = t.Approve(officer="pak", counter=1, signature="00" * 64)
    posts.north.run("suspend", "military west", *both(posts.north))
    assert "counter 1 of pak was used before" in posts.north.fault("POST", path, spent).what
    assert posts.north.fault("POST", path, {"officer": "pak"}).fault == "misuse"
    assert posts.north.get(f"/v1/drafts/{draft}", t.Drafted).approved_by == ()


def test_one_officer_can_have_approved_several_drafts(posts: Posts) -> None:
    """Each approval of one officer carries a counter of its own; what the record overtook is asked for again."""
    first, second = draft_of(posts.north, "suspend", "panmunjom"), draft_of(posts.north, "suspend", "military west")
    for draft in (first, second):
        assert approve(posts.north, draft, "pak").exit_code == 0
    assert "approved by pak and ri" in approve(posts.north, second, "ri").stdout
    overtaken = approve(posts.north, first, "ri")
    assert "waits for 1 officer (approved by ri)" in overtaken.stdout, overtaken.output
    assert "approved by ri and pak" in approve(posts.north, first, "pak").stdout


# ---- drafts that grow old


def test_a_draft_whose_time_has_passed_says_so(posts: Posts) -> None:
    """A proposal that nobody released in time is listed as stale, refused at approval, and dropped by command."""
    posts.north.run("suspend", "panmunjom", *both(posts.north))
    draft = draft_of(posts.north, "propose", "panmunjom", "--effective", "+10m")
    posts.later(700_000)
    assert "cannot take effect in the past" in posts.north.run("release", "list").stdout
    late = approve(posts.north, draft, "pak")
    assert (late.exit_code, "cannot be released any more" in late.stderr) == (2, True)
    assert "is dropped" in posts.north.run("release", "drop", draft).stdout
    assert posts.north.run("release", "list").stdout == "no draft waits\n"


def test_a_draft_that_the_record_has_changed_is_refused(posts: Posts) -> None:
    """A proposal lists the suspensions of its day; where one was added since, what was approved is not what it says."""
    posts.north.run("suspend", "panmunjom", *both(posts.north))
    draft = draft_of(posts.north, "propose", "panmunjom", "--effective", "+1h")
    assert approve(posts.north, draft, "pak").exit_code == 0
    posts.settle()
    posts.south.run("suspend", "panmunjom", *both(posts.south))
    posts.settle()
    changed = approve(posts.north, draft, "ri")
    assert (changed.exit_code, "the record has changed what this draft says" in changed.stderr) == (2, True)
    path, approval = f"/v1/drafts/{draft}/approvals", t.Approve(officer="ri", counter=9, signature="00" * 64)
    assert posts.north.fault("POST", path, approval).fault == "refused"


def test_drafts_and_their_approvals_outlive_a_restart(posts: Posts) -> None:
    """A station that was stopped knows what waits, who approved it, and in which order it was drafted."""
    names = [draft_of(posts.north, "suspend", line) for line in ("panmunjom", "military west")]
    approve(posts.north, names[1], "ri")
    posts.restart(posts.north)
    found = posts.north.get("/v1/drafts", tuple[t.Drafted, ...])
    assert [(each.id, each.approved_by) for each in found] == [(names[0], ()), (names[1], ("ri",))]
    assert "approved by ri and pak" in approve(posts.north, names[1], "pak").stdout


def test_whoever_does_not_say_yes_signs_nothing(posts: Posts) -> None:
    """Asked whether to sign, no leaves the draft as it was."""
    draft = draft_of(posts.north, "suspend", "panmunjom")
    refused = posts.north.run("release", "approve", draft, *posts.north.key("pak"), given="n\n")
    assert refused.exit_code == 1
    assert "Sign this as pak?" in refused.stderr
    assert posts.north.get(f"/v1/drafts/{draft}", t.Drafted).approved_by == ()


# ---- a station that lies


@pytest.mark.parametrize(
    "swapped",
    [
        t.Suspend(lines=("military west",)),
        t.Suspend(lines=("panmunjom", "military west")),
        t.Suspend(lines=("panmunjom",), lanes=("liaison", "safety")),
        t.Suspend(lines=("panmunjom",), reason="another"),
        t.SetPresence(mode="withheld"),
    ],
)
def test_a_station_that_drafts_something_else_gets_no_signature(
    posts: Posts, monkeypatch: pytest.MonkeyPatch, swapped: t.Command
) -> None:
    """A station that was tampered with answers with another act than was asked for: the officer's key does not sign."""
    call = askings.Asking.call
    signed: list[bytes | None] = []

    def lying(self: askings.Asking, method: str, path: str, body: bytes | None = None) -> bytes:
        if path.endswith("/approvals"):
            signed.append(body)
        if (method, path) != ("POST", "/v1/drafts"):
            return call(self, method, path, body)
        made = posts.made.signed
        scope = {"lines": tuple(range(2)), "lanes": (Lane.LIAISON,)}
        match swapped:
            case t.Suspend():
                names = [line.id for line in made.accord.lines]
                scope = {"lines": tuple(names.index(x) for x in swapped.lines),
                         "lanes": tuple(Lane[x.upper()] for x in swapped.lanes)}  # fmt: skip
                command: EntryCommand = CutLines(reason=swapped.reason, **scope)
            case _:
                command = SetPresence(mode=Presence.WITHHELD)
        draft = posts.north.runner.desk.draft(command, posts.clock.now())
        honest = msgspec.json.decode(call(self, method, path, body), type=t.Drafted)
        return msgspec.json.encode(msgspec.structs.replace(honest, body=plain(draft.body).hex()))

    monkeypatch.setattr(askings.Asking, "call", lying)
    refused = posts.north.run("suspend", "panmunjom", *both(posts.north))
    assert refused.exit_code == 1, refused.output
    assert "it was not signed" in refused.stderr
    assert signed == []
    assert posts.north.get("/v1/drafts", tuple[t.Drafted, ...]) == ()
