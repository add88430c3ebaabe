"""Fuzz the CBOR decoder; what it accepts, it gives back byte for byte."""

from harness import fuzz, instrumented

with instrumented():
    from openline.wire import cbor

SAMPLES = [
    cbor.encode(value)
    for value in (
        None, True, 0, 23, 24, 2**64 - 1, b"", bytes(300), "", "모든 통신선", [], [[[[[1]]]]], {},
        {0: {1: [b"x", "y"]}, 300: None},
    )
]  # fmt: skip


def decode(data: bytes) -> None:
    if cbor.encode(cbor.decode(data)) != data:
        raise AssertionError("a second form was accepted")


if __name__ == "__main__":
    fuzz(decode, SAMPLES, cbor=(0, 0))
