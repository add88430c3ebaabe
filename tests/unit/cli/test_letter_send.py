"""Letters from the command line of a running station: sealed before they reach it, and by nobody opened on the way."""

from __future__ import annotations

from openline.keys import letters
from openline.keys.entropy import SeededEntropy
from openline.station.api import types_items as t
from tests.simulation.posts import Posts


def test_a_text_is_signed_sealed_carried_and_opened_by_its_principal(posts: Posts) -> None:
    """The station takes it while the line is cut, its inbox gives the sealed file, and only the key file opens it."""
    north, south = posts.both
    assert north.run("suspend", "--all", *north.key("pak"), *north.key("ri")).exit_code == 0
    (north.folder / "letter.txt").write_text("Let us talk.\n")
    sent = north.run("letter", "send", "{}/letter.txt", "--to", "president", "--key", "{}/chairman.key")
    assert sent.exit_code == 0, sent.output
    posts.settle()

    [item] = south.get("/v1/inbox", t.Inbox).items
    assert (item.kind, item.to, item.opened, item.age) == ("letter", "president", False, None)
    shown = south.run("inbox", item.ref, "--out", "{}/letter.age")
    assert "no station can read it" in shown.stdout
    assert "Let us talk" not in shown.stdout
    opening = "letter", "open", "{}/letter.age", "--key", "{}/president.key", "--accord", "{}/accord"
    read = south.run_plain(*opening, "--passphrase-file", "{}/words")
    assert "Let us talk." in read.stdout, read.output
    assert "the signature holds" in read.stdout

    handed = south.run("inbox", item.ref, "--open")
    assert "marked as handed over; no station shows a letter" in handed.stdout
    posts.settle()
    assert north.get("/v1/outbox", t.Outbox).recent[0].state == "delivered"
    posts.restart(south)
    inbox = south.get("/v1/inbox", t.Inbox)
    assert (inbox.unopened, inbox.items[0].opened) == (0, True)


def test_a_sealed_file_is_sent_as_it_is(posts: Posts) -> None:
    """What any age program sealed arrives to the byte."""
    principal = posts.made.keys[1].principals["president"]
    sealed = letters.seal(b"anything", [principal.xwing.public], SeededEntropy(b"age"))
    (posts.north.folder / "letter.age").write_bytes(sealed)
    ref = posts.north.facts("letter", "send", "{}/letter.age", "--to", "president")["entry"]["ref"]
    posts.settle()
    one = posts.south.get("/v1/inbox/item", t.One, ref=ref)
    assert one.item is not None
    assert one.item.age == sealed


def test_no_open_letter_reaches_the_station(posts: Posts) -> None:
    """A text without a key, a key of the other side or of an officer, a name that the accord lacks, a file too long."""
    north = posts.north
    (north.folder / "open.txt").write_text("secret")
    (north.folder / "sealed.age").write_bytes(b"age-encryption.org/v1\n" + bytes(14 * 1024))
    theirs = str(posts.south.folder / "president.key")
    for words, code, what in (
        (["{}/open.txt", "--to", "president"], 2, "is not a sealed letter"),
        (["{}/open.txt", "--to", "president", "--key", theirs], 2, "is a principal of the other side"),
        (["{}/open.txt", "--to", "president", "--key", "{}/pak.key"], 2, "letters are a principal's"),
        (["{}/open.txt", "--to", "nobody", "--key", "{}/chairman.key"], 2, "nobody"),
        (["{}/sealed.age", "--to", "nobody"], 2, "no principal of the other side named nobody"),
        (["{}/sealed.age", "--to", "president", "--copy"], 2, "is sealed already"),
        (["{}/sealed.age", "--to", "president"], 3, "this cannot be written"),
    ):
        refused = north.run("letter", "send", *words)
        assert refused.exit_code == code, refused.output
        assert what in refused.stderr
    assert north.get("/v1/outbox", t.Outbox).waiting == ()
