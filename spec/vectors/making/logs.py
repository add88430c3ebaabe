"""Vectors of the Merkle tree over a chain, its proofs, and checkpoints (3.8)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from openline.cli.vectors_plain import facts_of
from openline.keys import notes
from openline.wire import cbor, merkle
from openline.wire.terms import Checkpoint44
from spec.vectors.making.book import Book
from spec.vectors.making.cast import whole
from spec.vectors.making.chains import talked
from spec.vectors.making.vector import Reference, Vector, changed

LEAVES: Final = [hashlib.sha256(bytes([0, n])).digest() for n in range(13)]
NOT_SHOWN: Final = "broken-rule"


def vectors() -> Iterator[Vector]:
    for size in (0, 1, 2, 3, 7, 8, 13):
        what = f"The root of {size} leaves." if size != 1 else "The root of one leaf is that leaf."
        root = merkle.root(LEAVES[:size]).hex()
        given = {"leaves": LEAVES[:size]}
        yield Vector(name=f"tree-{size:02}", spec="3.8.2", what=what, kind="tree", input=given, expected={"root": root})
    yield from _inclusion()
    yield from _consistency()
    yield from _checkpoints()


def _proof_vector(kind: str, name: str, what: str, given: dict[str, Any], *, holds: bool) -> Vector:
    return Vector(
        name=f"{kind}-{name}", spec="3.8.4", what=what, kind=kind, reject_as="" if holds else NOT_SHOWN, input=given
    )


def _inclusion() -> Iterator[Vector]:
    kind, root = "inclusion-proof", merkle.root(LEAVES)

    def given(index: int, **change: Any) -> dict[str, Any]:
        proof = list(merkle.inclusion_proof(LEAVES, index))
        return {"leaf": LEAVES[index], "index": index, "size": 13, "proof": proof, "root": root, **change}

    yield _proof_vector(kind, "of-the-first", "The first of 13 leaves.", given(0), holds=True)
    yield _proof_vector(kind, "of-the-last", "The last of 13 leaves, which has few siblings.", given(12), holds=True)
    one = {"leaf": LEAVES[0], "index": 0, "size": 1, "proof": [], "root": LEAVES[0]}
    yield _proof_vector(kind, "of-the-only-one", "The only leaf needs no hashes.", one, holds=True)
    path = given(4)["proof"]
    for name, what, change in (
        ("of-another-place", "The leaf stands at another place.", {"index": 5}),
        ("of-another-leaf", "Another leaf stands at that place.", {"leaf": LEAVES[5]}),
        ("one-hash-too-many", "A hash is left over.", {"proof": [*path, LEAVES[0]]}),
        ("one-hash-too-few", "A hash is missing.", {"proof": path[:-1]}),
        ("index-of-the-size", "There is no leaf at that place.", {"index": 13}),
    ):
        yield _proof_vector(kind, name, what, {**given(4), **change}, holds=False)


def _consistency() -> Iterator[Vector]:
    kind = "consistency-proof"

    def given(old: int, size: int = 13, **change: Any) -> dict[str, Any]:
        proof = list(merkle.consistency_proof(LEAVES[:size], old))
        roots = {"old_root": merkle.root(LEAVES[:old]), "root": merkle.root(LEAVES[:size])}
        return {"old_size": old, "size": size, "proof": proof, **roots, **change}

    yield _proof_vector(kind, "from-6", "A tree of 6 is the start of one of 13.", given(6), holds=True)
    yield _proof_vector(
        kind, "from-8", "A tree of 8, which is perfect, is the start of one of 13.", given(8), holds=True
    )
    yield _proof_vector(kind, "from-nothing", "Any tree goes on from nothing.", given(0), holds=True)
    yield _proof_vector(kind, "of-equal-sizes", "A tree is the start of itself.", given(13), holds=True)
    for name, what, wrong in (
        ("another-old-root", "The old root is another.", given(6, old_root=LEAVES[0])),
        ("another-new-root", "The new root is another.", given(6, root=LEAVES[0])),
        ("one-hash-too-many", "A hash is left over.", given(6, proof=[*given(6)["proof"], LEAVES[0]])),
        ("one-hash-too-few", "A hash is missing.", given(6, proof=given(6)["proof"][:-1])),
        ("empty", "No hash at all.", given(6, proof=[])),
        ("two-roots-of-one-size", "Two roots for one size.", given(13, old_root=LEAVES[0])),
        ("from-nothing-with-a-hash", "A hash where none belongs.", given(0, proof=[LEAVES[0]])),
        ("shrinks", "The tree became smaller.", {**given(6), "old_size": 13, "size": 6}),
    ):
        yield _proof_vector(kind, name, what, wrong, holds=False)


# --- checkpoints ---


def _checkpoints() -> Iterator[Vector]:
    book = talked()
    book.message(0)
    good = book.checkpoint(0)
    given = _given(book, good)
    name = notes.origin(book.id, 0, 0)
    keys = (book.signers[0].public, book.stations[0].checkpoint.public)
    expected = {
        "text": notes.checkpoint_text(name, good.size, good.root),
        "note": facts_of(notes.checkpoint_note(book.id, 0, 0, good, *keys)),
    }
    what = "A checkpoint of three entries, and the note that a witness takes."
    yield Vector(name="checkpoint", spec="3.8.3", what=what, kind="checkpoint", input=given, expected=expected)
    for name, what, reject_as, change in _wrong(book, good):
        yield Vector(
            name=f"checkpoint-{name}",
            spec="3.8.3",
            what=what,
            kind="checkpoint",
            reject_as=reject_as,
            input={**given, "mldsa44": Reference("checkpoint", "mldsa44"), **change},
        )


def _wrong(book: Book, good: Checkpoint44) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    altered = {
        "ed25519-altered": good._replace(ed25519=_flipped(good.ed25519)),
        "mldsa44-altered": good._replace(mldsa44=_flipped(good.mldsa44)),
    }
    for name, bad in altered.items():
        yield (
            name,
            "A bit of one of its two signatures was changed.",
            "bad-signature",
            {"checkpoint": _edited(good, bad)},
        )
    same = {"checkpoint": Reference("checkpoint", "checkpoint")}
    yield "of-another-generation", "It was signed for generation 0.", "bad-signature", {**same, "gen": 1}
    yield "of-the-other-side", "It was signed for side 0.", "bad-signature", {**same, "side": 1}
    yield "of-another-accord", "It was signed in another accord.", "bad-signature", {**same, "accord_id": bytes(32)}
    leaves = [one.id for one in book.chains[0]]
    yield "root-is-not-the-chains", "Its root is that of other entries.", NOT_SHOWN, {**same, "leaves": leaves[::-1]}
    yield "size-is-not-the-chains", "It is signed over one entry more.", NOT_SHOWN, {**same, "leaves": leaves[:2]}
    raw = cbor.encode(list(good))
    cut = {"checkpoint": changed("checkpoint", "checkpoint", raw, cbor.encode(list(good)[:3]))}
    yield "of-three", "Its ML-DSA-44 signature is missing.", "malformed", cut


def _given(book: Book, checkpoint: Checkpoint44) -> dict[str, Any]:
    return {
        "accord_id": whole().id,
        "side": 0,
        "gen": 0,
        "station": book.signers[0].public,
        "mldsa44": book.stations[0].checkpoint.public,
        "checkpoint": cbor.encode(list(checkpoint)),
        "leaves": [one.id for one in book.chains[0]],
    }


def _edited(good: Checkpoint44, bad: Checkpoint44) -> Reference:
    return changed("checkpoint", "checkpoint", cbor.encode(list(good)), cbor.encode(list(bad)))


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])
