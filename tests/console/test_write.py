"""Writing: what is wrong stands beside its field, nothing typed is lost, and what goes is what was checked."""

from __future__ import annotations

import re
from typing import Any

import pytest

from openline.console import composing, telling
from openline.console.composing import Typed
from openline.console.words import words
from openline.station.api import types as t
from openline.station.api import types_items as items
from tests.console import hostile
from tests.console.conftest import browsing
from tests.integration.pairs import Pair

MESSAGE = {"kind": "message", "line": "liaison", "lane": "liaison", "text": "The convoy leaves at 10:00."}


def sent(browser, pair: Pair, values: dict[str, Any]) -> items.Item:
    """Write it through to the record; the item as north has it."""
    checked = browser.post("/write/check", data=values)
    assert checked.status_code == 200, checked.text
    answer = browser.post("/write/send", data=values)
    assert answer.status_code == 303, answer.text
    identity = re.fullmatch(r"/items/([0-9a-f]{64})\?sent=1", answer.headers["location"])
    assert identity is not None, answer.headers["location"]
    pair.wait_equal()
    one = pair.north.asking.get("/v1/inbox/item", items.One, ref=identity[1])
    assert one.item is not None
    return one.item


def test_a_message_goes_as_it_was_checked(browser, pair):
    """Every mark that was chosen is in the record of the other side."""
    values = {
        **MESSAGE, "precedence": "IMMEDIATE", "due": "auto", "exercise": "1", "language": "ko", "lane": "safety",
        "text": "한 줄\r\n두 줄", "action": ["duty desk"], "info": ["ministry", "archive"],
    }  # fmt: skip
    item = sent(browser, pair, values)
    assert (item.text, item.precedence, item.exercise, item.language) == ("한 줄\n두 줄", "IMMEDIATE", True, "ko")
    assert (item.lane, item.due_s - item.time_s) == ("safety", 1800)
    assert (item.action, item.info) == (("duty desk",), ("archive", "ministry"))


def test_a_notice_carries_its_form_and_fields(browser, pair):
    """Fields left empty are left out; one of an unknown form is what was typed."""
    known = {
        "kind": "notice", "line": "liaison", "form": "question", "field.subject": "Route", "field.question": "Which?",
        "field.background": "",
    }  # fmt: skip
    item = sent(browser, pair, known)
    assert (item.form, item.fields) == ("question", {"subject": "Route", "question": "Which?"})
    other = {"kind": "notice", "line": "liaison", "form": "other", "form_id": "x.y", "key.3": "k", "value.3": "v"}
    item = sent(browser, pair, other)
    assert (item.form, item.fields) == ("x.y", {"k": "v"})


def test_an_answer_a_correction_and_a_translation_name_what_they_are_of(browser, pair):
    """Each begins from the item's own page and ends in the record with its name."""
    theirs = pair.north.message("Is the road open?")
    pair.wait_equal()
    browser.post(f"/items/{theirs.id}/open")
    assert "Is the road open?" in browser.get(f"/write?answers={theirs.id}").text
    answer = sent(browser, pair, {"kind": "answer", "answers": theirs.id, "text": "Yes, from 10:00."})
    assert answer.answers == theirs.ref
    begun = browser.get(f"/write?corrects={answer.id}").text
    assert "Yes, from 10:00.</textarea>" in begun
    corrected = sent(browser, pair, {**MESSAGE, "corrects": answer.id, "text": "Yes, from 11:00."})
    assert corrected.corrects == answer.ref
    translated = sent(browser, pair, {**MESSAGE, "translation_of": theirs.ref, "text": "길이 열렸습니까?"})
    assert translated.translation_of == theirs.ref


def test_technicians_talk_bears_no_mark(browser, pair):
    """A service message takes a line and a text, whatever else a form says."""
    values = {"kind": "service", "line": "liaison", "text": "pulse slow", "precedence": "FLASH", "exercise": "1"}
    answer = browser.post("/write/send", data=values)
    assert answer.status_code == 303
    pair.wait_equal()
    [*_, last] = [x for x in pair.north.asking.get("/v1/inbox", items.Inbox, limit="1000").items if x.kind == "service"]
    assert last.precedence == "ROUTINE"


def test_a_flash_is_short_and_confirmed(browser, pair):
    """It does not go by one press, nor with a text that is long; the confirmation is not carried over a change."""
    flash = {**MESSAGE, "precedence": "FLASH"}
    assert "A FLASH is short." in browser.post("/write/check", data={**flash, "text": "word " * 201}).text
    refused = browser.post("/write/send", data=flash)
    assert refused.status_code == 409
    assert "A FLASH is confirmed before it goes." in refused.text
    confirmed = browser.post("/write/check", data={**flash, "sure": "1"}).text
    assert 'type="hidden" name="sure"' not in confirmed
    answer = browser.post("/write/send", data={**flash, "sure": "1"})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": ""}, "text"), ({"text": "가" * 2731}, "text"), ({"line": "nowhere"}, "line"),
        ({"language": "no tag!"}, "language"), ({"corrects": "north–liaison–2026–999999"}, "corrects"),
        ({"kind": "notice", "form": "distress"}, "field.position"), ({"kind": "notice", "form": "other"}, "form_id"),
        ({"kind": "answer"}, "answers"), ({"kind": "document"}, "file"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_first_and_beside_its_field(browser, wrong, field):
    """The summary links to the field; both pages refuse it alike; what was typed is still there."""
    values = {**MESSAGE, "text": "kept as typed", **wrong}
    for path in ("/write/check", "/write/send"):
        answer = browser.post(path, data=values)
        assert answer.status_code == 400
        assert f'<a href="#{field}">' in answer.text
        if "text" not in wrong and wrong.get("kind", "message") in ("message", "answer"):
            assert "kept as typed</textarea>" in answer.text


def test_change_gives_the_form_back_as_it_was(browser):
    """From the check page nothing has to be typed again."""
    page = browser.post("/write", data={**MESSAGE, "precedence": "PRIORITY", "due": "10800", "exercise": "1"}).text
    assert f"{MESSAGE['text']}</textarea>" in page
    assert 'value="PRIORITY" checked' in page
    assert '<option value="10800" selected>' in page


def test_a_station_that_is_down_loses_nothing(tmp_path):
    """The check page says that nobody knows whether it was recorded, and carries every value on."""
    for browser in browsing(tmp_path / "nobody.sock"):
        assert f"{MESSAGE['text']}</textarea>" in browser.post("/write", data=MESSAGE).text
        answer = browser.post("/write/send", data=MESSAGE)
        assert answer.status_code == 503
        assert f'name="text" value="{MESSAGE["text"]}"' in answer.text
        assert "it may have been recorded or not" in answer.text


def test_what_the_station_refuses_is_said_with_everything_typed(browser, pair):
    """Its own words, on the page from which it was sent."""
    answer = browser.post("/write/send", data={**MESSAGE, "action": ["x" * 65]})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert f'name="text" value="{MESSAGE["text"]}"' in answer.text


def test_what_an_officer_pastes_is_no_markup(browser):
    """Nothing typed runs in the next officer's page either."""
    values = {**MESSAGE, "text": hostile.TEXT, "language": hostile.LANGUAGE, "title": hostile.TEXT}
    hostile.hold(browser.post("/write", data=values).text.replace("\u202e", ""))
    checked = browser.post("/write/check", data={**values, "language": ""}).text
    hostile.hold(checked.split('<form method="post" action="/write/send')[0])  # what it carries on is as it was typed


def test_a_form_proposes_what_it_is_for(browser):
    """Distress begins on the safety lane, as a FLASH, with the time that a FLASH has; all of it can be changed."""
    page = browser.get("/write?kind=notice&form=distress").text
    assert '<option value="safety" selected>' in page
    assert 'value="FLASH" checked' in page
    assert '<option value="auto" selected>' in page
    assert '<option value="none" selected>' in browser.get("/write").text


def test_due_times_follow_the_precedence():
    """10 minutes, 30 minutes, 3 hours, 6 hours where they are proposed; else what was chosen."""
    due = {name: Typed({"precedence": name, "due": "auto"}).due_s for name in telling.PRECEDENCE}
    assert due == {"FLASH": 600, "IMMEDIATE": 1800, "PRIORITY": 10_800, "ROUTINE": 21_600}
    assert [Typed({"due": due}).due_s for due in ("none", "", "3600", "-5", "9" * 12, "x")] == [0, 0, 3600, 0, 0, 0]


def test_every_figure_is_read_back():
    """Times, numbers and coordinates of a text and of fields, each once."""
    text = "At 10:00, 3 lorries to 37°57.2′N; again at 10:00."
    typed = Typed({"text": text, "form": "line-test", "field.test": "A7"})
    assert typed.figures() == ["10:00", "3", "37°57.2′N", "A7"]


def test_the_station_is_asked_what_was_typed():
    """Values that a form cannot have become what they mean by default."""
    typed = Typed({"kind": "x", "line": "l", "lane": "x", "precedence": "x", "text": "y"})
    assert composing.command(typed) == t.Message(line="l", text="y")
    assert composing.problems(typed, None, words("en")) == {}
