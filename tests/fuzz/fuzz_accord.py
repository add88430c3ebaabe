"""Fuzz accords, as documents and signed."""

from harness import fuzz, instrumented

with instrumented():
    from openline.wire import accord
    from openline.wire.errors import Malformed
    from tests.accord_maker import made

SIGNED = made().signed


def decode(data: bytes) -> None:
    if data[:1] == b"d":
        if accord.encode(accord.decode(data[1:])) != data[1:]:
            raise AssertionError("a second form was accepted")
    elif data[:1] == b"s":
        if accord.encode_signed(accord.decode_signed(data[1:])) != data[1:]:
            raise AssertionError("a second form was accepted")
    else:
        raise Malformed("neither form")


if __name__ == "__main__":
    fuzz(decode, [b"d" + SIGNED.document, b"s" + accord.encode_signed(SIGNED)], cbor=(1, 0))
