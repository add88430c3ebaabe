"""Fuzz what a relay's server sends, whole and in pieces: the network's cuts change nothing of what is read."""

from harness import fuzz, instrumented

with instrumented():
    from openline.carriers.nats_wire import Reader

SAMPLES = [
    b'INFO {"version":"2.9.10","max_payload":1048576,"headers":true}\r\nPING\r\n+OK\r\n',
    b"MSG openline.x.now 3 5\r\nhello\r\nMSG openline.x.now 3 reply.to 0\r\n\r\nPONG\r\n",
    b"HMSG in.p.0 4 16 16\r\nNATS/1.0 503\r\n\r\n\r\n-ERR 'Permissions Violation'\r\n",
    b"HMSG keep 5 $JS.ACK.x 21 25\r\nNATS/1.0\r\nNo: 503\r\n\r\nbody\r\n",
    b"MSG keep 5 $JS.ACK.x 2000000\r\n" + bytes(64),
]


def decode(data: bytes) -> None:
    whole = Reader().feed(data)
    reader, pieces = Reader(), []
    for start in range(0, len(data), 7):
        pieces += reader.feed(data[start : start + 7])
    if pieces != whole:
        raise AssertionError("the same bytes were read otherwise in pieces")


if __name__ == "__main__":
    fuzz(decode, SAMPLES)
