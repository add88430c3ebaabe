"""The record's pages: the chains drawn, the list, one entry, heads, the export."""

from __future__ import annotations

import html
import re
import tempfile
from urllib.parse import urlencode
from xml.etree import ElementTree

import msgspec
import pytest

from openline.audit.check import Audit
from openline.audit.verdict import Kind
from openline.console.draw import chains
from openline.console.words import words
from openline.station.api.types_record import RecordEntry, RecordHeads, Spot
from openline.wire.limits import BLOB_BYTES_MAX
from tests.console.conftest import browsing

EN = words("en")


def entry(ours: bool, seq: int, kind: str = "message", *, ack: int | None = None, **more: object) -> RecordEntry:
    side = "south" if ours else "north"
    told: dict[str, object] = {
        "id": f"{seq:02x}" * 32, "place": f"{side} 0/{seq}", "side": side, "ours": ours, "gen": 0, "seq": seq,
        "time_s": seq, "kind": kind, "ref": f"{side} 0/{seq}", "lines": ("west",), "lane": "liaison", "facts": (),
        "ack": None if ack is None else Spot(gen=0, seq=ack),
    }  # fmt: skip
    return RecordEntry(**{**told, **more})  # type: ignore[arg-type]


def drawn(entries: list[RecordEntry], **more: object) -> list[ElementTree.Element]:
    made = chains.chains(entries, "south", "north", EN, **more)  # type: ignore[arg-type]
    return list(ElementTree.fromstring(f"<both>{made}</both>"))


def lines(drawing: ElementTree.Element, cls: str) -> list[dict[str, str]]:
    return [each.attrib for each in drawing.iter("line") if cls in each.get("class", "").split()]


TALK = [entry(True, 0), entry(False, 0, ack=0), entry(True, 1, "suspend", ack=0), entry(False, 1, "seal", ack=1)]


@pytest.mark.parametrize("which", [0, 1])
def test_both_drawings_show_every_entry_as_a_link(which):
    """Each entry is a cell that leads to its page and says what it is, in both drawings alike."""
    drawing = drawn(TALK)[which]
    links = list(drawing.iter("a"))

    assert [each.get("href") for each in links] == [f"/record/entry?{urlencode({'ref': x.place})}" for x in TALK]
    assert links[2].findtext("title") == "south 0/1, suspend, west, not acknowledged yet"
    assert len(list(drawing.iter("rect"))) == len(TALK) + 1  # a seal has an edge within its edge


@pytest.mark.parametrize("which", [0, 1])
def test_an_acknowledgement_leads_to_what_it_acknowledges(which):
    """From the cell that acknowledges to the cell that it names, across the two chains."""
    drawing = drawn(TALK)[which]
    cells = [rect.attrib for rect in drawing.iter("rect") if "c-cell" in rect.get("class", "")]
    acks = lines(drawing, "c-acks")

    assert len(acks) == 3

    def inside(line: dict[str, str], end: str, cell: dict[str, str]) -> bool:
        x, y = float(line[f"x{end}"]), float(line[f"y{end}"])
        left, top = float(cell["x"]), float(cell["y"])
        return left <= x <= left + float(cell["width"]) and top <= y <= top + float(cell["height"])

    for line, (by, of) in zip(acks, [(1, 0), (2, 1), (3, 2)], strict=True):
        assert inside(line, "1", cells[by])
        assert inside(line, "2", cells[of])


def test_what_cuts_and_what_is_chosen_stand_out():
    """A suspension, the chosen entry, the heads and what nobody opened have edges and signs of their own."""
    drawing = drawn([*TALK, entry(False, 2, unopened=True)], chosen="south 0/1", heads={TALK[2].id})[0]
    classes = [rect.get("class") for rect in drawing.iter("rect")]
    texts = [text.text for text in drawing.iter("text")]

    assert classes.count("c-cell c-cut") == 1
    assert classes.count("c-chosen") == 1
    assert classes.count("c-inner") == 1
    assert classes.count("c-cell c-unopened") == 1
    assert "■ 1" in texts
    assert "▸ head" in texts
    assert [a.get("aria-current") for a in drawing.iter("a")].count("true") == 1
    assert lines(drawing, "c-of-chosen")


def test_a_window_is_drawn_and_never_a_record():
    """However many entries are handed in, the newest are drawn, and the drawing is as large as they are."""
    made = chains.chains([entry(n % 2 == 0, n) for n in range(1000)], "south", "north", EN)

    assert made.count("<a ") == 2 * chains.CELLS
    assert len(made) < 40_000


def test_the_page_draws_and_lists_the_newest(browser, pair):
    """Both drawings, a list with the same entries, and a way to the older ones; in both languages."""
    pair.south.message("to be found in the record")
    for language in ("en", "ko"):
        page = browser.get("/record", headers={"accept-language": language})
        assert page.status_code == 200
        assert 'class="chains chains-wide"' in page.text
        assert 'class="chains chains-narrow"' in page.text
        assert "to be found in the record" in page.text


def test_a_search_finds_and_says_what_it_looked_at(browser, pair):
    """By text, kind and side; where nothing fits, how far it looked."""
    pair.south.message("a word like zanzibar")
    found = browser.get("/record?text=ZANZIBAR&kind=message&side=south").text
    assert "a word like zanzibar" in found
    assert "chains-wide" not in found
    nothing = browser.get("/record?text=timbuktu").text
    assert "among the entries looked at" in nothing


def test_what_nobody_opened_is_not_read_on_the_record(browser, pair):
    """The list, the entry's page and the search hold back what an officer would have to open."""
    pair.north.message("unheard of")
    pair.wait_equal()
    page = browser.get("/record?side=north&kind=message").text
    assert "unheard of" not in page
    assert "not opened here" in page
    place = re.findall(r'href="(/record/entry\?ref=north[^"]*)"', page)[0]
    one = browser.get(place.replace("&amp;", "&")).text
    assert "unheard of" not in one
    assert "No officer here has opened it" in one


def test_an_entry_is_shown_with_what_proves_it(browser, pair):
    """Its id in groups, what it follows, the signature, the hash; the drawing marks it."""
    pair.south.message("one with a proof")
    page = browser.get("/record?text=one+with+a+proof").text
    place = re.findall(r'href="(/record/entry\?ref=south[^"]*)"', page)[0]
    one = browser.get(place).text
    assert "c-chosen" in one
    assert "SHA-256 of its bytes" in one
    assert re.search(r"([0-9a-f]{4} ){15}[0-9a-f]{4}", one)


@pytest.mark.parametrize("query", ["day=soon", "kind=x", "before=x", "side=east", "day=0001-01-01"])
def test_what_cannot_be_asked_is_said_first(browser, query):
    """The error before everything else, linked to the form; the newest entries beneath it all the same."""
    page = browser.get(f"/record?{query}")
    assert page.status_code == (200 if query == "day=0001-01-01" else 400)
    if page.status_code == 400:
        assert 'href="#search"' in page.text
        assert '<table class="cards">' in page.text


def test_an_entry_that_is_not_there_is_said(browser):
    """A page that says so, and no more."""
    assert browser.get("/record/entry?ref=north+0/999999").status_code == 400
    assert browser.get("/record/entry").status_code == 400


def test_heads_are_read_out_and_held_against_theirs(browser):
    """Our own head, read back, agrees; other digits differ; what is no place is said beside its field."""
    page = browser.get("/record/heads").text
    place = re.search(r">(south \d+/\d+)</a>", page)[1]
    digits = re.search(r'class="digits">([0-9a-f ]+)<', page)[1]
    same = browser.get(f"/record/heads?{urlencode({'place': place, 'id': digits})}").text
    assert "They agree" in same or "more follow it here" in same
    assert "They differ" in browser.get(f"/record/heads?{urlencode({'place': place, 'id': '0' * 16})}").text
    beyond = browser.get(f"/record/heads?{urlencode({'place': 'south 0/99999', 'id': '0' * 16})}").text
    assert "beyond what is held here" in beyond
    wrong = browser.get(f"/record/heads?{urlencode({'place': 'x', 'id': digits})}")
    assert (wrong.status_code, 'href="#place"' in wrong.text, 'value="x"' in wrong.text) == (400, True, True)


def test_heads_are_saved_and_held_as_a_file(browser, pair):
    """The file of one side's console is held by the other's as what was read out is; an altered one differs."""
    answer = browser.get("/record/heads/file")
    assert answer.headers["content-disposition"] == 'attachment; filename="heads-south.json"'
    theirs = pair.north.asking.get("/v1/record/heads", RecordHeads)
    told = held_as_file(browser, msgspec.json.encode(theirs))
    assert told.count("The same entry stands here") + told.count("They agree") == 2

    chain = theirs.chains[0]
    altered = msgspec.structs.replace(theirs, chains=(msgspec.structs.replace(chain, id="00" * 32),))
    assert "They differ" in held_as_file(browser, msgspec.json.encode(altered))
    other = msgspec.structs.replace(theirs, accord="00" * 32)
    assert "these are the heads of another accord" in held_as_file(browser, msgspec.json.encode(other), 400)
    assert "They differ" not in held_as_file(browser, answer.content)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"chains": [], "equal": true}', b"\xff" * 99, b" " * 20_000])
def test_what_is_no_file_of_heads_is_told_so(browser, data):
    """Whatever it is: words, and what would be one; so is a form without a file."""
    assert "this is no file of heads" in held_as_file(browser, data, 400)
    assert "No file was chosen" in html.unescape(browser.post("/record/heads").text)


def held_as_file(browser, data, status=200):
    answer = browser.post("/record/heads", files={"heads": ("heads.json", data)})
    assert answer.status_code == status
    return html.unescape(answer.text)


def test_the_export_is_one_that_an_audit_accepts(browser, tmp_path):
    """What is downloaded is the station's export, whole."""
    answer = browser.get("/record/export")
    assert answer.headers["content-disposition"].startswith('attachment; filename="south-')
    path = tmp_path / "south.openline"
    path.write_bytes(answer.content)
    with path.open("rb") as stream:
        assert Audit(stream).verdict.kind is not Kind.DOES_NOT_VERIFY


def test_an_export_of_a_station_that_is_down_is_a_page_that_says_so(tmp_path):
    """A fault is told before anything is sent: no half file."""
    for down in browsing(tmp_path / "nobody.sock"):
        answer = down.get("/record/export")
        assert answer.status_code == 503
        assert "content-disposition" not in answer.headers


@pytest.fixture
def compared(browser, tmp_path, monkeypatch):
    """What the page says of a file that an officer brought; nothing of it stays in this machine's temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def comparing(data):
        answer = browser.post("/record/compare", files={"export": ("theirs.openline", data)})
        assert not [*tmp_path.iterdir()], "something of it was kept"
        return answer.status_code, html.unescape(answer.text)

    return comparing


def test_an_export_of_theirs_is_held_against_our_record(compared, pair):
    """One that holds the same, or less, denies nothing; one byte of another kind, and the two cannot both be true."""
    pair.north.message("for the comparison")
    pair.wait_equal()
    theirs = pair.north.asking.call("GET", "/v1/record/export")
    status, told = compared(theirs)
    assert status == 200
    assert "Both hold the same record" in told or "Nothing in either denies the other" in told
    assert told.count("every entry and signature holds") == 2

    for share, said in ((0.95, "The two cannot both be true copies of one record"), (0.2, "Their file does not hold")):
        altered = bytearray(theirs)
        altered[int(len(altered) * share)] ^= 1
        assert said in compared(bytes(altered))[1]


@pytest.mark.parametrize("data", [b"", b"no export at all", b"\xd9\xd9\xf7" * 1000])
def test_a_file_that_is_no_export_is_told_so(compared, data):
    """Whatever it is: words, and no copy of our record called true."""
    status, told = compared(data)
    assert status in (200, 400)
    assert "Both hold the same record" not in told
    assert "Nothing in either denies" not in told
    assert "Their file does not hold" in told or "There is a problem" in told


def test_an_export_is_compared_one_at_a_time_and_bounded(browser, compared):
    """A form without a file, one that is too long, and a second one meanwhile are refused with what to do."""
    assert "No file was chosen" in html.unescape(browser.post("/record/compare").text)
    long = browser.post("/record/compare", headers={"content-length": str(BLOB_BYTES_MAX * 2)}, content=b"x")
    assert "too long" in long.text
    browser.console.comparing = Busy()
    assert "Another export is being compared" in compared(b"x")[1]


class Busy:
    """Comparing that is at it."""

    busy = True
