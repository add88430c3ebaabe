"""Cut and restore: what is typed is said back in words before it is drafted, and everybody sees where a line stands."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape

import pytest

from openline.station.api import types as t
from openline.station.api import types_items as items
from openline.wire.accord import Line
from tests.console.conftest import Browser, browsing
from tests.console.officers import approved, released
from tests.integration.pairs import Pair, make_pair

HOSTILE = "<script>alert(1)</script>"
UNSEEN = "\N{RIGHT-TO-LEFT OVERRIDE}"
SUSPEND = {"which": "some", "line": "west", "lane": "liaison", "reason": "leaflets", "when": "now"}


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two stations; north has cut two of the three lines."""
    lines = tuple(Line(id=name, carriers=(0,), pulse_s=1) for name in ("liaison", "west", "east"))
    made = make_pair(tmp_path_factory.mktemp("cut"), lines=lines, two_person=(3,))
    try:
        made.start()
        made.wait_through()
        released(made.north, t.Suspend(lines=("liaison", "east"), reason=HOSTILE + UNSEEN))
        made.wait_equal()
        yield made
    finally:
        made.stop()


@pytest.fixture
def desk(cut: Pair) -> Iterator[Browser]:
    """South's console."""
    yield from browsing(cut.south.folder / "station.sock")


def row(page: str, line: str, lane: str = "liaison lane") -> str:
    """What the table says of a line and lane."""
    rows = [each for each in page.split("<tr>") if f">{line}</span>" in each and f">{lane}</span>" in each]
    assert len(rows) == 1, page
    return unescape(rows[0])


def drafts(cut: Pair) -> tuple[t.Drafted, ...]:
    return cut.south.asking.get("/v1/drafts", tuple[t.Drafted, ...])


def draft_of(cut: Pair, answer) -> t.Drafted:
    """The draft that a form led to; it is taken back from what waits."""
    assert answer.status_code == 303, answer.text
    found = re.fullmatch(r"/drafts/([0-9a-f]{8})\?new=1", answer.headers["location"])
    assert found is not None, answer.headers
    return cut.south.asking.get(f"/v1/drafts/{found[1]}", t.Drafted)


def drop(cut: Pair) -> None:
    for each in drafts(cut):
        cut.south.asking.delete(f"/v1/drafts/{each.id}")


def ahead(seconds: int = 7200) -> dict[str, str]:
    """A day and a time to come, in Seoul."""
    then = time.gmtime(time.time() + seconds + 9 * 3600)
    return {"effective_day": time.strftime("%Y-%m-%d", then), "effective_time": time.strftime("%H:%M", then)}


def test_each_line_and_lane_says_where_it_stands(desk):
    """Who suspended it, since when, for what stated reason; the safety lane by itself; and a reason is only text."""
    page = desk.get("/acts").text
    assert HOSTILE not in page
    assert "suspended by" in row(page, "liaison")
    assert HOSTILE in row(page, "liaison")
    assert "U+202E" in row(page, "liaison")
    assert UNSEEN not in page
    assert 'aria-current="step"' in row(page, "liaison")
    assert "no suspension" in row(page, "liaison", "safety lane")
    assert "no suspension" in row(page, "west")


def test_no_line_is_marked_beforehand(desk):
    """Whoever cuts says what."""
    form = desk.get("/acts/suspend").text
    assert form.count('name="line"') == 3
    assert not re.search('name="line"[^>]*checked', form)


def test_a_suspension_is_said_in_words_before_it_is_drafted(desk, cut):
    """What would be signed, what it does, that it is alone and at once, and that two officers must release it."""
    page = desk.post("/acts/suspend", data=SUSPEND).text
    for words in (
        "What would be signed", "west", "leaflets", "At once, when it is released", "cuts by our word alone",
        "Only both sides together restore", "The safety lane stays up.", "Two officers must release it",
    ):  # fmt: skip
        assert words in page
    assert drafts(cut) == ()


def test_a_cut_asks_for_a_second_word(desk, cut):
    """Without it nothing is drafted, and the page says why; with it the draft waits for its officers."""
    again = desk.post("/acts/suspend", data={**SUSPEND, "step": "do"})
    assert (again.status_code, drafts(cut)) == (400, ())
    assert "Confirm that you know this" in again.text
    draft = draft_of(cut, desk.post("/acts/suspend", data={**SUSPEND, "step": "do", "sure": "yes"}))
    assert (draft.kind, draft.needed) == ("suspend", 2)
    assert "west" in draft.what
    page = desk.get("/acts").text
    assert f"/drafts/{draft.id}" in page
    drop(cut)


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(desk, cut):
    """No line, no lane, no time: each linked to its field."""
    answer = desk.post("/acts/suspend", data={"which": "some", "reason": "kept words", "when": "at", "step": "do"})
    assert answer.status_code == 400
    for name in ("line", "lane", "from_day"):
        assert f'<a href="#{name}">' in answer.text
        assert f'id="{name}"' in answer.text
    assert "kept words" in answer.text
    assert drafts(cut) == ()
    past = {**SUSPEND, "when": "at", "from_day": "2021-07-27", "from_time": "10:00"}
    assert "This is past." in desk.post("/acts/suspend", data=past).text
    assert "This is too long." in desk.post("/acts/suspend", data={**SUSPEND, "reason": "가" * 400}).text


def test_changing_goes_back_to_the_form_as_it_was(desk):
    """Nothing is typed twice."""
    form = desk.post("/acts/suspend", data={**SUSPEND, "step": "change"}).text
    assert "leaflets" in form
    assert re.search('name="line" value="west"[^>]*checked', form)


def test_the_safety_lane_is_cut_only_by_name_and_distress_is_never_refused(desk):
    """The form and the check both say so."""
    assert "it is never refused" in desk.get("/acts/suspend").text
    page = desk.post("/acts/suspend", data={**SUSPEND, "lane": ["liaison", "safety"]}).text
    assert "The safety lane is cut too." in page
    assert "it is never refused" in page


def test_a_proposal_lists_what_it_lifts(desk, cut):
    """Every suspension in force there, whose and why; it says that it opens nothing by itself."""
    form = desk.get("/acts/propose").text
    assert re.search('name="line" value="liaison"[^>]*checked', form)
    assert not re.search('name="line" value="west"[^>]*checked', form)
    asked = {"which": "some", "line": "liaison", "lane": "liaison", **ahead()}
    page = unescape(desk.post("/acts/propose", data=asked).text)
    assert HOSTILE in page
    assert "It opens nothing by itself." in page
    draft = draft_of(cut, desk.post("/acts/propose", data={**asked, "step": "do"}))
    assert (draft.kind, draft.needed) == ("propose", 1)
    drop(cut)


def test_where_nothing_is_cut_there_is_nothing_to_restore(desk, cut):
    """It is said at the form, before the station is asked."""
    asked = {"which": "some", "line": "west", "lane": "liaison", **ahead(), "step": "do"}
    answer = desk.post("/acts/propose", data=asked)
    assert (answer.status_code, drafts(cut)) == (400, ())
    assert "there is nothing to restore" in answer.text


def test_the_way_back_is_shown_step_by_step(desk, cut):
    """Proposed by them, countered by us, accepted, confirmed: each with whose word is awaited."""
    now_s = int(time.time())
    theirs = released(cut.north, t.Propose(lines=("liaison", "east"), effective_s=now_s + 7200))
    cut.wait_equal()
    ours = released(cut.south, t.Propose(lines=("liaison",), effective_s=now_s + 9000))
    cut.wait_equal()
    page = desk.get("/acts").text
    assert "Other proposals for the same stand beside this one" in page
    assert "proposed by" in row(page, "east")
    assert "waits for our word" in row(page, "east")
    assert "waits for theirs" in row(page, "liaison")

    form = desk.get(f"/acts/accept?ref={theirs.id}").text
    assert theirs.id in form
    assert "It cannot be taken back." in form
    unsure = desk.post("/acts/accept", data={"ref": theirs.id})
    assert (unsure.status_code, drafts(cut)) == (400, ())
    draft = draft_of(cut, desk.post("/acts/accept", data={"ref": theirs.id, "sure": "yes"}))
    approved(cut.south, draft)
    cut.wait_equal()
    steps = re.sub("<[^>]*>", "", row(desk.get("/acts").text, "east"))
    assert "✓ accepted" in steps
    assert "● confirmed" in steps
    assert "Our word on this is not awaited any more." in desk.get(f"/acts/accept?ref={theirs.id}").text

    assert "The offer" in desk.get(f"/acts/accept?ref={ours.id}").text  # ours: the other side's to accept
    draft = draft_of(cut, desk.post("/acts/withdraw", data={"ref": ours.id, "sure": "yes"}))
    approved(cut.south, draft)
    found = cut.south.asking.get("/v1/offers", items.Offers).offers
    assert {offer.id: offer.standing for offer in found}[ours.id] == "withdrawn"


def test_what_is_no_offer_is_said(desk):
    """A message, an id that means nothing, no id at all."""
    for ref in ("", "00" * 32, "north 0/0"):
        assert desk.get(f"/acts/accept?ref={ref}").status_code == 400


def test_it_is_all_in_korean(desk):
    """The act, what it does, what is asked."""
    page = desk.post("/acts/suspend", data=SUSPEND, headers={"accept-language": "ko"}).text
    assert "우리측의 의사만으로 끊깁니다" in page
    assert "cuts by our word" not in page
