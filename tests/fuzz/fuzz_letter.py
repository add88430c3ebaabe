"""Fuzz letters: age files in armor and without, opened with a principal's key, and the letter inside."""

from harness import fuzz, instrumented

with instrumented():
    from openline.keys import age, letters
    from openline.keys.entropy import SeededEntropy
    from openline.keys.letters import Letter
    from openline.wire.errors import Malformed
    from tests.accord_maker import made

MADE = made()
READER = MADE.keys[1].principals["president"]
WRITER = MADE.keys[0].principals["chairman"]
TEXTS = (("en", "Good morning."), ("ko", "안녕하십니까"))


def samples() -> list[bytes]:
    letter = Letter(MADE.id, 0, "chairman", 1, "president", bytes(16), 1_618_000_000, TEXTS)
    signed = letters.write(letter, WRITER.key)
    keys = [READER.xwing.public, WRITER.xwing.public]
    return [
        b"a" + letters.seal(signed, keys[:1], SeededEntropy(b"letter")),
        b"a" + letters.seal(b"", keys, SeededEntropy(b"letters")),
        b"l" + signed,
        b"r" + letters.recipient(READER.xwing.public).encode(),
        b"i" + letters.identity(READER.xwing.seed).encode(),
    ]


def decode(data: bytes) -> None:
    how, rest = data[:1], data[1:]
    if how == b"a":
        letters.open_age(age.without_armor(rest), READER.xwing)
    elif how == b"l":
        letters.unverified(rest)
        letters.read_in(rest, MADE.signed, READER.xwing.public)
    elif how == b"r":
        letters.parse_recipient(rest.decode("latin-1"))
    elif how == b"i":
        letters.parse_identity(rest.decode("latin-1"))
    else:
        raise Malformed("none of these")


if __name__ == "__main__":
    fuzz(decode, samples())
