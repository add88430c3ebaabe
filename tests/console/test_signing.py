"""A release in the browser: the officer's signature and the passkey's assertion, over a station that runs."""

from __future__ import annotations

import hashlib
import json

import pytest

from openline.console.accounts import journal
from openline.console.accounts.signing import path_of
from openline.keys.public import officer_message
from openline.station.api import types as t
from openline.wire import bodies, cbor
from openline.wire.bodies import Suspend
from openline.wire.errors import OpenlineError
from tests.console.authenticator import b64, unb64
from tests.console.consoles import consoles
from tests.integration.pairs import make_pair


@pytest.fixture(scope="module")
def south(tmp_path_factory):
    """A station whose suspensions two officers release."""
    made = make_pair(tmp_path_factory.mktemp("signing"), two_person=(Suspend.kind,))
    made.south.start()
    yield made.south
    made.south.kill()


@pytest.fixture
def at(south, tmp_path):
    with consoles(south.folder / "station.sock", tmp_path) as made:
        yield made
    for draft in south.asking.get("/v1/drafts", tuple[t.Drafted, ...]):
        south.asking.delete(f"/v1/drafts/{draft.id}")


def signed(south, desk, draft, counter=None):
    """What the page makes: the message's digest and the officer's signature of it."""
    [number] = [n for n, each in enumerate(south.keys.officers) if each.name == desk.officer]
    kind, plain = cbor.decode(bytes.fromhex(draft.body))
    body = bodies.from_plain(kind, plain)
    accord = bytes.fromhex(json.loads(south.asking.call("GET", "/v1/agreed"))["id"])
    message = officer_message(accord, 1, body, number, counter or draft.counters[desk.officer])
    return hashlib.sha256(message).digest(), south.keys.officers[number].sign(message).hex()


def release(south, desk, draft, **other):
    """Press the button: ask, assert, post. `other`: what the browser sends otherwise."""
    told = desk.post(f"/sign/{draft.id}/ask").json()
    if "request" not in told:
        return told["what"]
    digest, signature = signed(south, desk, draft)
    asserted = other.pop("passkey", desk.passkey).over(other.pop("digest", digest))
    fields = {"answer": asserted, "ticket": told["ticket"], "signature": signature, "back": "/release", **other}
    return desk.post(f"/sign/{draft.id}", data=fields)


def suspension(south, reason="leaflets"):
    return south.draft(t.Suspend(reason=reason))


def one(south, draft):
    return south.asking.get(f"/v1/drafts/{draft.id}", t.Drafted)


def rows(at):
    return [row.kind for row in at.accounts.log.last(50)]


def test_two_officers_release_by_passkey_and_key(at, south):
    """Each signs in their own browser; after the second it is in the record, and the log has both assertions with the
    digest, before and after the station's word."""
    kim, lee = at.officer("kim"), at.officer("lee")
    draft = suspension(south)
    assert release(south, kim, draft).headers["location"] == "/release"
    assert one(south, draft).approved_by == ("kim",)
    before = south.status().heads.entries
    last = release(south, lee, one(south, draft)).headers["location"]

    assert last.startswith("/record/entry?ref=")
    assert "leaflets" in lee.get(last).text
    assert south.status().heads.entries == before + 1
    assert rows(at)[:4] == [journal.APPROVED, journal.ASSERTED, journal.APPROVED, journal.ASSERTED]
    last, asserted = at.accounts.log.last(2)
    digest, _ = signed(south, lee, draft)
    assert (asserted.officer, asserted.digest, last.digest) == ("lee", digest, digest)
    client = json.loads(unb64(json.loads(asserted.facts["assertion"])["response"]["clientDataJSON"]))
    assert client["challenge"] == b64(digest)
    assert last.facts["entry"]
    assert at.accounts.log.check().wrong == ""


def test_the_question_is_the_digest_and_for_ones_own_passkeys(at, south):
    """The authenticator is asked to assert what the officer signs; no other passkey is offered."""
    kim = at.officer("kim")
    draft = suspension(south)
    told = kim.post(f"/sign/{draft.id}/ask").json()["request"]

    assert unb64(told["challenge"]) == signed(south, kim, draft)[0]
    assert [unb64(each["id"]) for each in told["allowCredentials"]] == [kim.passkey.identity]
    assert told["userVerification"] == "required"


@pytest.mark.parametrize(
    "wrong", ["other digest", "other passkey", "unverified", "other origin", "no ticket", "old ticket", "nothing"]
)
def test_a_release_that_is_wrong_in_one_thing_does_not_reach_the_station(at, south, wrong):
    """An assertion of another digest, by another officer's passkey, without its user, from elsewhere, or no ticket."""
    kim, lee = at.officer("kim"), at.officer("lee")
    draft, other = suspension(south), suspension(south, "another")
    old = kim.post(f"/sign/{other.id}/ask").json()["ticket"]
    how = {
        "other digest": {"digest": signed(south, kim, other)[0]},
        "other passkey": {"passkey": lee.passkey},
        "unverified": {"passkey": kim.passkey.copy(verifies=False)},
        "other origin": {"passkey": kim.passkey.copy(origin="http://north.localhost:7101")},
        "no ticket": {"ticket": ""},
        "old ticket": {"ticket": old},
        "nothing": {"answer": ""},
    }[wrong]

    assert release(south, kim, draft, **how).status_code in (400, 409)
    assert one(south, draft).approved_by == ()
    assert journal.ASSERTED not in rows(at)


def test_a_replayed_release_is_refused(at, south):
    """The very request again, from the same browser or with a stolen cookie and a new ticket: nothing happens twice."""
    kim = at.officer("kim", step=0)  # an authenticator that counts nothing
    draft = suspension(south)
    told = kim.post(f"/sign/{draft.id}/ask").json()
    digest, signature = signed(south, kim, draft)
    fields = {"answer": kim.passkey.over(digest), "ticket": told["ticket"], "signature": signature, "back": "/"}
    assert kim.post(f"/sign/{draft.id}", data=fields).status_code == 303

    again = kim.post(f"/sign/{draft.id}", data=fields)
    assert again.status_code == 409
    renewed = kim.post(f"/sign/{draft.id}/ask").json()
    stolen = kim.post(f"/sign/{draft.id}", data={**fields, "ticket": renewed["ticket"]})
    assert stolen.status_code == 409
    assert one(south, draft).approved_by == ("kim",)
    assert rows(at).count(journal.ASSERTED) == 1


def test_a_ticket_is_good_for_one_try(at, south):
    """Also where the try failed, so that nothing can be tried against it."""
    kim = at.officer("kim")
    draft = suspension(south)
    told = kim.post(f"/sign/{draft.id}/ask").json()
    digest, signature = signed(south, kim, draft)
    fields = {"ticket": told["ticket"], "signature": signature, "back": "/"}
    kim.post(f"/sign/{draft.id}", data={**fields, "answer": kim.passkey.copy(verifies=False).over(digest)})

    assert "used before" in kim.post(f"/sign/{draft.id}", data={**fields, "answer": kim.passkey.over(digest)}).text


def test_a_signature_that_is_not_the_officers_is_refused_by_the_station_and_logged(at, south):
    """The passkey held, the key did not: the station says so, and the log has both."""
    kim, lee = at.officer("kim"), at.officer("lee")
    draft = suspension(south)
    refused = release(south, kim, draft, signature=signed(south, lee, draft)[1])

    assert refused.status_code == 409
    assert "not kim&#39;s signature" in refused.text
    assert rows(at)[:2] == [journal.NOT_APPROVED, journal.ASSERTED]
    assert release(south, kim, draft).status_code == 303


@pytest.mark.parametrize("signature", ["", "zz", "00"])
def test_a_signature_that_is_none_is_refused(at, south, signature):
    """Whatever the browser sends in its place."""
    draft = suspension(south)

    assert release(south, at.officer("kim"), draft, signature=signature).status_code in (400, 409)
    assert one(south, draft).approved_by == ()


def test_an_officer_without_the_releasers_role_gives_their_own_word_only(at, south):
    """Acts need a releaser, whichever way the request comes."""
    kim, draft = at.officer("kim", "officer"), suspension(south)

    assert "role releaser" in release(south, kim, draft)
    assert kim.post(f"/sign/{draft.id}", data={}).status_code == 409
    assert at.officer("lee", "auditor").post(f"/sign/{draft.id}/ask").status_code == 403


def test_a_draft_that_is_not_there_is_told(at, south):
    """It was released or dropped meanwhile: the page says so, and nothing is signed."""
    kim, draft = at.officer("kim"), suspension(south)
    south.asking.delete(f"/v1/drafts/{draft.id}")

    assert "no draft" in kim.post(f"/sign/{draft.id}/ask").json()["what"]


def test_an_assertion_that_cannot_be_logged_releases_nothing(at, south):
    """What leaves is in the log before; without the log nothing leaves."""
    kim, draft = at.officer("kim"), suspension(south)
    at.accounts.database.change(
        f"CREATE TRIGGER full BEFORE INSERT ON log WHEN NEW.kind = '{journal.ASSERTED}'"
        " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )

    assert release(south, kim, draft).status_code >= 400
    assert one(south, draft).approved_by == ()


def test_a_counter_of_before_signs_nothing(at, south):
    """The digest holds the counter the station wants now; a page that is old asserts another."""
    kim = at.officer("kim")
    first, second = suspension(south), suspension(south, "another")
    assert release(south, kim, first).status_code == 303
    old = signed(south, kim, second)[0]
    now = one(south, second)
    assert now.counters["kim"] > second.counters["kim"]

    assert release(south, kim, now, digest=old).status_code == 409
    assert release(south, kim, now).status_code == 303


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/release", "/release"), ("/record?line=1", "/record?line=1"), ("//evil.example", "/drafts"),
        ("http://evil.example/", "/drafts"), ("javascript:alert(1)", "/drafts"), ("/\\evil.example", "/drafts"),
        ("/a//b", "/drafts"), ("", "/drafts"),
    ],
)  # fmt: skip
def test_the_way_back_is_a_path_of_this_console(address, path):
    """Whatever a form holds."""
    assert path_of(address) == path


def test_the_station_is_asked_and_not_the_browser(at, south):
    """A draft that the record has changed since it was shown is not signed over."""
    kim = at.officer("kim")
    with pytest.raises(OpenlineError):
        south.asking.get("/v1/drafts/none", t.Drafted)

    assert kim.post("/sign/none/ask").status_code == 409
    assert kim.post("/sign/none", data={"answer": "{}"}).status_code == 400
