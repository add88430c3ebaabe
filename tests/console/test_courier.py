"""Carried by hand: a load out of one console, over a stick, into the other's; and what a stick may hold besides."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest

from openline.carriers import load_file
from openline.station.api.types import Unpacked
from openline.wire.accord import Carrier, CarrierKind
from tests.console import english
from tests.console.conftest import Browser, browsing
from tests.integration.pairs import Pair, make_pair

STICK = ((Carrier(id="stick", kind=CarrierKind.COURIER), "", ""),)


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two stations that nothing but a courier connects."""
    made = make_pair(tmp_path_factory.mktemp("far"), carriers=STICK)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def desk(far: Pair) -> Iterator[Browser]:
    """South's console."""
    yield from browsing(far.south.folder / "station.sock")


def files(archive: bytes) -> dict[str, bytes]:
    """What a downloaded load holds, by name."""
    with zipfile.ZipFile(io.BytesIO(archive)) as read:
        return {name: read.read(name) for name in read.namelist()}


def brought(desk: Browser, load: dict[str, bytes]) -> str:
    answer = desk.post("/courier/unpack", files=[("load", each) for each in load.items()])
    assert answer.status_code == 200, answer.text
    text: str = answer.text
    return text


def test_a_load_goes_there_and_its_answer_back(desk, far):
    """What north sent is named here; what south packs then ends north's wait."""
    sent = [far.north.message(f"by stick {number}") for number in range(3)]
    load = files(far.north.asking.post("/v1/courier/load", None, bytes))
    assert all(load_file.decode_named(name, data) for name, data in load.items())
    page = brought(desk, load)
    for entry in sent:
        assert entry.ref in page
    assert "Send the answer back" in page

    answer = desk.post("/courier/pack")
    assert 'filename="load-' in answer.headers["content-disposition"]
    for name, data in files(answer.content).items():
        far.north.asking.post(f"/v1/courier/file?name={name}", data, dict)
    status = far.north.status()
    assert status is not None
    assert (status.waiting, status.heads.equal) == (0, True)


def test_one_damaged_file_stops_no_other(desk, far):
    """Which it is and why is said; the whole one is taken in."""
    sent = far.north.message("whole")
    [(name, data)] = files(far.north.asking.post("/v1/courier/load", None, bytes)).items()
    spoilt = data[:60] + bytes([data[60] ^ 1]) + data[61:]
    page = brought(desk, {"spoilt.load": spoilt, "other.load": b"<b>no load</b>", name: data})
    assert page.count("nothing of it was taken") == 2
    assert sent.ref in page
    assert "renamed" in brought(desk, {"<i>.load": data})


def test_what_their_station_made_wrong_is_told_in_korean(desk, monkeypatch):
    """The sentence and what to do are Korean; the rule's own technical words stand beside, marked as English."""
    told = Unpacked(bundles=1, entries=0, damaged=0, strange=1, arrived=(), whole=False, bad_said=(None,),
                    bad=("body key 3 of a message is not text",))  # fmt: skip

    async def post(*_: object) -> Unpacked:
        return told

    monkeypatch.setattr(desk.console.link, "post", post)
    desk.cookies.set("language", "ko")
    page = brought(desk, {"x.load": b"x"})
    assert "양측 기술자에게 다음 기술 정보를 알리십시오" in page
    assert '<span lang="en"><span class="quoted" dir="auto">body key 3' in page
    assert english.runs(page, ("north", "south")) == []


def test_a_form_without_files_is_told(desk):
    """And a file that is too long is not read to its end."""
    answer = desk.post("/courier/unpack", data={"x": "y"})
    assert (answer.status_code, "Choose the load files" in answer.text) == (400, True)
    assert "larger than a load file" in brought(desk, {"x.load": b"\0" * (4 * 1024 * 1024 + 1)})


def test_without_a_courier_the_page_says_so(browser):
    """And the station refuses to pack."""
    assert "The accord names no courier." in browser.get("/courier").text
    assert browser.post("/courier/pack").status_code == 409
