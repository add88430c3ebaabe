"""Fuzz a whole station by its hostile peer, who holds every key of its own side: bundles, payloads, signed entries.

The first byte says what the rest is: `b` a bundle as the carrier gives it, `c` the CBOR of a payload that the peer pads
and seals, `e` the core of an entry that the peer signs as its next and seals. Whatever comes, the station lives on, its
store takes the turn, it says what it knows, and it comes up again on what it took in.
"""

from harness import fuzz, instrumented

with instrumented():
    from openline.keys import sealing
    from openline.station.commands import CutLines, SendMessage
    from openline.wire import bundle, cbor, entry
    from openline.wire.bundle import (
        Act,
        Echo,
        Part,
        PartsWanted,
        Payload,
        Pulse,
        Reentry,
        Signal,
        encode_payload,
    )
    from openline.wire.errors import Malformed
    from openline.wire.terms import Lane, Word
    from tests.simulation.pair import Pair, Parcel
    from tests.unit.audit.build import whole


def spoken() -> Pair:
    pair = Pair()
    pair.settle()
    for node in pair.nodes:
        node.enact(SendMessage(line=0, text="Good morning."))
        pair.settle()
    pair.nodes[1].enact(CutLines(lines=None))
    pair.settle()
    return pair


PAIR = spoken()
BEFORE = [node.medium.copy() for node in PAIR.nodes]


def samples() -> list[bytes]:
    first, _ = PAIR.nodes
    cores = [entry.decode(data).core for data in whole().entries() if entry.decode(data).side == 0]
    word = Word(1, 1_600_000_000, bytes(64))
    payloads = [
        Payload(signals=(Signal(Act.RING, bytes(8), 0, 0, 0, 20, None), Signal(Act.WORD, bytes(8), 0, 1, 0, 0, word))),
        Payload(pulses=(Pulse(0, 1_600_000_000_000, Echo(1_599_999_999_000, 30)),)),
        Payload(parts=(Part(bytes(32), 0, 1, b"a page"),), parts_wanted=(PartsWanted(bytes(32), 0, 4),)),
        Payload(restoring=True, reentry=Reentry(bytes(16), bytes(32), bytes(1216), bytes(64), bytes(4627))),
        Payload(entries=(first.running.ctx.entries(0, 0, 0, 1)[0],)),
        Payload(have=first.running.outbox.have(), holds_epoch=PAIR.nodes[1].running.sealer.epoch.id),
    ]
    return [b"c" + bundle._unpad(encode_payload(x)) for x in payloads] + [b"e" + core for core in cores]


def placed(core: bytes) -> bytes:
    """The core as the peer's next entry, with whatever else is in it left as it is."""
    plain = cbor.decode(core)
    if type(plain) is not list or len(plain) != 9:
        return core
    cursor = PAIR.nodes[0].record.cursors[0]
    plain[1], plain[2:4], plain[4] = 0, list(cursor.next_place), cursor.prev
    return cbor.encode(plain)


def decode(data: bytes) -> None:
    how, rest = data[:1], data[1:]
    hostile, node = PAIR.nodes
    ctx = hostile.running.ctx
    if how == b"b":
        arriving = rest
    elif how == b"c":
        arriving = _sealed(bundle._pad(len(rest), rest))
    elif how == b"e":
        core = placed(rest)
        signed = core + ctx.keys.station.sign(entry.signed_bytes(ctx.accord_id, core))
        arriving = _sealed(encode_payload(Payload(entries=(signed[: 40 * 1024],))))
    else:
        raise Malformed("none of these")
    PAIR.now_ms += 1_000
    PAIR.deliver(Parcel(1, 0, arriving))
    PAIR.advance(5_000)
    desk = node.running
    desk.alarms(node.now)
    for line in range(len(desk.ctx.accord.lines)):
        for lane in Lane:
            desk.formal(line, lane, node.now)
            desk.evidence(line, lane, node.now)
    if node.record.heads() != HEADS or desk.ctx.restoring:
        _again()
    PAIR.flight.clear()
    node.told.clear()


def _sealed(padded: bytes) -> bytes:
    """What the hostile peer seals, well-formed or not."""
    sealer, ctx = PAIR.nodes[0].running.sealer, PAIR.nodes[0].running.ctx
    return sealing.seal_follower(
        padded, epoch=sealer.epoch, psk=ctx.psk, accord_id=ctx.accord_id, sender=0, rnd=bytes(8)
    )


def _again() -> None:
    """The station as it was: what came may have been taken in, as it should; and it comes up on that too."""
    node = PAIR.nodes[1]
    node.kill()
    node.start()
    node.kill()
    node.medium, node.signed = BEFORE[1].copy(), {}
    node.start()
    PAIR.acknowledged = [(-1, -1), (-1, -1)]


HEADS = PAIR.nodes[1].record.heads()
if __name__ == "__main__":
    fuzz(decode, samples(), cbor=(1, 0))
