"""The trailer of an export (spec 13.4): the exporting station's word for the whole file.

Rules of this file: the trailer's hash tells *when* a damage came. If it is that of the bytes before it, the damage was
there when the exporting station signed; if not, it came later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openline.audit.keyring import first_that_signed
from openline.audit.log import key_name
from openline.wire import export
from openline.wire.entry import Place
from openline.wire.errors import Malformed
from openline.wire.export import ChainHead, Item, Opening, Reader, Trailer

if TYPE_CHECKING:
    from openline.audit.check import Audit


def check_trailer(audit: Audit, reader: Reader, opening: Opening, item: Item | None) -> None:
    """Judge the trailer against what was read (step 6). `item` is None where the file has none."""
    verdict, log = audit.verdict, audit.log
    if item is None:
        log.file("trailer", "the trailer is missing: the file is cut short, or its end is damaged", reader.offset)
        return
    try:
        trailer = export.decode_trailer(item.data)
    except Malformed as error:
        log.file("trailer", f"the trailer is damaged: {error.what}", item.offset)
        return
    verdict.exported_s = trailer.time_s
    if not _signed(audit, opening.side, trailer):
        if not _other_side(audit, reader, opening, item, trailer):
            _not_signed(audit, opening.side, item, trailer)
        return
    hashed = reader.digest_before(item.offset)
    verdict.sealed = trailer.length == item.offset and trailer.digest == hashed
    if verdict.breaks.total:
        return  # every number in it would only tell of the same damage again
    if _heads(audit, item, trailer):
        return
    if trailer.length != item.offset:
        log.file("trailer", f"it says that {trailer.length} bytes stand before it; {item.offset} do", item.offset)
    if trailer.digest != hashed:
        log.file("trailer", "its hash is not that of the bytes before it", item.offset)
    if (trailer.entries, trailer.strays) != (verdict.entries, verdict.strays):
        what = f"it counts {trailer.entries} entries and {trailer.strays} strays"
        log.file("trailer", f"{what}; {verdict.entries} and {verdict.strays} are here", item.offset)


def _keys(audit: Audit, side: int) -> tuple[bytes, ...]:
    """The station keys of `side` in force at the end of its chain."""
    chains = sorted((track.gen, track.next_seq) for track in audit.tracks.values() if track.side == side)
    return audit.keyring.in_force(side, *chains[-1]) if chains else audit.keyring.known(side)


def _signed(audit: Audit, side: int, trailer: Trailer) -> bytes | None:
    """The key of those in force for `side` that signed the trailer."""
    message = export.signed_bytes(audit.keyring.accord_id, trailer.core)
    return first_that_signed(_keys(audit, side), message, trailer.signature)


def _other_side(audit: Audit, reader: Reader, opening: Opening, item: Item, trailer: Trailer) -> bool:
    """Whether the other side's station signed these very bytes, but for the side that the opening names: then that is
    what was changed, and the trailer holds."""
    other = 1 - opening.side
    signer = _signed(audit, other, trailer)
    if signer is None or trailer.length != item.offset:
        return False
    true = export.beginning(Opening(other, opening.signed))
    if trailer.digest != reader.digest_before(item.offset, instead=true):
        return False
    sides = audit.verdict.sides
    what = (
        f"the opening says that this is {sides[opening.side]}'s record; {sides[other]}'s station signed it as its own: "
        "the side was changed later"
    )
    audit.verdict.exporter, audit.verdict.sealed = other, False
    audit.log.file("opening", what, len(export.MAGIC), key_name(other, signer))
    return True


def _not_signed(audit: Audit, side: int, item: Item, trailer: Trailer) -> None:
    message = export.signed_bytes(audit.keyring.accord_id, trailer.core)
    former = first_that_signed(audit.keyring.known(side), message, trailer.signature)
    if former is not None:
        what = "the trailer is signed by a station key that is no longer in force"
        audit.log.file("trailer", what, item.offset, key_name(side, former))
        return
    keys = _keys(audit, side)
    what = "the trailer is not signed by the exporting side's station"
    audit.log.file("trailer", what, item.offset, key_name(side, keys[0] if keys else None))


def _heads(audit: Audit, item: Item, trailer: Trailer) -> bool:
    """Compare the heads that the trailer names with those that are there; whether any differ."""
    held = {
        chain: ChainHead(*chain, track.next_seq - 1, track.bytes_id_at(track.next_seq - 1))
        for chain, track in audit.tracks.items()
        if track.next_seq
    }
    named = {(head.side, head.gen): head for head in trailer.heads}
    differ = [chain for chain in sorted(held.keys() | named.keys()) if named.get(chain) != held.get(chain)]
    for chain in differ:
        _head(audit, item, Place(*chain, 0), named.get(chain), held.get(chain))
    return bool(differ)


def _head(audit: Audit, item: Item, start: Place, named: ChainHead | None, held: ChainHead | None) -> None:
    next_seq = 0 if held is None else held.seq + 1
    place, count = start._replace(seq=next_seq - 1), 1
    if named is None:
        code, what, count = "trailer", "the trailer names no head of this chain", next_seq
        place = start
    elif named.seq >= next_seq:
        code, what, count = "missing", "missing: the trailer names a later head of its chain", named.seq + 1 - next_seq
        place = start._replace(seq=next_seq)
    elif named.seq + 1 < next_seq:
        code, what, count = "trailer", "the trailer names an earlier head of its chain", next_seq - named.seq - 1
        place = start._replace(seq=named.seq + 1)
    else:
        code, what = "trailer", "the trailer names another entry here as the head of its chain"
    keys = audit.keyring.in_force(*place)
    audit.log.breaks(code, what, place, item.offset, keys[0] if keys else None, count)
