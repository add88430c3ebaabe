"""Coming in, taking the watch, going out: over a station that runs."""

from __future__ import annotations

import json

import pytest
from starlette.websockets import WebSocketDisconnect

from openline.console.accounts import journal
from openline.console.accounts.attempts import EACH_MAX
from openline.console.acting import Role
from openline.console.places import places
from openline.console.words import catalogues
from openline.station.api import types_duty
from openline.wire.errors import OpenlineError
from tests.console.accounts_kit import IDLE_S, ORIGIN
from tests.console.authenticator import Authenticator
from tests.console.consoles import Consoles, Desk, consoles

PROTECTED = [place for place in places() if place.roles is not None]


@pytest.fixture
def at(pair, tmp_path):
    """South's console; whoever came on watch goes off afterwards."""
    with consoles(pair.south.folder / "station.sock", tmp_path) as made:
        yield made
    try:
        pair.south.asking.post("/v1/watch/off", types_duty.WatchOff(), types_duty.Watch)
    except OpenlineError:
        pass_on = pair.south.asking.get("/v1/watch", types_duty.Watches).now
        assert pass_on == ()


def holder(pair) -> str | None:
    [watch] = pair.south.asking.get("/v1/watch", types_duty.Watches).now or [None]
    return None if watch is None else watch.officer


def signed_in(desk: Desk) -> bool:
    return desk.get("/").status_code == 200


def test_an_officer_enrols_signs_in_and_sees_the_board(at):
    """By a code, then by the passkey; no name and no password is ever asked."""
    desk = at.officer("kim")

    assert signed_in(desk)
    assert "kim" in desk.get("/").text
    assert 'type="password"' not in desk.get("/sign-in").text


def test_the_session_cookie_is_for_this_console_alone(at):
    """No script reads it, no other site sends it."""
    desk = at.officer("kim")
    [cookie] = [x for x in desk.sign_in().headers.get_list("set-cookie") if x.startswith("session=")]

    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie


def test_a_token_that_was_planted_is_not_taken(at):
    """Signing in makes a new session; the one the browser was given before ends with it."""
    victim, attacker = at.officer("kim"), at.officer("lee")
    planted = attacker.cookies["session"]
    told = victim.post("/sign-in/ask").json()
    answer = victim.passkey.get(json.dumps(told["request"]))
    cookies = {"cookie": f"session={planted}; visit={victim.cookies['visit']}"}
    victim.cookies.clear()
    given = victim.post("/sign-in", data={"answer": answer}, headers=cookies)

    assert given.status_code == 303
    assert planted not in given.headers["set-cookie"]
    assert not signed_in(attacker)


def test_an_answer_from_another_browser_signs_nobody_in(at):
    """What kim's passkey agreed to in one browser is worth nothing in another: nobody is signed in by a link."""
    desk, other = at.officer("kim"), at.browser()
    told = desk.post("/sign-in/ask").json()
    answer = desk.passkey.get(json.dumps(told["request"]))
    other.get("/sign-in")
    refused = other.post("/sign-in", data={"answer": answer})

    assert refused.status_code == 403
    assert "not for what was asked here" in refused.text
    assert not signed_in(other)


def test_a_browser_without_cookies_is_told_so(at):
    """It cannot be told from others, so nothing is asked of its passkeys."""
    assert "cookie" in at.browser().post("/sign-in/ask").json()["what"]


def test_two_tabs_sign_in_each_by_its_own_question(at):
    """The one that was asked later does not void the other."""
    desk = at.officer("kim")
    first, second = (desk.post("/sign-in/ask").json()["request"] for _ in range(2))

    for asked in (first, second):
        assert desk.post("/sign-in", data={"answer": desk.passkey.get(json.dumps(asked))}).status_code == 303


def test_a_strangers_passkey_is_refused_without_a_word_of_who_there_is(at):
    """The answer to an unknown passkey names nobody, whoever is enrolled."""
    at.officer("kim")
    stranger = at.browser()
    refused = stranger.sign_in(Authenticator(ORIGIN, "unknown"))

    assert refused.status_code == 403
    assert "kim" not in refused.text
    assert "lee" not in refused.text


def test_every_wrong_code_is_told_alike_and_guessing_is_slow(at):
    """One that never was, one that was used: the same words; after some tries, a minute's wait."""
    now = at.accounts.now()
    code = at.accounts.roster.make_code("kim", "", now.clock_s)
    desk = at.browser()
    desk.enrol(code, "one")
    told = {json.dumps(desk.post("/enrol/ask", data={"code": wrong}).json()) for wrong in (code, "AAAA", "", "é" * 99)}
    assert len(told) == 1
    assert "does not work" in told.pop()

    last = [desk.post("/enrol/ask", data={"code": "AAAA"}).json()["what"] for _ in range(EACH_MAX)][-1]
    assert "too many" in last
    good = at.accounts.roster.make_code("kim", "", now.clock_s)
    assert "too many" in desk.post("/enrol/ask", data={"code": good}).json()["what"]
    at.clock.pass_s(61)
    assert desk.post("/enrol/ask", data={"code": good}).status_code == 200


def test_what_was_typed_stays_where_enrolment_fails(at):
    """The code and the name are there again, and the error comes first."""
    code = at.accounts.roster.make_code("kim", "", at.clock.clock_s)
    desk = at.browser()
    desk.get("/enrol")
    page = desk.post("/enrol", data={"code": code, "label": "<b>mine", "made": "{}"})

    assert page.status_code == 409
    assert f'value="{code}"' in page.text
    assert 'value="&lt;b&gt;mine"' in page.text
    assert page.text.index('role="alert"') < page.text.index('id="code"')


# ---- the watch


def test_an_officer_comes_on_watch_and_the_station_knows(at, pair):
    """The page asks for the post; taking it is the station's own watch."""
    desk = at.officer("kim")
    assert "Come on watch" in desk.get("/post").text

    assert desk.post("/post", data={"post": ""}).headers["location"] == "/"
    assert holder(pair) == "kim"
    assert signed_in(desk)
    assert "You hold it in this session" in desk.get("/post").text


def test_taking_the_post_over_is_the_handover_and_ends_the_others_session(at, pair):
    """The page says whom it relieves; from that moment the other browser is signed out."""
    first, second = at.officer("kim"), at.officer("lee")
    first.post("/post", data={"post": ""})
    page = second.get("/post").text
    assert "kim" in page
    assert "handover" in page

    second.post("/post", data={"post": ""})

    assert holder(pair) == "lee"
    assert not signed_in(first)
    assert signed_in(second)
    assert at.accounts.log.last(1)[0].facts == {"why": "the watch is over"}


def test_going_off_watch_by_the_command_line_ends_the_session(at, pair):
    """A watch that is over is over, whoever ended it."""
    desk = at.officer("kim")
    desk.post("/post", data={"post": ""})
    assert signed_in(desk)
    pair.south.asking.post("/v1/watch/off", types_duty.WatchOff(), types_duty.Watch)
    pair.south.wait_until(lambda: all(x.officer is None for x in at.console.watcher.look.status.watch))

    assert not signed_in(desk)


def test_a_second_browser_of_the_same_officer_keeps_the_same_watch(at, pair):
    """Signing in at another place is no handover to oneself."""
    first, second = at.officer("kim"), at.browser()
    first.post("/post", data={"post": ""})
    second.sign_in(first.passkey)
    assert "Keep this watch here" in second.get("/post").text
    before = pair.south.asking.get("/v1/watch", types_duty.Watches).now
    second.post("/post", data={"post": ""})

    assert pair.south.asking.get("/v1/watch", types_duty.Watches).now == before
    assert signed_in(first)
    assert signed_in(second)


def test_signing_out_asks_whether_the_watch_ends_too(at, pair):
    """One button leaves the post unattended, the other keeps the watch elsewhere."""
    desk = at.officer("kim")
    desk.post("/post", data={"post": ""})
    assert "nobody holds the post then" in desk.get("/sign-out").text
    desk.post("/sign-out", data={})
    assert (holder(pair), signed_in(desk)) == ("kim", False)

    desk.sign_in()
    desk.post("/post", data={"post": ""})
    assert desk.post("/sign-out", data={"off": "1"}).headers["location"] == "/sign-in"
    assert (holder(pair), signed_in(desk)) == (None, False)


def test_an_auditor_takes_no_watch(at, pair):
    """Without the role of an officer there is no post to choose."""
    desk = at.officer("lee", "auditor")

    assert "Come on watch" not in desk.get("/post").text
    assert desk.post("/post", data={"post": ""}).status_code == 403
    assert holder(pair) is None


def test_a_post_that_is_none_is_told_where_it_was_chosen(at):
    """The station's words, on the same page."""
    page = at.officer("kim").post("/post", data={"post": "nowhere"})

    assert page.status_code == 409
    assert 'role="alert"' in page.text


def test_a_station_that_is_down_signs_nobody_out(at, tmp_path):
    """Nor lets anybody in the dark: the page says that the station does not answer."""
    with consoles(tmp_path / "nobody.sock", tmp_path / "..") as alone:
        desk = alone.officer("kim")
        assert "The station does not answer" in desk.get("/").text
        assert desk.post("/post", data={"post": ""}).status_code == 409
        assert signed_in(desk)


def test_an_idle_session_leads_to_the_sign_in_page(at):
    """And so does every place, by the table."""
    desk = at.officer("kim")
    at.clock.pass_s(IDLE_S)

    assert desk.get("/settings").headers["location"] == "/sign-in"


def told_at(desk, regions="board,bar"):
    """What a page of this browser is told first."""
    address = f"ws://south.localhost:7101/live?regions={regions}&language=en"
    with desk.websocket_connect(address, headers={"origin": ORIGIN}) as socket:
        return json.loads(socket.receive_text())


def test_a_page_at_rest_is_told_that_something_sounds_and_nothing_else(at):
    """No region, no line, no kind of alarm; and no request of its browser does anything."""
    desk = at.officer("kim")
    assert "regions" in told_at(desk)
    at.clock.pass_s(IDLE_S)
    assert desk.get("/").headers["location"] == "/sign-in"

    told = told_at(desk)
    assert told["regions"] == {}
    assert told["state"].keys() <= {"reachable", "now_s", "speed", "why", "rests", "ringing", "sounding"}
    assert told["state"]["rests"] is True
    assert 'id="rests"' in desk.get("/sign-in").text
    assert desk.post("/calls", data={"line": "liaison"}).headers["location"] == "/sign-in"


def test_rest_ends_with_the_officers_rights(at):
    """Whoever may do nothing here any more is not told that the line rings; nor is a browser that never signed in."""
    desk = at.officer("kim")
    at.clock.pass_s(IDLE_S)
    assert told_at(desk)["state"]["rests"]
    at.accounts.database.change("DELETE FROM roles")
    for each in (desk, at.browser()):
        with pytest.raises(WebSocketDisconnect) as closed:
            told_at(each)
        assert closed.value.code == 1008


def test_who_wakes_keeps_the_watch_that_they_hold(at):
    """The same officer in the same browser: no further question, and back where the page was."""
    desk = at.officer("kim")
    desk.post("/post", data={"post": ""})
    at.clock.pass_s(IDLE_S)
    assert desk.get("/").headers["location"] == "/sign-in"
    ask = json.loads(desk.post("/sign-in/ask").text)
    answer = desk.passkey.get(json.dumps(ask["request"]))
    woken = desk.post("/sign-in", data={"answer": answer, "back": "/inbox"})
    assert woken.headers["location"] == "/inbox"
    assert [each.post for each in at.accounts.sessions.of("kim", at.clock.clock_s)] == [""]


def test_an_officer_without_the_role_is_refused_at_every_place(at):
    """With a real session, by the table itself: every role but those that a place asks for is not enough."""
    desk, answered, expected = at.officer("kim"), {}, {}
    for place in PROTECTED:
        at.accounts.database.change("DELETE FROM roles")
        for role in set(Role) - (place.roles or set()):
            at.accounts.database.change("INSERT INTO roles (officer, role) VALUES ('kim', ?)", (role,))
        path = "/".join("x" if part.startswith("{") else part for part in place.path.split("/"))
        told = desk.get(path) if place.method == "GET" else desk.post(path)
        answered[place.method, path] = told.headers.get("location", told.status_code)
        expected[place.method, path] = 403 if set(Role) - (place.roles or set()) else "/sign-in"

    assert len(answered) > 20
    assert answered == expected


def test_an_officer_without_any_role_is_shown_nothing(at):
    """Not even what every officer sees, on no page and no socket; and is told why at sign-in."""
    desk = at.officer("kim")
    at.accounts.database.change("DELETE FROM roles")

    assert desk.get("/").headers["location"] == "/sign-in"
    address = "ws://south.localhost:7101/live?regions=board&language=en"
    with pytest.raises(WebSocketDisconnect), desk.websocket_connect(address, headers={"origin": ORIGIN}) as socket:
        socket.receive_text()
    refused = desk.sign_in()
    assert refused.status_code == 403
    assert "you have no role at this console" in refused.text


def test_every_kind_of_the_log_has_its_korean():
    """What the log of the console lists is said in the officer's language."""
    known = {str(message.id) for _, catalogue in catalogues("ko") for message in catalogue}

    assert set(journal.KINDS) <= known


def test_the_pages_speak_korean(at: Consoles):
    """Sign-in, enrolment, post and settings."""
    desk = at.officer("kim", "officer", "supervisor", "auditor")
    korean = {"accept-language": "ko"}
    pages = ("/post", "/settings", "/settings/log", "/sign-out")

    assert "패스키로 로그인" in at.browser().get("/sign-in", headers=korean).text
    assert "등록 코드" in at.browser().get("/enrol", headers=korean).text
    for path in pages:
        assert '<html lang="ko"' in desk.get(path, headers=korean).text
