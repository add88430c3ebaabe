"""Fuzz the decoder of entries with all their bodies; what it accepts is what would be written."""

from harness import fuzz, instrumented

with instrumented():
    from openline.wire import bodies, entry, export
    from tests.unit.audit.build import whole


def decode(data: bytes) -> None:
    found = entry.decode(data)
    core = entry.encode_core(
        found.side, found.gen, found.seq, found.prev, found.ack, found.time_s, found.body
    )
    if core != found.core:
        raise AssertionError("a second form was accepted")
    if export.place_of(data) != found.place:
        raise AssertionError("the quick look at an entry's place sees another")
    bodies.kind_of(found.body)


if __name__ == "__main__":
    fuzz(decode, whole().entries(), cbor=(0, 64))
