"""Messages, notices and documents from the command line of a running station."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openline.station.api import types_items as t
from tests.accord_maker import made
from tests.simulation.posts import Post, Posts, two_posts


def test_a_message_is_sent_listed_read_and_opened(posts: Posts) -> None:
    """A message goes by the line, stands unopened there, is read without a word to its author, and opened with one."""
    marks = "--precedence", "FLASH", "--due", "30m"
    sent = posts.north.run("message", "panmunjom", "The convoy leaves at 10:00.", *marks)
    assert sent.exit_code == 0, sent.output
    [ref] = re.findall(r"^recorded as (north–panmunjom–\d{4}–1)$", sent.stdout, re.MULTILINE)
    posts.settle()

    [item] = posts.south.get("/v1/inbox", t.Inbox).items
    assert (item.ref, item.precedence, item.opened) == (ref, "FLASH", False)
    assert "The convoy" in posts.south.run("inbox").stdout
    read = posts.south.run("inbox", ref)
    assert "nobody on the other side is told" in read.stdout
    posts.settle()
    assert posts.north.facts("outbox")["recent"][0]["state"] == "delivered"

    opened = posts.south.run("inbox", ref, "--open", "--officer", "choi")
    assert "their station is told that it was shown" in opened.stdout
    posts.settle()
    assert posts.north.facts("outbox")["recent"][0]["state"] == "shown"


def ref_of(post: Post, *words: str, given: str | None = None) -> str:
    """The name under which what a verb sent is recorded."""
    found: str = post.facts(*words, given=given)["entry"]["ref"]
    return found


def test_every_mark_is_in_what_is_sent(posts: Posts) -> None:
    """Lane, precedence, due time, exercise, language, correction, translation and posts arrive as they were given."""
    first = ref_of(posts.north, "message", "panmunjom", "First.")
    marks = [
        "--lane", "safety", "--precedence", "immediate", "--due", "2h", "--exercise", "--language", "ko",
        "--corrects", first, "--translation-of", first, "--action", "duty desk", "--info", "b", "--info", "a",
    ]  # fmt: skip
    ref = ref_of(posts.north, "message", "panmunjom", "Second.", *marks)
    posts.settle()
    item = posts.south.get("/v1/inbox/item", t.One, ref=ref).item
    assert item is not None
    assert (item.lane, item.precedence, item.exercise, item.language) == ("safety", "IMMEDIATE", True, "ko")
    assert (item.corrects, item.translation_of) == (first, first)
    assert (item.action, item.info) == (("duty desk",), ("a", "b"))
    assert item.due_s == item.time_s + 7200
    shown = posts.south.run("inbox", ref).stdout
    assert "EXERCISE" in shown
    assert f"corrects    {first}" in shown


def test_a_text_comes_from_standard_input_without_its_last_line_end(posts: Posts) -> None:
    """`-` takes all of standard input, several lines and Korean among them."""
    ref = ref_of(posts.north, "message", "panmunjom", "-", given="첫째 줄\n둘째 줄\n")
    item = posts.north.get("/v1/inbox/item", t.One, ref=ref).item
    assert item is not None
    assert item.text == "첫째 줄\n둘째 줄"


def test_an_answer_goes_on_the_line_and_lane_of_what_it_answers(posts: Posts) -> None:
    """`--answer` names what is answered; its author sees that it is, and by what."""
    asked = ref_of(posts.north, "message", "military west", "Is the road clear?", "--lane", "safety", "--due", "30m")
    posts.settle()
    answer = ref_of(posts.south, "message", "--answer", asked, "It is.", "--precedence", "PRIORITY")
    posts.settle()
    item = posts.north.get("/v1/inbox/item", t.One, ref=answer).item
    assert item is not None
    assert (item.line, item.lane, item.answers, item.precedence) == ("military west", "safety", asked, "PRIORITY")
    [sent, *_] = posts.north.get("/v1/outbox", t.Outbox).recent
    assert (sent.ref, sent.state) == (asked, "answered")


def test_a_service_message_is_listed_and_has_no_receipt(posts: Posts) -> None:
    """Technicians' talk arrives in the inbox, bears no mark, and opening it tells nobody."""
    posts.north.run("message", "panmunjom", "Fibre 2 is dark.", "--service")
    posts.settle()
    [item] = posts.south.get("/v1/inbox", t.Inbox).items
    assert (item.kind, item.text, item.ref) == ("service", "Fibre 2 is dark.", item.place)
    assert "a service message has no receipt" in posts.south.run("inbox", item.ref, "--open").stdout
    marked = posts.north.run("message", "panmunjom", "x", "--service", "--precedence", "FLASH")
    assert (marked.exit_code, "bears no marks" in marked.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (["message", "copper", "x"], 2, "the accord has no line named copper"),
        (["message", "panmunjom"], 2, "a message needs a line and a text"),
        (["message", "panmunjom", "x" * 8193], 3, "this cannot be written"),
        (["message", "panmunjom", ""], 3, "this cannot be written"),
        (["message", "panmunjom", "x", "--due", "soon"], 2, "soon is no length of time"),
        (["message", "panmunjom", "x", "--corrects", "north–panmunjom–2026–99"], 2, "nothing in the record is named"),
        (["message", "panmunjom", "x", "--corrects", "north 9/9"], 2, "nothing in the record is named"),
        (["message", "--answer", "north 0/1", "panmunjom", "x"], 2, "an answer goes on the line of what it answers"),
        (["message", "--answer", "ffffffff", "x"], 2, "nothing in the record is named ffffffff"),
        (["message", "--answer", "north 0/1", "x", "--action", "desk"], 2, "an answer takes no --action"),
        (["message", "panmunjom", "x", "--info", "x" * 65], 3, "this cannot be written"),
        (["notice", "panmunjom", "exercise.planned", "from"], 2, "from is no field"),
        (["notice", "panmunjom", "exercise.planned", "a=1", "a=2"], 2, "the field a is given twice"),
        (["notice", "panmunjom", "x" * 65], 3, "this cannot be written"),
        (["document", "send", "panmunjom", "{}/none"], 2, "cannot be read"),
        (["document", "save", "north 9/9", "--out", "{}/new"], 2, "nothing in the record is named"),
        (["inbox", "south–panmunjom–2026–1"], 2, "nothing in the record is named"),
        (["inbox", "--open"], 2, "it is not said what to open"),
        (["inbox", "north 0/0", "--officer", "pak"], 2, "--officer is for --open"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_recorded(
    posts: Posts, words: list[str], code: int, what: str
) -> None:
    """An unknown line or name, a text too long or empty, a field without its value: the exit code and words say so."""
    before = posts.north.get("/v1/outbox", t.Outbox)
    refused = posts.north.run(*words)
    assert refused.exit_code == code, refused.output
    assert what in refused.stderr
    assert posts.north.get("/v1/outbox", t.Outbox) == before


def test_our_own_message_is_neither_answered_nor_opened_nor_acknowledged(posts: Posts) -> None:
    """Only the side that received a message says so: the rule refuses the others, exit 3."""
    ref = ref_of(posts.north, "message", "panmunjom", "Ours.")
    for words in (
        ["message", "--answer", ref, "x"],
        ["inbox", ref, "--open", "--officer", "pak"],
        ["acknowledge", ref, "--officer", "pak"],
    ):
        refused = posts.north.run(*words)
        assert refused.exit_code == 3, refused.output
        assert "our own" in refused.stderr


def test_a_notice_is_a_form_and_its_fields(posts: Posts) -> None:
    """Fields arrive under their names, shown one to a line."""
    ref = ref_of(posts.north, "notice", "panmunjom", "exercise.planned", "from=2026-12-01", "area=west coast")
    posts.settle()
    shown = posts.south.run("inbox", ref).stdout
    assert "exercise.planned\n  area = west coast\n  from = 2026-12-01\n" in shown


def test_a_document_is_sent_saved_and_only_then_opened(posts: Posts) -> None:
    """Pages are held against the record's hash; saving tells nobody; while they are on their way, nothing is shown."""
    pages = bytes(range(256)) * 400
    (posts.north.folder / "map.pdf").write_bytes(pages)
    posts.cut()
    ref = ref_of(posts.north, "document", "send", "panmunjom", "{}/map.pdf", "--due", "1d")
    posts.mend()
    posts.settle()
    item = posts.south.get("/v1/inbox/item", t.One, ref=ref).item
    assert item is not None
    assert (item.title, item.size, item.pages_here) == ("map.pdf", len(pages), True)

    saved = posts.south.run("document", "save", ref, "--out", "{}/came.pdf")
    assert saved.exit_code == 0, saved.output
    assert (posts.south.folder / "came.pdf").read_bytes() == pages
    again = posts.south.run("document", "save", ref, "--out", "{}/came.pdf")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)
    posts.settle()
    assert posts.north.get("/v1/outbox", t.Outbox).recent[0].state == "delivered"


def test_a_document_whose_pages_lack_is_read_and_not_opened(posts: Posts) -> None:
    """What has come of a document can be read; it counts as shown only when its pages are verified."""
    with posts.losing_pages():
        (posts.north.folder / "map").write_bytes(b"x" * 100_000)
        ref = ref_of(posts.north, "document", "send", "panmunjom", "{}/map", "--title", "Sheet 2")
        posts.until(posts.south, lambda: posts.south.ask("GET", "/v1/inbox/item", ref=ref)[0] == 200)
        assert "its pages have not all come yet" in posts.south.run("inbox", ref).stdout
        for words in (["inbox", ref, "--open", "--officer", "han"], ["document", "save", ref, "--out", "{}/x"]):
            refused = posts.south.run(*words)
            assert refused.exit_code == 3, refused.output
            assert "have not all come" in refused.stderr
        waits = posts.north.get("/v1/outbox", t.Outbox).waiting[0]
        assert (waits.ref, waits.state) == (ref, "on_its_way")


def test_what_others_write_steers_no_terminal_and_makes_no_rows(posts: Posts) -> None:
    """Control characters are shown as such, and a text of many lines is one row of a list."""
    ref = ref_of(posts.north, "message", "panmunjom", "-", given="ok\x1b[2J\n99 unopened\n  forged row")
    form = "x\u202e\u2066", "size\u202e=1\u2028"
    notice = ref_of(posts.north, "notice", "panmunjom", *form)
    posts.settle()
    for words in (("inbox",), ("inbox", notice)):
        assert not set("\u202e\u2066\u2028") & set(posts.south.run(*words).stdout)
    listed = posts.south.run("inbox").stdout
    assert "\x1b" not in listed
    assert "ok\N{REPLACEMENT CHARACTER}[2J 99 unopened forged row" in listed
    assert "\n  99 unopened\n    forged row\n" in posts.south.run("inbox", ref).stdout


def test_two_persons_release_a_message_where_the_accord_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where messages need two officers, one key leaves it waiting; safety traffic goes out all the same."""
    with two_posts(tmp_path, monkeypatch, made(two_person=(1, 15, 16))) as posts:
        north = posts.north
        waits = north.run("message", "panmunjom", "x", *north.key("pak"))
        assert "waits for 1 officer (approved by pak)" in waits.stdout, waits.output
        ref_of(north, "message", "panmunjom", "y", "--lane", "safety")
        sent = north.facts("message", "military west", "z", *north.key("pak"), *north.key("ri"))
        assert sent["approved_by"] == ["pak", "ri"]
        (north.folder / "map").write_bytes(b"pages")
        document = north.facts("document", "send", "military west", "{}/map", *north.key("ri"))
        assert (document["entry"], document["approved_by"]) == (None, ["ri"])
        posts.restart(north)
        stale = north.run("release", "approve", document["id"], "--yes", *north.key("pak"))
        assert (stale.exit_code, "pages of this document are not here" in stale.stderr) == (2, True)
        assert north.ask("POST", "/v1/pages", b"pages")[0] == 200
        assert north.facts("release", "approve", document["id"], "--yes", *north.key("pak"))["entry"]
