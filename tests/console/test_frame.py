"""The console's frame: what guards it, who may use what, how it looks after itself when the station is gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.websockets import WebSocketDisconnect

from openline.console.acting import Acting, Role
from openline.console.link import KEPT_S
from openline.console.pages import moment
from openline.console.places import places
from openline.console.program import _expected
from openline.console.words import LANGUAGES, catalogues
from openline.station import config as configs
from openline.station.api.serving import STOP_S
from openline.station.api.types_agreed import Agreed
from tests.console.conftest import ORIGIN, browsing

PROTECTED = [place for place in places() if place.roles is not None]


def filled(path: str) -> str:
    """A path with something in the place of its names."""
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))


def test_every_answer_carries_the_policy(browser):
    """Pages, static files, errors: none goes out without the headers, and none admits what is not ours."""
    for path in ("/", f"/static/{browser.console.version}/console.css", "/nowhere", "/sw.js"):
        policy = browser.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy.replace("'", "")


def test_a_nonce_is_new_each_time(browser):
    """Nobody can know it before."""
    nonces = {browser.get("/").headers["content-security-policy"].split("nonce-")[1][:22] for _ in range(3)}
    assert len(nonces) == 3


@pytest.mark.parametrize(
    "headers", [{"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_form_of_another_site_changes_nothing(browser, headers):
    """Whatever the cookie says, at every place: the request must come from our own pages."""
    unsafe = [place.path for place in places() if place.method != "GET"]
    assert unsafe
    found = {path: browser.post(filled(path), headers=headers).status_code for path in unsafe}
    assert set(found.values()) == {403}, found


def test_a_request_without_an_origin_changes_nothing(browser):
    """Browsers always send it with a POST; what does not is no page of ours."""
    assert browser.request("POST", "/preferences", data={"language": "ko"}).status_code == 403


def test_another_host_is_not_answered(browser):
    """A name that was bound to this address by somebody else gets nothing."""
    assert browser.get("/", headers={"host": "evil.example"}).status_code == 403


def tried(browser, place):
    """A place as a browser comes to it, with nothing filled in."""
    return browser.get(filled(place.path)) if place.method == "GET" else browser.post(filled(place.path))


def test_who_is_not_signed_in_is_sent_to_sign_in(browser):
    """At every place that asks for a role, by the table itself."""
    browser.gate.who = None
    answers = {place.path: tried(browser, place) for place in PROTECTED}
    found = {path: (answer.status_code, answer.headers.get("location")) for path, answer in answers.items()}
    assert set(found.values()) == {(303, "/sign-in")}, found


def test_an_officer_without_the_role_is_refused(browser):
    """At every place that asks for a role, by the table itself; one with every role but those, too."""
    found = {}
    for place in PROTECTED:
        browser.gate.who = Acting("kim", frozenset(Role) - (place.roles or frozenset()))
        found[place.method, place.path] = tried(browser, place).status_code
    assert set(found.values()) == {403}, found


def test_the_board_shows_both_states_apart(browser):
    """What is agreed and what is observed are two cells, each with its word."""
    page = browser.get("/").text
    assert '<th scope="col">Agreed</th><th scope="col">Observed</th>' in page
    assert "liaison" in page
    assert "heads agree" in page


def test_the_language_is_what_the_browser_asks_for_or_chose(browser):
    """Accept-Language first, then the choice, which lasts."""
    assert '<html lang="ko"' in browser.get("/", headers={"accept-language": "ko-KR,ko;q=0.9"}).text
    assert '<html lang="en"' in browser.get("/", headers={"accept-language": "de"}).text
    assert browser.post("/preferences", data={"language": "ko", "back": "/"}).headers["location"] == "/"
    assert "상황판" in browser.get("/", headers={"accept-language": "de"}).text


@pytest.mark.parametrize(
    "back", ["//evil.example/", "http://evil.example/", "javascript:alert(1)", "/..//evil.example"]
)
def test_a_choice_leads_nowhere_else(browser, back):
    """The address to go back to is a path of ours."""
    answer = browser.post("/preferences", data={"language": "en", "back": back})
    assert answer.headers["location"].startswith("/")
    assert not answer.headers["location"].startswith("//")
    assert "evil" not in answer.headers["location"]


def test_an_open_page_is_told_what_changed(browser, pair):
    """A region comes at once, and again when the station's state changed."""
    address = "ws://south.localhost:7471/live?regions=board,bar&language=en"
    with browser.websocket_connect(address, headers={"origin": ORIGIN}) as socket:

        def board() -> str:
            while "board" not in (told := json.loads(socket.receive_text()))["regions"]:
                pass
            assert told["state"]["reachable"]
            found: str = told["regions"]["board"]
            return found

        first = board()
        assert "liaison" in first
        pair.south.message("so that the count rises")
        assert board() != first


@pytest.mark.parametrize("query", ["regions=board&language=xx", "regions=" + ",".join("abcdefghi") + "&language=en"])
def test_a_socket_that_asks_for_what_there_is_not_is_closed(browser, query):
    """As is one of somebody who is not signed in."""
    for headers in ({"origin": ORIGIN}, {"origin": "http://evil.example"}):
        address = f"ws://south.localhost:7471/live?{query}"
        with pytest.raises(WebSocketDisconnect) as closed, browser.websocket_connect(address, headers=headers):
            pass
        assert closed.value.code == 1008


def test_a_station_that_is_down_is_said_and_nothing_old_is_shown(tmp_path: Path):
    """The page says so at once; no line stands on it as if it were open."""
    for browser in browsing(tmp_path / "nobody.sock"):
        page = browser.get("/")
        assert "The station does not answer" in page.text
        assert 'class="lines"' not in page.text


def test_catalogues_agree_and_leave_nothing_empty():
    """A sentence has one translation, in whichever catalogue it stands; and it has one."""
    for language in LANGUAGES[1:]:
        known: dict[str, str] = {}
        for path, catalogue in catalogues(language):
            for message in catalogue:
                if message.id:
                    assert message.string, f"{path.name}: {message.id!r} is not translated"
                    assert known.setdefault(str(message.id), message.string) == message.string, (path.name, message.id)


def test_an_idle_connection_is_let_go_before_the_station_closes_it(browser):
    """Else a request that is sent on it as it closes is lost, and an officer is told that the station is gone."""
    pool = browser.console.link._client._transport._pool
    assert pool._keepalive_expiry == KEPT_S <= STOP_S / 2


def test_an_instant_is_told_without_a_station_too():
    """In Zulu alone: a page that says that the station is gone does not fail over a clock."""
    assert str(moment(1_627_347_600, None)) == "2021-07-27 01:00Z"


def test_a_console_is_for_one_station(browser, pair):
    """Where another one answers at its socket nothing of that one's is shown, and a page that was open is told; where
    its own does, all is well."""
    agreed = browser.portal.call(browser.console.watcher.now).agreed
    for expected in ((agreed.id, "north"), ("00" * 32, "south")):
        browser.console.watcher.expects = expected
        page = browser.get("/")
        assert "another station answers than this console is for" in page.text
        assert "liaison" not in page.text.split("<main", 1)[1]
    browser.console.watcher.expects = (agreed.id, "south")
    assert "liaison" in browser.get("/").text


def test_a_console_knows_its_station_by_the_accord(pair):
    """Its side, and the accord's own id, from the files that the station itself starts from."""
    config = configs.load(pair.south.config)
    identity, side = _expected(config)
    assert side == "south"
    assert identity == pair.south.asking.get("/v1/agreed", Agreed).id
