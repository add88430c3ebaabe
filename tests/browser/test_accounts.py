"""An officer's way in a real browser: enrolment, sign-in, the watch, the officer's key, a release by two."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page

from openline.keys.keyfile import COST
from openline.station.api import types as t
from openline.station.api import types_duty
from tests.browser import accounts, axe
from tests.browser.accounts import Site, keyring
from tests.browser.keyboard import press, write

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = accounts.start(tmp_path_factory.mktemp("site"))
    yield made
    made.station.kill()


@pytest.fixture
def officer(site: Site, visit):
    """Enrols an officer in a window of their own, and signs them in; nobody is enrolled before."""
    site.forget_everybody()

    def make(name, *roles, **how):
        one = visit(f"{site.origin}/sign-in", **how)
        one.ring = keyring(one)
        one.first = one.ring.plug()
        accounts.enrol(one, site.code(name, *roles))
        accounts.sign_in(one)
        return one

    return make


def test_an_officer_comes_in_by_keyboard_alone(site, officer):
    """Code, passkey, post, board: no mouse, no password; the station knows who is on watch."""
    page = officer("kim").page
    press(page, page.get_by_role("button", name="Come on watch"))
    page.wait_for_url(f"{site.origin}/")

    assert "kim" in page.locator(".who").inner_text()
    [watch] = site.station.asking.get("/v1/watch", types_duty.Watches).now
    assert watch.officer == "kim"
    press(page, page.get_by_role("link", name="Sign out"))
    press(page, page.get_by_role("button", name=re.compile("Go off watch")))
    page.get_by_role("button", name="Sign in with your passkey").wait_for()
    assert site.station.asking.get("/v1/watch", types_duty.Watches).now == ()


def test_a_person_whom_the_authenticator_does_not_know_is_told(officer):
    """The page says what happened and can be tried again; nothing is lost."""
    one = officer("kim")
    one.page.goto("/sign-out")
    one.page.get_by_role("button", name="Sign out").click()
    one.page.wait_for_url("**/sign-in")
    one.ring.verifies(one.first, False)
    press(one.page, one.page.get_by_role("button", name="Sign in with your passkey"))
    one.page.get_by_text("The passkey was not used").wait_for()

    one.ring.verifies(one.first, True)
    one.page.keyboard.press("Enter")  # the keyboard is where it was
    one.page.wait_for_url("**/post")


def test_a_code_that_does_not_work_is_told_and_stays_typed(site, visit):
    """In the page, before any passkey is made."""
    one = visit(f"{site.origin}/enrol")
    keyring(one).plug()
    one.watch.expect("409 for POST /enrol/ask")
    write(one.page, one.page.get_by_label("Enrolment code"), "AAAA-BBBB-CCCC-DDDD")
    one.page.keyboard.press("Enter")
    one.page.get_by_text("this enrolment code does not work").wait_for()

    assert one.page.get_by_label("Enrolment code").input_value() == "AAAA-BBBB-CCCC-DDDD"


def test_a_second_passkey_is_added_and_signs_in_alone(site, officer):
    """The remark goes away, and the first one can be removed; by keyboard alone."""
    one = officer("kim")
    page = one.page
    press(page, page.get_by_role("link", name="Add a second one"))
    page.get_by_text("You have one passkey").wait_for()
    write(page, page.get_by_label("Name of this passkey"), "safe")
    press(page, page.get_by_role("button", name="Add a passkey"))
    page.get_by_text("holds a passkey of yours already").wait_for()

    one.ring.swap_before_making(page, one.first)
    page.keyboard.press("Enter")  # the keyboard is where it was
    page.get_by_role("button", name="Remove safe").wait_for()
    assert page.get_by_text("You have one passkey").count() == 0
    press(page, page.get_by_role("button", name="Remove key ring"))
    page.wait_for_url("**/sign-in")
    accounts.sign_in(one)
    assert [x["label"] for x in site.console("officers")[0]["passkeys"]] == ["safe"]


def test_the_officers_key_is_taken_in_and_never_sent(site, officer, tmp_path):
    """No request holds the passphrase, the file or the seed; the key cannot be read out of the browser's storage."""
    one = officer("kim")
    one.context.set_default_timeout(60_000)  # the page works as hard at a passphrase as a guesser would have to
    sent = []
    one.context.on("request", lambda request: sent.append(request.post_data_buffer or b""))
    file = site.key_file("kim", tmp_path, COST)
    with one.page.expect_event("worker") as working:  # beside the page, which rings on meanwhile
        accounts.take_key(one, file, "wrong")
    assert working.value.url.endswith("/key-worker.js")
    one.page.get_by_text("This is not its passphrase").wait_for()
    accounts.take_key(one, site.key_file("lee", tmp_path))
    one.page.get_by_text("This is not the key that the accord names").wait_for()
    accounts.take_key(one, file)
    one.page.get_by_text("This browser has it").wait_for()

    [keys] = [each for each in site.station.keys.officers if each.name == "kim"]
    for secret in (accounts.PASSPHRASE.encode(), keys.key.seed, file.read_bytes()):
        assert not [each for each in sent if secret in each]
    kept = one.page.evaluate(
        """() => new Promise((done) => {
          const opening = indexedDB.open("openline-officer-key");
          opening.onsuccess = () => {
            const all = opening.result.transaction("keys").objectStore("keys").getAll();
            all.onsuccess = async () => {
              const [{ key }] = all.result;
              const out = await crypto.subtle.exportKey("jwk", key).catch((error) => error.name);
              done([all.result.length, key.extractable, out]);
            };
          };
        })"""
    )
    assert kept == [1, False, "InvalidAccessError"]
    press(one.page, one.page.get_by_role("button", name="Forget it in this browser"))
    one.page.get_by_text("This browser does not have it").wait_for()
    assert one.page.evaluate("document.activeElement.id") == "file"  # where another one is handed in


def to_draft(page: Page, draft: t.Drafted) -> None:
    """By the place's link and the list, from wherever the page is."""
    press(page, page.get_by_role("link", name="To release", exact=True))
    press(page, page.locator(f"main a[href='/drafts/{draft.id}']"))
    page.wait_for_url(f"**/drafts/{draft.id}")


def test_two_officers_release_in_two_browsers(site, officer, tmp_path):
    """Each reads in the page what the bytes say, signs with the key, asserts by the passkey; then it is recorded. By
    keyboard alone, from the board to the key file and back."""
    draft = site.station.draft(t.Suspend(reason="leaflets <b>and</b> drones"))
    before = site.station.status().heads.entries
    for name in ("kim", "lee"):
        one = officer(name)
        page = one.page
        press(page, page.get_by_role("link", name=re.compile("Go on without a watch|To the board")))
        to_draft(page, draft)
        page.get_by_text("This browser does not have your officer’s key").wait_for()
        press(page, page.get_by_role("link", name="Take it in from your key file"))
        page.wait_for_url("**/settings#key")
        accounts.take_key(one, site.key_file(name, tmp_path))
        page.get_by_text("This browser has it").wait_for()
        to_draft(page, draft)
        shown = page.locator("[data-sign-and-release] dl")
        assert "leaflets <b>and</b> drones" in shown.inner_text()
        assert "liaison (line 0) liaison" in shown.inner_text()
        axe.hold(page)
        press(page, page.get_by_role("button", name="Sign and release"))
        page.wait_for_url("**/record/entry**" if name == "lee" else f"**/drafts/{draft.id}")

    assert site.station.status().heads.entries == before + 1
    told = site.console("log")
    assert [row["kind"] for row in told["last"][:2]] == ["release approved", "release asserted"]
    assert told["wrong"] == ""


def test_a_release_that_the_person_does_not_confirm_signs_nothing(site, officer, tmp_path):
    """The page says so, and the draft waits as before, and is given back with a word; by keyboard alone."""
    one = officer("kim")
    page = one.page
    draft = site.station.draft(t.Suspend(reason="not this one"))
    accounts.take_key(one, site.key_file("kim", tmp_path))
    one.page.get_by_text("This browser has it").wait_for()
    to_draft(page, draft)
    one.ring.verifies(one.first, False)
    press(page, page.get_by_role("button", name="Sign and release"))
    page.get_by_text("The passkey was not used").wait_for()
    assert "Sign and release" in page.evaluate("document.activeElement.textContent")  # the keyboard is where it was

    assert site.station.asking.get(f"/v1/drafts/{draft.id}", t.Drafted).approved_by == ()
    write(page, page.get_by_label("Reason"), "not this one")
    press(page, page.get_by_role("button", name="Give it back"))
    page.locator(".remark", has_text="not this one").wait_for()
    site.station.asking.delete(f"/v1/drafts/{draft.id}")


def test_single_keys_can_be_switched_off(officer):
    """For whoever speaks to their machine, or leans on the keyboard; it lasts in this browser."""
    page = officer("kim").page
    press(page, page.get_by_role("link", name="Settings", exact=True))
    switch = page.get_by_label("A letter on a button presses it")
    switch.wait_for()
    assert switch.is_checked()
    press(page, switch, "Space")
    page.reload()

    assert not switch.is_checked()
    assert page.evaluate("localStorage.getItem('keys-off')") == "1"


def test_whoever_takes_the_post_over_signs_the_other_page_out(site, officer):
    """The open page of the officer who was relieved goes to sign-in by itself; so does one whose watch is ended."""
    first, second = officer("kim"), officer("lee")
    press(first.page, first.page.get_by_role("button", name="Come on watch"))
    first.page.wait_for_url(f"{site.origin}/")
    second.page.goto("/post")
    press(second.page, second.page.get_by_role("button", name="I take the watch"))
    second.page.wait_for_url(f"{site.origin}/")

    first.page.wait_for_url("**/sign-in")
    site.station.asking.post("/v1/watch/off", types_duty.WatchOff(), types_duty.Watch)
    second.page.wait_for_url("**/sign-in")


def test_what_is_signed_tells_spans_as_people_say_them(site, officer):
    """Read out of the bytes, in the reader's language, beside the figure that they hold."""
    amended = t.Amend(line="liaison", effective_s=int(time.time()) + 86_400, pulse_s=90)
    draft = site.station.draft(amended)
    page = officer("kim").page
    page.goto(f"/drafts/{draft.id}")
    page.locator("[data-sign-and-release] dd", has_text="1 minute, 30 seconds (90 s)").wait_for()
    press(page, page.get_by_role("button", name="한국어"))
    page.locator("[data-sign-and-release] dd", has_text="1분 30초 (90 s)").wait_for()
    site.station.asking.delete(f"/v1/drafts/{draft.id}")
