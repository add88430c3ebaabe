"""The post through the API and its commands: calls, gaps in the watch, alarms, status; two stations in one process."""

from __future__ import annotations

from openline.station.api import types as t
from openline.station.api import types_duty as duty
from tests.simulation.posts import Post, Posts

LINE, OTHER = "panmunjom", "military west"
HOUR_MS = 3_600_000


def ringing(post: Post) -> duty.Call:
    [found] = [each for each in post.get("/v1/calls", duty.Calls).lasting if each.state == "ringing"]
    return found


def ring(posts: Posts, line: str = LINE) -> duty.Call:
    placed = posts.south.post("/v1/calls", duty.PlaceCall(line=line, officer="han"), duty.Call)
    posts.until(posts.north, lambda: bool(posts.north.service.duty.book.lasting()))
    return placed


def why(post: Post, line: str = LINE) -> t.Explained:
    return post.get(f"/v1/lines/{line.replace(' ', '%20')}/why", t.Explained)


def test_a_call_that_is_over_is_not_taken(posts: Posts) -> None:
    """One that was declined rings no more, and neither word nor end can be given it."""
    placed = ring(posts)
    call = ringing(posts.north)
    assert call.id == placed.id
    assert posts.north.fault("POST", f"/v1/calls/{call.id}/end").fault == "refused"
    posts.north.post(f"/v1/calls/{call.id}/word", duty.PickUp(word="decline", officer="pak"), duty.Call)
    posts.until(posts.south, lambda: not posts.south.service.duty.book.lasting())

    assert posts.north.fault("POST", f"/v1/calls/{call.id}/word", duty.PickUp(word="answer")).fault == "refused"
    assert posts.south.fault("POST", f"/v1/calls/{placed.id}/end").fault == "refused"
    assert posts.south.get(f"/v1/calls/{placed.id}", duty.Call).state == "declined"
    assert posts.south.fault("GET", "/v1/calls/0000000000000000").fault == "misuse"
    assert posts.south.fault("GET", "/v1/calls/nonsense").fault == "misuse"


def test_which_call_is_meant_must_be_clear(posts: Posts) -> None:
    """Where two ring, one is named by its line or id; what rings nowhere is said to be unknown."""
    ring(posts)
    ring(posts, OTHER)
    posts.until(posts.north, lambda: len(posts.north.service.duty.book.lasting()) == 2)

    unclear = posts.north.run("answer", "--officer", "pak")
    assert (unclear.exit_code, "2 calls could be meant" in unclear.output) == (2, True)
    assert posts.north.run("answer", "nowhere", "--officer", "pak").exit_code == 2
    assert posts.north.run("defer", OTHER, "--officer", "pak").exit_code == 0
    assert posts.north.run("decline", "--officer", "nobody").exit_code == 2
    assert posts.north.run("decline", "--officer", "pak").output == f"{LINE}: declined by pak\n"


def test_an_unattended_post_is_named_where_it_hides_something(posts: Posts) -> None:
    """While nothing comes and nobody held the watch, why says so under what cannot be known; a restart changes
    nothing of that, and adds when the station did not run."""
    assert posts.south.run("watch", "on", "--officer", "choi").exit_code == 0
    assert posts.south.run("watch", "off").exit_code == 0
    posts.cut()
    posts.later(HOUR_MS)
    assert any("nobody held our watch since" in each for each in why(posts.south).cannot_know)
    posts.south.run("watch", "on", "--officer", "han")
    posts.later(HOUR_MS)
    assert any("nobody held our watch between" in each for each in why(posts.south).cannot_know)

    posts.wait(posts.south.stop())
    posts.clock.ahead_ms += HOUR_MS
    posts.wait(posts.south.start())
    posts.cut()

    told = why(posts.south)
    assert any("nobody held our watch between" in each for each in told.cannot_know)
    assert any("our station did not run between" in each for each in told.cannot_know)
    assert [gap["down"] for gap in told.evidence["gaps"]] == [False, True]
    changes = posts.south.get("/v1/history", duty.History, line=LINE).lines[0].changes
    assert "not_watching" in [change.observed for change in changes]


def test_status_tells_the_day_the_watch_and_the_alarms(posts: Posts) -> None:
    """Today's check-ins with their callers, who is on watch, and who knows of what sounds."""
    posts.later(0)
    posts.north.run("watch", "on", "--officer", "ri")
    posts.south.draft(t.Message(line=LINE, text="now", precedence="FLASH"))
    posts.until(posts.north, lambda: "flash_unread" in str(posts.north.service.duty.keeper.sounding))
    quieted = posts.north.post("/v1/alarms/acknowledge", duty.KnowAlarms(comment="seen"), duty.Quieted)

    status = posts.north.get("/v1/status", t.Status)

    assert quieted.count == len(quieted.sounding)
    assert status.acknowledged["flash_unread"] == "ri"
    assert [(each.post, each.officer) for each in status.watch] == [("duty desk", "ri")]
    assert {each.caller for each in status.lines[0].check_ins} == {"south"}
    assert 1 <= len(status.lines[0].check_ins) <= 2
    shown = posts.north.run("status").output
    assert "flash_unread (ri knows)" in shown
    assert "watch (duty desk): ri, since" in shown
    assert "check-ins today" in shown


def test_a_wrong_number_in_a_query_is_refused(posts: Posts) -> None:
    """Days and steps are whole numbers within bounds, and the answer says which."""
    for path, days in (("/v1/watch", "0"), ("/v1/history", "x"), ("/v1/history", "9999")):
        assert posts.north.fault("GET", path, days=days).fault == "misuse"
