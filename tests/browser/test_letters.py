"""Letters in a browser: sealed and opened in the page with a principal's own key, and nothing of them anywhere else."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from openline.keys import letters
from openline.keys.entropy import SeededEntropy
from openline.keys.keyfile import Cost, plain_key_file, seal_key_file
from openline.keys.letters import Letter
from openline.keys.secret import PrincipalKey, SystemEntropy, XwingKey
from openline.station.api import types as t
from openline.station.api import types_items as items
from openline.wire import accord as accords
from tests.browser import axe
from tests.browser.keyboard import HERE, hand_in, press, write

pytestmark = pytest.mark.slow

SECRET = "친애하는 장관께: the bridge at dawn"
PASSPHRASE = "correct horse battery"
CHEAP = Cost(64, 1, 1)
# A stanza of the classical kind, as it stands in a header; what it holds means nothing.
CLASSICAL = b"-> X25519 " + b"A" * 43 + b"\n" + b"A" * 43 + b"\n"


@pytest.fixture
def signed(consoles):
    return accords.decode_signed((consoles.pair.south.folder / "accord").read_bytes())


@pytest.fixture
def minister(consoles):
    """The keys of the one principal of each side."""
    return [station.keys.principals["minister"] for station in consoles.pair.both]


def key_file(folder: Path, key: PrincipalKey, passphrase: str = PASSPHRASE) -> Path:
    path = folder / "principal.key"
    path.write_bytes(seal_key_file(key.to_bytes(), "principal", passphrase, SystemEntropy(), cost=CHEAP))
    return path


def record(one) -> list[str]:
    """Everything that the page asks of anybody, from here on."""
    asked: list[str] = []

    def note(request) -> None:
        headers = " ".join(f"{name}: {value}" for name, value in request.headers.items())
        body = (request.post_data_buffer or b"").decode("utf-8", "replace")
        asked.append(f"{request.method} {request.url} {headers} {body}")

    one.page.on("request", note)
    one.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: asked.append(str(frame))))
    return asked


def hold_secret(asked: list[str], *secrets: str) -> None:
    """None of it is in any request, as it is or in the usual coats."""
    told = "\n".join(asked)
    told += unquote_plus(told)  # addresses and forms wear their own coat
    for each in secrets:
        data = each.encode()
        for coat in (each, base64.b64encode(data).decode().rstrip("="), data.hex(), json.dumps(each)[1:-1]):
            assert coat not in told, f"{each!r} left the page"


def kept_anywhere(one) -> str:
    """What the browser keeps for this origin."""
    told: str = one.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    return told


def written(signed, minister, side: int, text: str, to: int | None = None) -> bytes:
    """A letter of a side's minister to the other's, signed but not sealed."""
    fields = Letter(signed.id, side, "minister", 1 - side, "minister", bytes(16), 1_700_000_000, (("ko", text),))
    return letters.write(fields, minister[side].key)


def open_in(one, file: bytes | Path, key: Path, passphrase: str = PASSPHRASE) -> None:
    """Choose a sealed file and a key, and press the button."""
    box = one.page.locator("[data-letter=open]")
    if isinstance(file, bytes):
        box.locator("[data-sealed-file]").set_input_files({"name": "a.age", "mimeType": "x/y", "buffer": file})
    box.locator("[data-key-file]").set_input_files(key)
    box.locator("[data-passphrase]").fill(passphrase)
    box.locator("[data-do]").click()


def test_a_letter_is_sealed_in_the_page_and_opened_by_its_addressee(visit, consoles, signed, minister, tmp_path):
    """What arrives is a letter of spec 4.5, signed by its writer; no text, key or passphrase was in any request. By
    keyboard alone."""
    one = visit(f"{consoles.south.origin}/letters", officer="kim")
    asked = record(one)
    box = one.page.locator("[data-letter=seal]")
    write(one.page, box.locator("[data-language]"), "ko")
    write(one.page, box.locator("[data-text]"), SECRET)
    hand_in(one.page, box.locator("[data-key-file]"), key_file(tmp_path, minister[1]))
    write(one.page, box.locator("[data-passphrase]"), PASSPHRASE)
    press(one.page, box.locator("[data-copy]"), "Space")
    press(one.page, box.locator("[data-do]"))
    one.page.wait_for_function("() => document.activeElement.closest('[data-send]')")  # what comes next
    one.page.keyboard.press("Enter")
    one.page.wait_for_url("**/letters?sent=1")

    pair = consoles.pair
    pair.wait_equal()
    found = [x for x in pair.north.asking.get("/v1/inbox", items.Inbox, limit="1000").items if x.kind == "letter"]
    item = pair.north.asking.get("/v1/inbox/item", items.One, ref=found[0].id).item
    assert item is not None
    assert item.age is not None
    for opener in (minister[0], minister[1]):  # its addressee, and the writer's own copy
        plain = letters.open_age(item.age, opener.xwing)
        letter = letters.read_in(plain, signed, opener.xwing.public)
        assert (letter.from_side, letter.to_side, dict(letter.texts)) == (1, 0, {"ko": SECRET})
    hold_secret(asked, SECRET, "the bridge at dawn", PASSPHRASE)
    assert not [each for key in (minister[1].xwing, minister[1].key) for each in asked if key.seed.hex() in each]
    assert "bridge" not in kept_anywhere(one)
    assert b"bridge" not in (pair.south.folder / "record.sqlite").read_bytes()
    assert "bridge" not in pair.south.log


def test_a_letter_is_opened_in_the_page_by_its_addressee(visit, consoles, signed, minister, tmp_path):
    """From the list: its writer is proven by the accord's key; the text is on the page, and in no request. By keyboard
    alone."""
    sealed = letters.seal(written(signed, minister, 0, f"<b>{SECRET}</b>"), [minister[1].xwing.public], SystemEntropy())
    entry = consoles.pair.north.draft(t.Letter(to="minister", age=sealed)).entry
    assert entry is not None
    consoles.pair.wait_equal()
    one = visit(f"{consoles.south.origin}/letters", officer="kim")
    asked = record(one)
    press(one.page, one.page.locator(f"main a[href='/letters/{entry.id}']"))
    hand_in(one.page, one.page.get_by_label("key file"), key_file(tmp_path, minister[1]))
    write(one.page, one.page.get_by_label("Its passphrase"), PASSPHRASE)
    press(one.page, one.page.get_by_role("button", name="Open it"))
    shown = one.page.locator("[data-opened]")
    shown.wait_for()
    assert shown.evaluate(HERE)
    told = shown.inner_text()
    assert "The signature holds" in told
    assert f"<b>{SECRET}</b>" in told
    assert "minister · north" in told
    hold_secret(asked, SECRET, PASSPHRASE)
    axe.hold(one.page)

    press(one.page, one.page.get_by_role("button", name="Mark it as handed over"))
    one.page.wait_for_url("**/items/**")
    assert "handed" not in consoles.pair.north.asking.get("/v1/inbox/item", items.One, ref=entry.id).item.receipt


def with_classical(sealed: bytes) -> bytes:
    """The same file with a classical stanza before the others."""
    first, rest = sealed.split(b"\n", 1)
    return first + b"\n" + CLASSICAL + rest


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("mixed", "not post-quantum"), ("junk", "This is no sealed file"), ("another's", "This key does not open it"),
        ("altered", "This key does not open it"), ("sent on", "somebody sent it on"),
        ("forged", "not signed by whom it names"), ("other accord", "another accord"),
        ("wrong words", "passphrase is not"), ("officer", "not a principal"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_letter_is_said(visit, consoles, signed, minister, tmp_path, case, why):
    """Mixed recipients before any key is tried; then the seal; then who wrote to whom in which accord. Nothing of it
    is shown."""
    entropy = SystemEntropy()
    letter = written(signed, minister, 0, SECRET)
    to, passphrase, key = minister[1], PASSPHRASE, key_file(tmp_path, minister[1])
    if case == "another's":
        to = PrincipalKey.generate("minister", SeededEntropy(b"another"))
    elif case == "sent on":  # a letter that we wrote, sealed anew to the other side's own minister by somebody
        third = PrincipalKey.generate("minister", SeededEntropy(b"third"))
        to, key = third, key_file(tmp_path, third)
    elif case == "forged":
        fields = Letter(signed.id, 0, "minister", 1, "minister", bytes(16), 1, (("ko", SECRET),))
        letter = letters.write(fields, PrincipalKey.generate("minister", SeededEntropy(b"forger")).key)
    elif case == "other accord":
        fields = Letter(bytes(32), 0, "minister", 1, "minister", bytes(16), 1, (("ko", SECRET),))
        letter = letters.write(fields, minister[0].key)
    elif case == "wrong words":
        passphrase = "another"
    elif case == "officer":
        key = tmp_path / "officer.key"
        key.write_bytes(plain_key_file(consoles.pair.south.keys.officers[0].to_bytes(), "officer"))
    sealed = letters.seal(letter, [to.xwing.public], entropy)
    if case == "mixed":
        sealed = with_classical(sealed)
    elif case == "junk":
        sealed = b"%PDF-1.7 " + bytes(99)
    elif case == "altered":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    one = visit(f"{consoles.south.origin}/letters", officer="kim")
    open_in(one, sealed, key, passphrase)
    one.page.locator("[data-letter=open] [role=alert]:visible").wait_for()
    assert why in one.page.locator("[data-letter=open] [role=alert]:visible").inner_text()
    assert SECRET not in one.page.content()
    assert not one.page.locator("[data-opened]").is_visible()


def test_a_file_that_is_sealed_to_a_weak_key_too_is_not_taken_in(visit, consoles, signed, minister):
    """Neither is one that is not sealed at all: nothing of it leaves the page."""
    one = visit(f"{consoles.south.origin}/letters", officer="kim")
    asked = record(one)
    sealed = letters.seal(written(signed, minister, 1, SECRET), [minister[0].xwing.public], SystemEntropy())
    box = one.page.locator("[data-letter=take]")
    for data, why in ((with_classical(sealed), "not post-quantum"), (SECRET.encode(), "no sealed file")):
        box.locator("[data-sealed-file]").set_input_files({"name": "x", "mimeType": "x/y", "buffer": data})
        box.locator("[data-do]").click()
        one.page.locator(f"[data-letter=take] [role=alert]:visible:has-text('{why}')").wait_for()
        assert not one.page.locator("[data-send]").is_visible()
    hold_secret(asked, SECRET)
    box.locator("[data-sealed-file]").set_input_files({"name": "x", "mimeType": "x/y", "buffer": sealed})
    box.locator("[data-do]").click()
    one.page.locator("[data-send]").wait_for()


def test_the_pages_identity_is_ages(visit, consoles):
    """The text that the page makes of a seed is the one of spec 4.5.1, which any age takes."""
    seed = SeededEntropy(b"identity").bytes(32)
    one = visit(f"{consoles.south.origin}/letters", officer="kim")
    module = one.page.locator("script[src*='letter.js']").get_attribute("src").replace("letter.js", "sealed-file.js")
    script = "async ([module, seed]) => (await import(module)).identityOf(new Uint8Array(seed))"
    made = one.page.evaluate(script, [module, list(seed)])
    assert made == letters.identity(seed)
    assert letters.parse_identity(made) == XwingKey(seed).seed
