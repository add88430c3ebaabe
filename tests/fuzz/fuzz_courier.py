"""Fuzz what a stick or a camera brings: load files and codes, as they are and with a hash that holds."""

import hashlib
from contextlib import suppress

from harness import fuzz, instrumented

with instrumented():
    from openline.carriers import load_file, qr
    from openline.carriers.load_file import Damaged
    from openline.carriers.scan import Gathering

[FILE] = load_file.divided([bytes(40), b"a bundle", bytes(range(256)) * 4])
CODES = [code.content for code in qr.divided(FILE)]


def resealed(data: bytes) -> bytes:
    body = data[: -load_file.DIGEST_BYTES]
    return body + hashlib.sha256(body).digest()


def decode(data: bytes) -> None:
    if data.startswith(qr.MAGIC):
        if qr.encode(qr.decode(data)) != data:
            raise AssertionError("a code that is written otherwise than it was read")
        gathering = Gathering()
        for content in (data, *CODES):
            gathering.take(content)
        gathering.put_together()
        return
    with suppress(Damaged):
        _holds(resealed(data))
    _holds(data)


def _holds(data: bytes) -> None:
    if load_file.encode(load_file.decode(data)) != data:
        raise AssertionError("a file that is written otherwise than it was read")
    load_file.decode_named(load_file.file_name(data), data)


if __name__ == "__main__":
    fuzz(decode, [FILE, *CODES])
