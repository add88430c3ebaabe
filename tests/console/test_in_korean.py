"""Korean pages hold no English: what the station refuses, warns of and tells, as an officer meets it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from openline.console.acting import Acting
from openline.station.api import types as t
from openline.station.api import types_duty as duty
from openline.station.api import types_items as items
from openline.wire.accord import Carrier, CarrierKind, Line
from tests.console.conftest import EVERYTHING, Browser, browsing
from tests.console.english import runs
from tests.console.officers import released
from tests.integration.pairs import Pair, make_pair, one_live

NAMES = ("north", "south", "liaison", "west", "east", "fibre", "stick", "kim", "lee", "minister", "trial", "duty desk")
STICK = (Carrier(id="stick", kind=CarrierKind.COURIER), "", "")
MESSAGE = {"kind": "message", "line": "west", "lane": "liaison", "text": "글"}
HOUR_S = 3600


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two stations; north cut a line for which south had drafted a message, and south proposed to restore it."""
    lines = tuple(Line(id=name, carriers=(0,), pulse_s=1) for name in ("liaison", "west", "east"))
    folder, carriers = tmp_path_factory.mktemp("korean"), (*one_live(), STICK)
    made = make_pair(folder, carriers=carriers, lines=lines, two_person=(1, 3, 4))
    try:
        made.start()
        made.wait_through()
        made.south.asking.post("/v1/drafts?by=lee", t.Message(line="west", text="글"), t.Drafted)
        released(made.north, t.Suspend(lines=("west",)))
        made.wait_equal()
        released(made.south, t.Propose(lines=("west",), effective_s=int(time.time()) + HOUR_S))
        made.south.asking.post("/v1/drafts?by=lee", t.Suspend(lines=("east",), lanes=("liaison", "safety")), t.Drafted)
        made.south.asking.post("/v1/drafts", t.Service(line="liaison", text="점검"), t.Drafted)
        made.wait_equal()
        yield made
    finally:
        made.stop()


@pytest.fixture
def desk(cut: Pair) -> Iterator[Browser]:
    """South's console, in Korean."""
    for each in browsing(cut.south.folder / "station.sock"):
        each.cookies.set("language", "ko")
        yield each


def korean(page: str) -> str:
    """The page, which holds no English."""
    assert '<html lang="ko"' in page
    assert runs(page, NAMES) == []
    return page


def drafted(cut: Pair, kind: str) -> t.Drafted:
    found = cut.south.asking.get("/v1/drafts", tuple[t.Drafted, ...])
    return next(each for each in found if each.kind == kind)


def offer(cut: Pair) -> str:
    return cut.south.asking.get("/v1/offers", items.Offers).offers[0].ref


def test_english_on_a_page_is_found():
    """The check can fail: bare text and labels count, what somebody wrote and what is typed does not."""
    assert runs('<p>그 회선은 <b>the line has expired</b></p><p aria-label="Nobody holds the watch">당직</p>') == [
        "the line has expired", "Nobody holds the watch",
    ]  # fmt: skip
    assert runs('<p class="quoted">we hold the line</p><p>openline statement sign 명령</p>') == []
    assert runs("<p>duty desk kim</p>", NAMES) == []


@pytest.mark.parametrize(
    "path",
    ["/", "/inbox", "/write", "/outbox", "/drafts", "/acts", "/calls", "/watch", "/letters", "/documents", "/courier",
     "/announcements", "/history", "/record", "/record/heads", "/lines/west/why", "/acts/suspend", "/acts/propose",
     "/acts/amend", "/watch/off"],
)  # fmt: skip
def test_every_place_speaks_korean(desk: Browser, path: str):
    """With a draft that went stale, an offer, a cut and a service message about."""
    answer = desk.get(path)
    assert answer.status_code == 200, answer.text
    korean(answer.text)


def test_a_refused_act_is_told_in_korean(desk: Browser, cut: Pair):
    """Our own offer is not ours to accept; a message on a cut lane does not go, and what does is said."""
    for path in ("/acts/accept", "/acts/withdraw"):
        assert "제의" in korean(desk.get(f"{path}?ref={offer(cut)}").text)
    refused = desk.post("/acts/accept", data={"ref": offer(cut), "sure": "yes"})
    assert refused.status_code == 409
    assert "우리측의 제의는 상대측이 수락합니다" in korean(refused.text)

    answer = desk.post("/write/send", data=MESSAGE)
    assert answer.status_code == 409
    page = korean(answer.text)
    assert "회선: west, 통로: 연락, 공식 상태: 중단" in page
    assert "이 상태에서는 보낼 수 없습니다: 전문" in page
    assert "친서, 공동 발표문, 제의, 안전 통로는 그대로 쓸 수 있습니다." in page


def test_a_refused_release_is_told_in_korean(desk: Browser, cut: Pair):
    """A draft that cannot be released any more says why; a signature that does not hold is refused."""
    page = korean(desk.get(f"/drafts/{drafted(cut, 'message').id}").text)
    assert "이 상태에서는 보낼 수 없습니다: 전문" in page
    for officer in ("kim", "lee"):
        desk.gate.who = Acting(officer, EVERYTHING)
        korean(desk.get(f"/drafts/{drafted(cut, 'suspend').id}").text)
    assert korean(desk.get("/drafts/00000000").text)


def test_a_wrong_document_and_a_wrong_load_are_told_in_korean(desk: Browser, cut: Pair):
    """What is no document is not drawn, and a file that is no load is not taken; each says so."""
    item = cut.south.asking.post("/v1/drafts", t.Service(line="liaison", text="글"), t.Drafted).entry
    assert item is not None
    answer = desk.get(f"/documents/{item.id}")
    assert answer.status_code >= 400
    korean(answer.text)
    korean(desk.get("/items/nothing").text)
    page = korean(desk.post("/courier/unpack", files=[("load", ("메모.olb", b"not a load"))]).text)
    assert "꾸러미 파일이 아니거나" in page


def test_a_call_that_cannot_be_made_is_told_in_korean(desk: Browser, cut: Pair):
    """On a cut lane nothing rings; a call that is over is not answered."""
    answer = desk.post("/calls", data={"line": "west"})
    assert answer.status_code == 409
    assert "이 상태에서는 보낼 수 없습니다: 통화" in korean(answer.text)
    placed = cut.south.asking.post("/v1/calls", duty.PlaceCall(line="liaison", officer="kim"), duty.Call)
    cut.south.asking.post(f"/v1/calls/{placed.id}/end", None)
    answer = desk.post(f"/calls/{placed.id}/word", data={"word": "answer"})
    assert answer.status_code == 409
    assert "이곳에서 울리는 통화가 아닙니다" in korean(answer.text)


def test_what_the_post_does_is_told_in_korean(desk: Browser, cut: Pair):
    """The drill and its steps, a second try of what waits, a test of the ways of alarms, an item that was opened."""
    north = cut.north.asking.post("/v1/drafts", t.Service(line="liaison", text="글"), t.Drafted).entry
    assert north is not None
    cut.wait_equal()
    for path, fields in (
        ("/lines/west/drill", {}), ("/outbox/try", {}), ("/watch/test", {}), ("/alarms/acknowledge", {"comment": "글"}),
        (f"/items/{north.id}/open", {}), ("/watch/off", {"sure": "yes"}), ("/lines/liaison/drill/stop", {}),
    ):  # fmt: skip
        answer = desk.post(path, data=fields)
        page = answer if answer.status_code != 303 else desk.get(answer.headers["location"].partition("#")[0])
        korean(page.text)
    assert "이 상태에서는 보낼 수 없습니다: 통화" in korean(desk.get("/lines/west/why").text)


def test_what_scripts_are_told_is_korean_too(desk: Browser):
    """A page's script shows what it is answered; that is the reader's language as well."""
    half = {"fingerprint": "ab" * 32, "ufrag": "user", "pwd": "p" * 22, "payload_type": 111}
    told = desk.post(f"/calls/{'00' * 16}/voice", json=half).json()
    assert "알지 못하는 통화입니다" in told["what"]
    assert runs(f"<p>{told['what']} {told['next_step']}</p>", NAMES) == []


def test_a_station_that_does_not_answer_is_told_in_korean(tmp_path):
    """Why nothing is shown, and whom to call."""
    for each in browsing(tmp_path / "no.sock"):
        each.cookies.set("language", "ko")
        page = korean(each.get("/inbox").text)
        assert "기술 담당자를 부르십시오" in page
