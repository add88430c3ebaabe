"""Fuzz payloads: as they come (`p`), deflated or not and padded, and as CBOR (`c`) that is padded here."""

from harness import fuzz, instrumented

with instrumented():
    from openline.wire import bundle
    from openline.wire.bundle import (
        Act,
        Echo,
        Have,
        Part,
        PartsWanted,
        Payload,
        Pulse,
        Reentry,
        Signal,
        Voice,
        Want,
        decode_payload,
        encode_payload,
    )
    from openline.wire.errors import Malformed
    from openline.wire.terms import Word

SAMPLES = [
    Payload(),
    Payload(have=(Have(0, 0, 7, bytes(8)), Have(1, 2, 3, b"12345678")), want=(Want(1, 0, 3, 9),), holds_epoch=bytes(8)),
    Payload(entries=(b"entry" * 60, b"another" * 60)),
    Payload(parts=(Part(bytes(32), 0, 1, b"a page"),), parts_wanted=(PartsWanted(bytes(32), 0, 4),)),
    Payload(
        signals=(
            Signal(Act.RING, bytes(8), 0, 0, 1_600_000_000, 20, None),
            Signal(Act.WORD, bytes(8), 0, 1, 0, 0, Word(2, 1_600_000_000, bytes(64))),
        )
    ),
    Payload(pulses=(Pulse(0, 1_600_000_000_000, None), Pulse(1, 1_600_000_000_000, Echo(1_599_999_999_000, 30)))),
    Payload(voices=(Voice(bytes(8), 0, 0, 1, bytes(32), "ufra", "p" * 22, 111, bytes(8), 0, bytes(64)),)),
    Payload(restoring=True, reentry=Reentry(bytes(16), bytes(32), bytes(1216), bytes(64), bytes(4627))),
]


def decode(data: bytes) -> None:
    how, rest = data[:1], data[1:]
    if how not in (b"p", b"c"):
        raise Malformed("neither form")
    found = decode_payload(rest if how == b"p" else bundle._pad(len(rest), rest))
    if decode_payload(encode_payload(found)) != found:
        raise AssertionError("a payload does not come back")


if __name__ == "__main__":
    padded = [encode_payload(sample) for sample in SAMPLES]
    fuzz(decode, [b"p" + x for x in padded] + [b"c" + bundle._unpad(x) for x in padded], cbor=(1, 0))
