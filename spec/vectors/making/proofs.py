"""Vectors of proofs of fault (3.10): two signed entries that anybody can check, and what proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from openline.keys.secret import SigningKey
from openline.wire import bodies, entry
from spec.vectors.making.accords import ACCORD
from spec.vectors.making.book import Book
from spec.vectors.making.cast import least, station_keys
from spec.vectors.making.chains import NEW_KEY, talked
from spec.vectors.making.vector import Vector

FORK, BAD_SIGNATURE, BAD_CHAIN = "fork-proof", "bad-signature-proof", "bad-chain-proof"
ACCUSED = 0


class Pair(NamedTuple):
    """The two entries of a proof, in its order, and further station keys that the record has brought."""

    first: bytes
    second: bytes
    keys: tuple[bytes, ...] = ()


Make = Callable[[Book], Pair]


def vectors() -> Iterator[Vector]:
    for kind, table in PROVEN.items():
        for name, (what, make) in table.items():
            yield _vector(kind, name, what, make, {"against": ACCUSED})
    for kind, table in NOTHING.items():
        for name, (what, make) in table.items():
            yield _vector(kind, name, what, make, {})


def _vector(kind: str, name: str, what: str, make: Make, expected: dict[str, Any]) -> Vector:
    pair = make(talked())
    given: dict[str, Any] = {"accord": ACCORD, "first": pair.first, "second": pair.second}
    if pair.keys:
        given["keys"] = list(pair.keys)
    return Vector(
        name=f"{kind}-{name}" if name else kind,
        spec="3.10",
        what=what,
        kind=kind,
        reject_as="" if expected else "proves-nothing",
        input=given,
        expected=expected,
    )


def _sorted(*entries: bytes, keys: tuple[bytes, ...] = ()) -> Pair:
    low, high = sorted(entries, key=entry.entry_id)
    return Pair(low, high, keys)


def _two(book: Book, **change: Any) -> tuple[bytes, bytes]:
    """Two next entries of the accused; `change` changes the second."""
    other = {"body": bodies.Message(number=3, text="another"), **change}
    return book.next(ACCUSED, bodies.Message(number=3, text="one")), book.next(ACCUSED, **other)


def _resigned(book: Book, data: bytes, signer: SigningKey) -> bytes:
    return book.seal_core(ACCUSED, data[: -entry.SIGNATURE_BYTES], signer)


def _forked_after_rotation(book: Book) -> Pair:
    book.rotate(ACCUSED, NEW_KEY)
    return _sorted(*_two(book), keys=(NEW_KEY.public,))


def _forked_generation(book: Book) -> Pair:
    last = book.chains[ACCUSED][-1]
    made = []
    for seed in (b"one", b"two"):
        keys = station_keys(seed)
        body = book.generation_body(ACCUSED, 1, last.head, keys)
        made.append(book.next(ACCUSED, body, signer=keys.station, gen=1, seq=0, prev=last.id))
    return _sorted(*made)


def _generations_nobody_rooted(book: Book) -> Pair:
    """Two generations in the name of the accused, each signed by the key that it names, with signatures of no root."""
    last = book.chains[ACCUSED][-1]
    made = []
    for seed in (b"one", b"two"):
        keys = station_keys(seed)
        body = book.generation_body(1, 1, last.head, keys)  # the other side's root signs, for itself
        made.append(book.next(ACCUSED, body, signer=keys.station, gen=1, seq=0, prev=last.id))
    return _sorted(*made)


def _one_fork_signed_by_the_accuser(book: Book) -> Pair:
    one, other = _two(book)
    return _sorted(one, _resigned(book, other, book.signers[1]))


def _altered(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _bad_signature(book: Book) -> Pair:
    """The accused signed an entry that goes on from one whose signature does not hold."""
    first = _altered(book.next(ACCUSED, bodies.Message(number=3, text="one")))
    return _after(book, first)


def _after(book: Book, first: bytes, **change: Any) -> Pair:
    """`first` at the accused's next place, and an entry behind it that the accused signed."""
    seq = book.chains[ACCUSED][-1].seq + 1
    values: dict[str, Any] = {"seq": seq + 1, "prev": entry.entry_id(first), **change}
    return Pair(first, book.next(ACCUSED, bodies.Ack(), **values))


def _bad_chain(book: Book, **change: Any) -> Pair:
    return _after(book, book.next(ACCUSED, bodies.Message(number=3, text="one")), **change)


def _takes_back(book: Book) -> Pair:
    book.message(1)
    first = book.next(ACCUSED, bodies.Message(number=3, text="one"))
    return _after(book, first, ack=book.chains[1][0].head)


def _carrier_damage(book: Book) -> Pair:
    """A carrier changed the first entry; the second names the one that was sent."""
    whole = book.next(ACCUSED, bodies.Message(number=3, text="one"))
    return _bad_chain(book)._replace(first=_altered(whole))


def _unsigned_second(pair: Pair) -> Pair:
    return pair._replace(second=_altered(pair.second))


PROVEN: dict[str, dict[str, tuple[str, Make]]] = {
    FORK: {
        "": ("One station signed two entries at one place.", lambda b: _sorted(*_two(b))),
        "after-a-key-change": ("Both are signed by a station key that the record brought.", _forked_after_rotation),
        "of-generations": ("A root signed two generations of one number.", _forked_generation),
    },
    BAD_SIGNATURE: {"": ("A signed entry goes on from one that its author did not sign.", _bad_signature)},
    BAD_CHAIN: {
        "": ("A signed entry names another predecessor than its author's.", lambda b: _bad_chain(b, prev=bytes(32))),
        "takes-back": ("A signed entry acknowledges less than the one before it.", _takes_back),
    },
}

NOTHING: dict[str, dict[str, tuple[str, Make]]] = {
    FORK: {
        "same-entry-twice": ("The same entry twice.", lambda b: Pair(_two(b)[0], _two(b)[0])),
        "higher-id-first": ("The entry of the higher id comes first.", lambda b: Pair(*_sorted(*_two(b))[1::-1])),
        "of-two-places": ("Two entries of two places.", lambda b: _sorted(*_two(b, seq=3))),
        "of-two-generations": ("Two entries of two generations.", lambda b: _sorted(*_two(b, gen=1))),
        "of-two-sides": ("Two entries of two sides.", lambda b: _sorted(_two(b)[0], b.next(1, bodies.Ack(), seq=2))),
        "one-altered": ("One was changed on the way.", lambda b: _sorted(_two(b)[0], _altered(_two(b)[1]))),
        "one-signed-by-the-accuser": ("The accuser signed one of them.", _one_fork_signed_by_the_accuser),
        "of-another-accord": ("Both were signed for another accord.", lambda b: _of_another_accord(b)),
        "of-generations-that-no-root-signed": (
            "Two generations that anybody could make: each names its own key, and no root of the accused signed them.",
            _generations_nobody_rooted,
        ),
        "of-what-is-no-entry": ("One of them is no entry.", lambda b: Pair(b"", _two(b)[1])),
    },
    BAD_SIGNATURE: {
        "first-is-signed": ("The first is signed after all.", _bad_chain),
        "second-names-another": ("The second does not name the first.", _carrier_damage),
        "second-is-not-signed": ("Nobody signed the second.", lambda b: _unsigned_second(_bad_signature(b))),
    },
    BAD_CHAIN: {
        "links-hold": ("The second goes on from the first as it should.", _bad_chain),
        "not-neighbours": ("An entry is missing between them.", lambda b: _bad_chain(b, prev=bytes(32), seq=4)),
        "first-was-altered": ("A carrier changed the first.", _carrier_damage),
    },
}


def _of_another_accord(book: Book) -> Pair:
    def elsewhere(data: bytes) -> bytes:
        return book.seal_core(ACCUSED, data[: -entry.SIGNATURE_BYTES], accord_id=least().id)

    return _sorted(*(elsewhere(data) for data in _two(book)))
