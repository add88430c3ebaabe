"""Fuzz signed notes; what is read is rendered again byte for byte."""

from harness import fuzz, instrumented

with instrumented():
    from openline.wire import note
    from openline.wire.note import Note, Signature

LINES = (Signature("north", b"1234", bytes(64)), Signature("남측/station", b"abcd", bytes(2420)))
SAMPLES = [
    note.render(Note("openline/0123456789abcdef/0/0\n1500\nroot\n", LINES[:1])),
    note.render(Note("All lines are open.\n\n모든 통신선이 복원되었다.\n", LINES)),
]


def decode(data: bytes) -> None:
    if note.render(note.parse(data)) != data:
        raise AssertionError("a second form was accepted")


if __name__ == "__main__":
    fuzz(decode, SAMPLES)
