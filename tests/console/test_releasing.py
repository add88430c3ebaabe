"""Release: what is signed is shown from its bytes, alike for each officer; who cannot sign is told so beforehand."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields

import pytest

from openline.console import body_told
from openline.console.acting import Acting, Role
from openline.console.words import words
from openline.station.api import types as t
from openline.wire import bodies, cbor
from openline.wire.errors import OurFault
from openline.wire.terms import CheckIn
from tests.console import hostile
from tests.console.conftest import EVERYTHING, browsing
from tests.integration.pairs import make_pair

TWO = tuple(sorted(kind for kind, cls in bodies.KINDS.items() if "approvals" in {each.name for each in fields(cls)}))


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A pair whose accord wants two officers for everything that may want them."""
    made = make_pair(tmp_path_factory.mktemp("strict"), two_person=TWO)
    made.start()
    made.wait_through()
    yield made
    made.stop()


@pytest.fixture
def desk(strict):
    yield from browsing(strict.south.folder / "station.sock")
    for each in strict.south.asking.get("/v1/drafts", tuple[t.Drafted, ...]):
        strict.south.asking.delete(f"/v1/drafts/{each.id}")


def drafted(pair, command, by="lee") -> t.Drafted:
    found: t.Drafted = pair.south.asking.post(f"/v1/drafts?by={by}", command, t.Drafted)
    return found


def test_a_draft_is_shown_field_by_field_with_its_digest(desk, strict):
    """Every word of it, who drafted it, what is lacking; the digest is of the bytes, the same for both officers."""
    draft = drafted(strict, t.Message(line="liaison", text="at 10:00", precedence="IMMEDIATE", due_s=600))
    digest = hashlib.sha256(bytes.fromhex(draft.body)).hexdigest()
    pages = []
    for officer in ("kim", "lee"):
        desk.gate.who = Acting(officer, EVERYTHING)
        pages.append(desk.get(f"/drafts/{draft.id}").text)
    for page in pages:
        for text in ("at 10:00", "IMMEDIATE", "10 minutes", "No: it is real", "liaison lane", "lee · "):
            assert text in page
        groups = re.search(r'aria-label="SHA-256">(.*?)</p>', page)
        assert groups is not None
        assert re.sub("<.*?>| ", "", groups[1]) == digest
        assert f'data-body="{draft.body}"' in page
    assert draft.id in desk.get("/drafts").text


def test_a_correction_in_a_draft_names_what_it_corrects(desk, strict):
    """By its citation, not by a hash that nobody can read."""
    theirs = strict.north.draft(t.Message(line="liaison", lane="safety", text="x")).entry
    strict.wait_equal()
    draft = drafted(strict, t.Message(line="liaison", text="y", translation_of=theirs.id))
    assert theirs.ref in desk.get(f"/drafts/{draft.id}").text


@pytest.mark.parametrize(
    ("who", "says"),
    [
        (Acting("kim", frozenset({Role.OFFICER})), "needs the role of a releaser"),
        (Acting("kim", frozenset({Role.AUDITOR})), "needs the role of a releaser"),
        (Acting("nobody", EVERYTHING), "names no such officer"),
    ],
)
def test_who_cannot_sign_is_told_before_signing(desk, strict, who, says):
    """The reason stands where the button would be, and there is none."""
    draft = drafted(strict, t.Suspend(reason="x"))
    desk.gate.who = who
    page = desk.get(f"/drafts/{draft.id}").text
    assert says in page
    assert "data-sign-and-release" not in page


def test_an_acknowledgement_is_its_officers_own_word(desk, strict):
    """Another officer is told whose it is; its own officer signs without being a releaser."""
    theirs = strict.north.draft(t.Message(line="liaison", lane="safety", text="note")).entry
    strict.wait_equal()
    draft = drafted(strict, t.Acknowledge(target=theirs.id, officer="lee"))
    desk.gate.who = Acting("kim", EVERYTHING)
    assert "an officer’s own word" in desk.get(f"/drafts/{draft.id}").text
    desk.gate.who = Acting("lee", frozenset({Role.OFFICER}))
    page = desk.get(f"/drafts/{draft.id}").text
    assert "data-sign-and-release" in page
    assert "/items/north%200%2F" in page


def test_a_draft_is_given_back_with_a_reason_and_goes_on_waiting(desk, strict):
    """The note is on its page for whoever comes next; without a reason nothing happens."""
    draft = drafted(strict, t.Suspend(reason="x"))
    assert "Write the reason." in desk.post(f"/drafts/{draft.id}/return", data={"reason": " "}).text
    answer = desk.post(f"/drafts/{draft.id}/return", data={"reason": "too soon <b>"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/drafts/{draft.id}")
    page = desk.get(f"/drafts/{draft.id}").text
    assert "too soon &lt;b&gt;" in page
    assert "given back" in desk.get("/drafts").text


def test_a_dropped_draft_is_gone(desk, strict):
    """It leaves nothing, and its page says that it does not wait."""
    draft = drafted(strict, t.Suspend(reason="x"))
    assert desk.post(f"/drafts/{draft.id}/drop").headers["location"] == "/drafts?dropped=1"
    gone = desk.get(f"/drafts/{draft.id}")
    assert gone.status_code == 404
    assert "recorded or dropped" in gone.text


def test_a_draft_that_the_record_overtook_says_so_and_is_not_signed(desk, strict):
    """Its number was given to another message meanwhile: nobody has approved what it says now."""
    draft = drafted(strict, t.Message(line="liaison", text="first"))
    assert strict.south.draft(t.Message(line="liaison", lane="safety", text="second")).entry is not None
    page = desk.get(f"/drafts/{draft.id}").text
    assert "the record has changed" in page
    assert "data-sign-and-release" not in page


def test_what_is_drafted_is_no_markup(desk, strict):
    """A draft's text is the draft's; its page runs nothing of it."""
    draft = drafted(strict, t.Notice(line="liaison", form=hostile.NAME, fields={hostile.NAME: hostile.TEXT}))
    hostile.hold(desk.get(f"/drafts/{draft.id}").text)
    hostile.hold(desk.get("/drafts").text)


def test_every_field_of_every_act_has_its_name():
    """Whatever officers may have to approve: no field of it is told by a bare key, and none is left out."""
    approved = [cls for cls in bodies.KINDS.values() if "approvals" in {each.name for each in fields(cls)}]
    assert len(approved) >= 10
    for cls in approved:
        assert bodies.kind_name(cls) in body_told.KINDS
        assert {each.name for each in fields(cls)} - {"approvals"} <= set(body_told.LABELS)


def test_an_amendment_is_told_with_every_value(desk, strict):
    """Times, callers, carriers, days, expiry: not only that they change."""
    body = bodies.Amend(
        line=0, effective_s=2_000_000_000, check_ins=(CheckIn(9 * 3600, 1, 0, "Asia/Seoul"),), carriers=(0,),
        expires_s=0, holidays=(20_000,), pulse_s=60,
    )  # fmt: skip
    look = desk.portal.call(desk.console.watcher.now)
    told = {row.label: row for row in body_told.rows(body, look, {}, words("en"))}
    assert told["Takes effect"].at_s == 2_000_000_000
    assert told["Check-ins"].value == "09:00 Asia/Seoul, south, on working days"
    assert (told["Carriers"].value, told["Holidays"].value) == ("fibre", "2024-10-04")
    assert (told["Expires"].value, told["Sign of life every"].value) == ("never", "60 s")


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x82\x01", cbor.encode([1, {99: 1}]), cbor.encode([1, 2, 3])])
def test_a_draft_that_cannot_be_read_is_our_fault_and_not_shown(data):
    """Nobody is asked to sign what was not read."""
    with pytest.raises(OurFault):
        body_told.body_of(data)
