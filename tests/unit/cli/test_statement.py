"""`openline statement`: signed where the keys are, without a station; a published one checked with the accord alone."""

from __future__ import annotations

import json

import pytest

from openline.keys import notes
from openline.station.api import types_items as items
from tests.simulation.posts import Post, Posts

TEXTS = {"en": "The lines are restored.", "ko": "통신선을 복원하였다."}


def sign(post: Post, *more: str, key: str = "announce.key") -> tuple[int, str]:
    """Sign statement.txt of the post's folder; the exit code and what was said."""
    done = post.run_plain(
        "statement", "sign", "{}/statement.txt", "--accord", "{}/accord", "--announce-key", f"{{}}/{key}", "--out",
        "{}/signed", "--passphrase-file", "{}/words", *more,
    )  # fmt: skip
    return done.exit_code, done.output


@pytest.fixture
def north(posts: Posts) -> Post:
    """North, with a text that its station gave to be signed."""
    status, text = posts.north.ask("POST", "/v1/offers/text", items.StatementText(texts=TEXTS))
    assert status == 200
    (posts.north.folder / "statement.txt").write_bytes(text)
    return posts.north


def test_what_is_signed_is_shown_and_taken_by_the_station(north: Post) -> None:
    """And nothing is asked of a station while it is signed; no file is written over."""
    code, said = sign(north)
    assert code == 0, said
    assert "통신선을 복원하였다." in said
    data = (north.folder / "signed").read_bytes()
    status, _ = north.ask("POST", "/v1/offers/signed", data)
    assert status == 200
    found = north.post("/v1/offers/signed", data, items.SignedStatement)
    assert (found.texts, found.minute) == (TEXTS, False)
    code, said = sign(north)
    assert (code, "is there already" in said) == (2, True)


@pytest.mark.parametrize(
    ("change", "key", "what"),
    [
        ((b"restored", b"restored\nen 1"), "announce.key", "no statement of this accord"),
        ((b"accord ", b"accord 00"), "announce.key", "no statement of this accord"),
        ((b"The", b"\xff"), "announce.key", "it is not UTF-8"),
        ((b"", b""), "pak.key", "statements are signed with announce keys"),
    ],
)
def test_what_is_not_to_be_signed_is_not_signed(north: Post, change, key, what) -> None:
    """A text in another form, of another accord, another key: said, and nothing is written."""
    file = north.folder / "statement.txt"
    file.write_bytes(file.read_bytes().replace(*change))
    code, said = sign(north, key=key)
    assert (code, what in said) == (2, True), said
    assert not (north.folder / "signed").exists()


def test_one_side_s_file_is_the_other_side_s_to_refuse(north: Post, posts: Posts) -> None:
    """South's station takes no file that north signed for its own."""
    assert sign(north)[0] == 0
    fault = posts.south.fault("POST", "/v1/offers/signed", (north.folder / "signed").read_bytes())
    assert (fault.fault, "south: the Ed25519 signature of the statement is missing" in fault.what) == ("misuse", True)


def test_a_published_statement_is_checked_with_the_accord_alone(north: Post, posts: Posts) -> None:
    """Four signatures hold, or it is said which does not; one side's are not enough."""
    accord, text = posts.made.signed.accord, (north.folder / "statement.txt").read_text()
    pairs = [
        notes.sign_statement(text, side.name, keys.announce)
        for side, keys in zip(accord.sides, posts.made.keys, strict=True)
    ]
    note = notes.published(text, accord, [tuple(pair) for pair in pairs])
    for data, code, what in (
        (note, 0, "signed by north and south"), (note.replace(b"restored", b"restoreD"), 5, "does not verify"),
        (notes.signed_by_one(text, accord.sides[0], pairs[0]), 5, "is missing"), (b"x", 5, "does not verify"),
    ):  # fmt: skip
        (north.folder / "note").write_bytes(data)
        words = "statement", "verify", "{}/note", "--accord", "{}/accord"
        done = north.run_plain(*words)
        assert (done.exit_code, what in done.output) == (code, True), done.output
        told = json.loads(north.run_plain(*words, "--json").stdout)
        assert told["verifies"] is (code == 0)
        assert told["texts"] == (TEXTS if code == 0 else {})
