"""Vectors of accords (3.5): the document, its id and digits, its signatures, and what voids each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from openline.keys import public
from openline.wire import accord as accords
from openline.wire import cbor
from spec.vectors.making.cast import Cast, least, whole
from spec.vectors.making.vector import Reference, Vector, changed

ACCORD: Final = Reference("accord", "signed")  # as every vector names it that rests on it
Change = Callable[[dict[int, Any]], Any]


def vectors() -> Iterator[Vector]:
    yield _accepted("accord", "An accord with all that it can name, signed by both sides.", whole())
    yield _accepted("accord-least", "An accord with as little as it can name.", least())
    document = Reference("accord-document", "document")
    yield Vector(
        name="accord-document",
        spec="3.5",
        what="The document of an accord alone, as it lies on the table.",
        kind="accord-document",
        input={"document": whole().signed.document},
        expected={"id": whole().id.hex()},
    )
    for name, (what, data) in _documents().items():
        given = changed(document.of, document.field, whole().signed.document, data)
        yield _rejected("accord-document", name, what, "malformed", {"document": given})
    for name, (what, reject_as, data) in _signed().items():
        given = changed(ACCORD.of, ACCORD.field, accords.encode_signed(whole().signed), data)
        yield _rejected("accord", name, what, reject_as, {"signed": given})


def _accepted(name: str, what: str, cast: Cast) -> Vector:
    stations = [public.fingerprint(side.station) for side in cast.signed.accord.sides]
    expected = {"id": cast.id.hex(), "digits": accords.digits(cast.id), "station_fingerprints": stations}
    given = {"signed": accords.encode_signed(cast.signed)}
    return Vector(name=name, spec="3.5", what=what, kind="accord", input=given, expected=expected)


def _rejected(kind: str, name: str, what: str, reject_as: str, given: dict[str, Any]) -> Vector:
    return Vector(name=f"{kind}-{name}", spec="3.5", what=what, kind=kind, reject_as=reject_as, input=given)


# --- documents: well signed or not, they say what no accord can say ---


def _documents() -> dict[str, tuple[str, bytes]]:
    return {
        "of-suite-2": ("A suite that this format does not have.", _with(lambda d: d.update({2: 2}))),
        "of-one-side": ("One side.", _with(lambda d: d[5].pop())),
        "without-lines": ("An accord of no line.", _with(lambda d: d.update({7: []}))),
        "line-by-a-carrier-that-is-none": ("A line by carrier 3 of 3.", _with(lambda d: d[7][1].update({2: [3]}))),
        "line-by-a-carrier-twice": ("A line by one carrier twice.", _with(lambda d: d[7][1].update({2: [0, 0]}))),
        "post-of-a-line-that-is-none": ("A post for line 2 of 2.", _with(lambda d: d[5][0][13][0].update({2: [2]}))),
        "two-lines-of-one-name": ("Two lines of one name.", _with(lambda d: d[7][1].update({1: "panmunjom"}))),
        "two-sides-of-one-name": ("Two sides of one name.", _with(lambda d: d[5][1].update({1: "north"}))),
        "two-officers-of-one-name": ("Two officers of one name.", _with(lambda d: d[5][0][11][1].update({1: "pak"}))),
        "without-officers": ("A side without an officer.", _with(lambda d: d[5][0].update({11: []}))),
        "pulse-default-written": ("A field written out at its default.", _with(lambda d: d[7][0].update({6: 60}))),
        "unknown-field": ("A field that no accord has.", _with(lambda d: d.update({11: 0}))),
        "psk-check-31-bytes": ("A check of 31 bytes.", _with(lambda d: d.update({10: bytes(31)}))),
        "two-person-descending": ("Kinds that descend.", _with(lambda d: d.update({8: [5, 4]}))),
    }


def _with(change: Change) -> bytes:
    plain: Any = cbor.decode(whole().signed.document)
    change(plain)
    return cbor.encode(plain)


# --- signatures: the document is sound, and what stands under it is not ---


def _signed() -> dict[str, tuple[str, str, bytes]]:
    bad = "bad-signature"
    return {
        "root-ed25519-altered": ("A bit of a root's Ed25519 signature was changed.", bad, _flip(1, 1)),
        "root-mldsa87-altered": ("A bit of a root's ML-DSA-87 signature was changed.", bad, _flip(2, 2)),
        "possession-of-a-principal-altered": (
            "A bit of a principal's proof of possession was changed.",
            bad,
            _under(1, lambda map_: map_[3].__setitem__(4, _flipped(map_[3][4]))),
        ),
        "possessions-swapped": (
            "The proofs of two officers stand in each other's place.",
            bad,
            _under(1, lambda map_: map_[3].insert(2, map_[3].pop(3))),
        ),
        "possession-missing": ("A proof of possession is missing.", bad, _under(2, lambda map_: map_[3].pop())),
        "signatures-of-both-sides-swapped": ("Each side's signatures stand as the other's.", bad, _swapped()),
        "of-two": ("A signed accord without side 1's signatures.", "malformed", _plain(lambda p: p.pop())),
    }


def _plain(change: Callable[[list[Any]], Any]) -> bytes:
    plain: Any = cbor.decode(accords.encode_signed(whole().signed))
    change(plain)
    return cbor.encode(plain)


def _under(place: int, change: Change) -> bytes:
    """The accord with the signatures at a place of its array changed."""
    return _plain(lambda plain: change(plain[place]))


def _flip(place: int, key: int) -> bytes:
    return _under(place, lambda map_: map_.update({key: _flipped(map_[key])}))


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _swapped() -> bytes:
    return _plain(lambda plain: plain.insert(1, plain.pop(2)))
