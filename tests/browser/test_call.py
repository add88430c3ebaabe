"""A call between two officers in two browsers: rung, answered, heard both ways, written beside, ended, logged."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Page, Playwright

from openline.console.acting import Role
from openline.station.api import types_duty as duty
from openline.wire.errors import Refused
from tests.browser import axe, consoles
from tests.browser.conftest import Opener, Visit
from tests.browser.consoles import Consoles
from tests.browser.keyboard import choose, press, single, write
from tests.browser.looks import Look, few_looks
from tests.integration.pairs import make_pair

pytestmark = pytest.mark.slow
CALL = re.compile(r"/calls/([0-9a-f]{16})$")
LOUD = 0.001  # of totalAudioEnergy: the fake microphone's beeps make some hundred times that in a second
LONG_MS = 30_000


@pytest.fixture(scope="module")
def both(driver: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """Two stations with voice, and their consoles."""
    made = consoles.start(make_pair(tmp_path_factory.mktemp("call"), voice=True))
    yield made
    made.stop()


@pytest.fixture
def ready(both: Consoles) -> Iterator[Consoles]:
    """No call lasts, before and after."""
    yield both
    for station in both.pair.both:
        for each in station.asking.get("/v1/calls", duty.Calls).lasting:
            with suppress(Refused):  # the other station's end of it is here by now
                if each.state == "ringing":
                    station.asking.post(f"/v1/calls/{each.id}/word", duty.PickUp(word="decline", officer="lee"))
                else:
                    station.asking.post(f"/v1/calls/{each.id}/end")
    for station in both.pair.both:
        asking = station.asking
        station.wait_until(lambda asking=asking: not asking.get("/v1/calls", duty.Calls).lasting)  # type: ignore[misc]


@pytest.fixture
def officers(ready: Consoles, visit: Opener, other_browser: Browser) -> tuple[Visit, Visit]:
    """Kim in the south and lee in the north, each at the board, in browsers of their own that may use a microphone."""
    south = visit(ready.south.origin, officer="kim")
    north = visit(ready.north.origin, officer="lee", within=other_browser)
    for each in (south, north):
        each.context.grant_permissions(["microphone"], origin=each.origin)
    return south, north


def ring(officers: tuple[Visit, Visit]) -> str:
    """The south calls from the board and the north answers from the bar, by keys alone; the call's id."""
    south, north = officers
    press(south.page, south.page.get_by_role("button", name="Call liaison"))
    south.page.wait_for_url(CALL)
    north.page.get_by_role("button", name="Answer the call").wait_for()
    north.page.keyboard.press("c")
    north.page.wait_for_url(CALL)
    found = CALL.search(south.page.url)
    assert found is not None
    return found[1]


def wait_for(page: Page, name: str, value: str) -> None:
    page.wait_for_function(
        "([name, value]) => document.getElementById('voice')?.dataset[name] === value", arg=[name, value],
        timeout=LONG_MS,
    )  # fmt: skip


def wait_heard(page: Page) -> None:
    """Until this page has heard more than silence since it began to count."""
    page.wait_for_function(
        "loud => Number(document.getElementById('voice').dataset.energy ?? 0) > loud", arg=LOUD, timeout=LONG_MS
    )


def talk(officers: tuple[Visit, Visit]) -> str:
    call = ring(officers)
    for each in officers:
        wait_for(each.page, "state", "connected")
        wait_for(each.page, "key", "matched")
    return call


def test_two_officers_hear_each_other(officers: tuple[Visit, Visit]):
    """Rung from the board, answered from the bar, heard both ways, key matched, quality shown; ended, and logged: by
    keyboard alone."""
    south, north = officers
    talk(officers)
    for each in officers:
        wait_heard(each.page)
        each.page.locator("#voice-quality", has_text="loss: 0 %").wait_for(timeout=LONG_MS)
        assert "Key matched" in each.page.locator("#voice-key").inner_text()
        assert each.page.locator("#voice-trouble").is_hidden()
    axe.hold(south.page)

    south.page.keyboard.press("e")
    for each in officers:
        each.page.get_by_role("heading", name="Log the call").wait_for(timeout=LONG_MS)
        each.page.get_by_text("sealed by both").wait_for(timeout=LONG_MS)
    for each in officers:  # whoever ended it, and whoever did not
        each.page.wait_for_function("() => document.activeElement.id === 'log-title'")
    choose(south.page, south.page.get_by_label("notice"))
    write(south.page, south.page.get_by_label("Summary of the call"), "All well on both sides.")
    press(south.page, south.page.get_by_role("button", name="Log it"))
    north.page.locator(".quoted", has_text="All well on both sides.").wait_for()
    assert "Purpose: notice." in north.page.locator(".quoted", has_text="All well").inner_text()


KEEP = "{ const Plain = RTCPeerConnection; window.RTCPeerConnection = class extends Plain { constructor(...how) {" \
    " super(...how); window.kept = this; } }; }"  # fmt: skip
CANDIDATES = """async () => [...(await window.kept.getStats()).values()]
    .filter(x => x.type.endsWith('-candidate') && x.protocol === 'udp')
    .map(x => [x.type, `${x.address ?? x.ip}:${x.port}`])"""


def test_no_address_of_one_side_reaches_the_other(officers: tuple[Visit, Visit]):
    """Nothing that looks like an address is handed in, and among all that a browser learnt of ways to the other there
    is none of the other browser's own."""
    sent: list[str] = []
    for each in officers:
        each.page.on("request", lambda request: sent.append(request.post_data or ""))
        each.context.add_init_script(KEEP)
    talk(officers)
    halves = [each for each in sent if "fingerprint" in each]
    assert len(halves) >= 2
    assert not [each for each in halves if re.search(r"candidate|\d+\.\d+\.\d+\.\d+|\.local|v=0", each)]
    (ours, theirs) = (each.page.evaluate(CANDIDATES) for each in officers)
    own = {place for kind, place in theirs if kind == "local-candidate" and not place.startswith("127.0.0.1")}
    known = {place for _, place in ours}
    assert own
    assert known
    assert own & known == set()


def test_a_pulled_cable_is_said_and_healed(officers: tuple[Visit, Visit], ready: Consoles):
    """The north's station stands still, and all it passes: the south is told that nothing comes; when it goes on, the
    same call is heard again and nobody did anything."""
    south, _ = officers
    talk(officers)
    wait_heard(south.page)
    process = ready.pair.north.process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    try:
        south.page.locator("#voice-trouble", has_text="nothing comes").wait_for(timeout=LONG_MS)
    finally:
        process.send_signal(signal.SIGCONT)
    wait_for(south.page, "state", "connected")
    south.page.locator("#voice-trouble").wait_for(state="hidden", timeout=LONG_MS)
    before = float(south.page.locator("#voice").get_attribute("data-energy") or 0)
    south.page.wait_for_function(
        "before => Number(document.getElementById('voice').dataset.energy) !== before", arg=before, timeout=LONG_MS
    )


def test_the_microphone_is_muted_and_opened_again(officers: tuple[Visit, Visit]):
    """M mutes and unmutes; muted, the voice stands and the other side is not told that nothing comes."""
    south, north = officers
    talk(officers)
    wait_heard(north.page)
    mute = south.page.locator("#voice-mute")
    south.page.keyboard.press("m")
    assert mute.get_attribute("aria-pressed") == "true"
    north.page.wait_for_function("() => document.getElementById('voice-speaker').value < 0.01", timeout=LONG_MS)
    south.page.keyboard.press("m")
    assert mute.get_attribute("aria-pressed") == "false"
    north.page.wait_for_function("() => document.getElementById('voice-speaker').value > 0.01", timeout=LONG_MS)
    assert north.page.locator("#voice-trouble").is_hidden()


def test_text_goes_beside_the_voice(officers: tuple[Visit, Visit]):
    """T goes to the field; what is sent is on the other page at once, is shown there, and the voice goes on."""
    south, north = officers
    talk(officers)
    south.page.keyboard.press("t")
    south.page.keyboard.type("Grid 3814, repeat 3814")
    press(south.page, south.page.get_by_role("button", name="Send the message"))
    south.page.get_by_text("The message was sent.").wait_for()
    north.page.locator(".quoted", has_text="Grid 3814").wait_for()
    assert south.page.locator("#beside-text").input_value() == ""
    for each in officers:
        assert each.page.locator("#voice").get_attribute("data-state") == "connected"


def test_a_page_that_is_loaded_anew_speaks_again(officers: tuple[Visit, Visit]):
    """Nothing but a reload: another round, both hear again, no call is lost."""
    south, north = officers
    talk(officers)
    north.page.on("dialog", lambda dialog: dialog.accept())
    north.page.reload()
    for each in officers:
        wait_for(each.page, "state", "connected")
    wait_heard(north.page)
    before = float(south.page.locator("#voice").get_attribute("data-energy") or 0)
    south.page.wait_for_function(
        "before => Number(document.getElementById('voice').dataset.energy) !== before", arg=before, timeout=LONG_MS
    )


def test_an_altered_certificate_ends_the_call_with_words(officers: tuple[Visit, Visit]):
    """The connection shows another certificate than the one that their station signed, by whatever trick: the call is
    ended at once, and the page says why for as long as it is open."""
    south, north = officers
    south.page.add_init_script(
        "RTCDtlsTransport.prototype.getRemoteCertificates = () => [new Uint8Array([1, 2, 3]).buffer]"
    )
    ring(officers)
    wait_for(south.page, "key", "mismatch")
    assert "not the one that their station signed" in south.page.locator("#voice-says").inner_text()
    south.page.get_by_text("answered, and over").wait_for(timeout=LONG_MS)
    assert south.page.locator("#voice").get_attribute("data-state") == "over"
    north.page.get_by_role("heading", name="Log the call").wait_for(timeout=LONG_MS)


def test_who_hangs_up_at_once_is_not_accused(officers: tuple[Visit, Visit]):
    """The connection is gone before the north's page could read whose it was: that is no other certificate, and the
    page asks what the call was, as after any."""
    south, north = officers
    north.page.add_init_script(
        "RTCDtlsTransport.prototype.getRemoteCertificates = () => [];"
        "Object.defineProperty(RTCDtlsTransport.prototype, 'state', { get: () => 'closed' });"
    )
    ring(officers)
    wait_for(south.page, "state", "connected")
    wait_for(north.page, "state", "connecting")
    single(south.page, "e")
    north.page.get_by_role("heading", name="Log the call").wait_for(timeout=LONG_MS)
    assert "not the one that their station signed" not in north.page.locator("#voice").inner_text()


def test_one_way_sound_is_said(officers: tuple[Visit, Visit]):
    """The north's browser is cut off from its relay: the south is told that it sends and nothing comes."""
    south, north = officers
    talk(officers)
    north.page.evaluate("document.getElementById('voice-audio').srcObject = null")
    north.page.on("dialog", lambda dialog: dialog.accept())
    north.page.goto("about:blank")
    south.page.locator("#voice-trouble", has_text="nothing comes").wait_for(timeout=LONG_MS)


def test_another_officer_who_looks_does_not_take_the_voice(
    officers: tuple[Visit, Visit], ready: Consoles, visit: Opener
):
    """A second page of the same side shows the call and offers to speak there; the voice stays where it is until then,
    and then the first page says where it went."""
    south, _ = officers
    call = talk(officers)
    second = visit(f"{ready.south.origin}/calls/{call}", officer="lee")
    second.context.grant_permissions(["microphone"], origin=second.origin)
    wait_for(second.page, "state", "elsewhere")
    assert south.page.locator("#voice").get_attribute("data-state") == "connected"
    press(second.page, second.page.get_by_role("button", name="Speak on this page"))
    wait_for(second.page, "state", "connected")
    assert second.page.evaluate("document.activeElement.id") == "voice"  # the button that was pressed is gone
    wait_for(south.page, "state", "elsewhere")


def test_who_may_not_keep_the_watch_cannot_call(ready: Consoles, visit: Opener):
    """An auditor sees calls and places none."""
    one = visit(ready.south.origin, officer="kim", roles=[Role.AUDITOR])
    one.watch.expect("403 for POST /calls")
    press(one.page, one.page.get_by_role("button", name="Call liaison"))
    one.page.get_by_text("This needs another role than yours").wait_for()


@few_looks
def test_the_pages_of_calls_are_for_everybody(ready: Consoles, visit: Opener, look: Look):
    """A call that rings, and one that is over: no rule of WCAG 2.2 AA is broken; the call button is large."""
    one = visit(ready.south.origin, officer="kim", **look.how)
    height = one.page.evaluate("document.querySelector('button.call').getBoundingClientRect().height")
    assert height >= 64
    one.page.keyboard.press("c")
    one.page.wait_for_url(CALL)
    axe.hold(one.page)
    one.page.keyboard.press("e")
    one.page.locator("form[action$='/end']").wait_for(state="detached")
    axe.hold(one.page)
