"""Fuzz the opening of bundles: openers and followers, sealed by the other side and altered on the way."""

from harness import fuzz, instrumented

with instrumented():
    from openline.keys import sealing
    from openline.keys.entropy import SeededEntropy
    from openline.wire.bundle import Payload, encode_payload
    from tests.accord_maker import made

MADE = made()
EPOCH = sealing.new_epoch(SeededEntropy(b"epoch"))
PADDED = encode_payload(Payload(entries=(b"entry" * 40,)))
WITH = {"psk": MADE.psk, "accord_id": MADE.id, "sender": 0}


def samples() -> list[bytes]:
    prekey = MADE.keys[1].station.xwing.public
    opener = sealing.seal_opener(PADDED, epoch=EPOCH, prekey=prekey, rnd=bytes(8), **WITH)
    return [opener, sealing.seal_follower(PADDED, epoch=EPOCH, rnd=bytes(8), **WITH)]


def decode(data: bytes) -> None:
    prekeys = MADE.keys[1].station.prekeys_by_id()
    sealing.open_bundle(data, epochs={EPOCH.id: EPOCH.secret}, prekeys=prekeys, **WITH)
    sealing.opened_epoch(data)


if __name__ == "__main__":
    fuzz(decode, samples())
