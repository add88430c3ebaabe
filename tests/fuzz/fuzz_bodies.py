"""Fuzz the bodies alone: the first byte is the kind, the rest the body's CBOR."""

from harness import fuzz, instrumented

with instrumented():
    from openline.wire import bodies, cbor, entry
    from openline.wire.errors import Malformed
    from tests.unit.audit.build import whole


def samples() -> list[bytes]:
    found = [entry.decode(data).body for data in whole().entries()]
    return [bytes([bodies.kind_of(body)]) + cbor.encode(bodies.to_plain(body)) for body in found]


def decode(data: bytes) -> None:
    if not data:
        raise Malformed("no kind")
    plain = cbor.decode(data[1:])
    if bodies.to_plain(bodies.from_plain(data[0], plain)) != plain:
        raise AssertionError("a second form was accepted")


if __name__ == "__main__":
    fuzz(decode, samples(), cbor=(1, 0))
