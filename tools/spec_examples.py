"""The worked examples and measured sizes of the spec (3.3, 3.5, 9.2), computed by the code that they describe.

Every key of the examples is the one of seed SHA-256("openline/spec-example/" ‖ its name), as 3.5 says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

from openline.keys.public import fingerprint
from openline.keys.secret import MldsaKey44, MldsaKey87, SigningKey, XwingKey, psk_check
from openline.wire import accord, bodies
from openline.wire.accord import Accord, Carrier, CarrierKind, Line, Officer, Side
from openline.wire.bodies import Body
from openline.wire.bundle import Echo, Have, Payload, Pulse, encode_payload
from openline.wire.entry import encode_core, entry_id, signed_bytes
from openline.wire.terms import (
    Approval,
    CheckIn,
    Checkpoint44,
    Head,
    Lane,
    Level,
    Outcome,
    Precedence,
    ProofKind,
    Word,
)

OPENER_BYTES = 1210
FOLLOWER_BYTES = 34
TIME_S = 1_627_344_000  # 27 July 2021, 09:00 in Seoul
ENGLISH = (
    "The line of the western district is open again. Please confirm that you read us, "
    "and say when your officer is at the desk again."
)
ARABIC = (
    "الخط مفتوح من جديد. نرجو تأكيد أنكم تقرؤون رسائلنا وإبلاغنا متى يكون ضابطكم في مكتبه مرة أخرى، "
    "وشكرا جزيلا لكم على تعاونكم معنا!!"
)  # fmt: skip
REASON = "leaflets sent across on the 31st of May."


def seed(name: str) -> bytes:
    """The seed of a key of the examples."""
    return hashlib.sha256(b"openline/spec-example/" + name.encode()).digest()


def noise(count: int, name: str = "noise") -> bytes:
    """Bytes that do not shrink, for signatures and ids that are only measured."""
    return hashlib.shake_256(name.encode()).digest(count)


def _side(name: str) -> Side:
    return Side(
        name=name,
        zone="Asia/Seoul",
        root_ed25519=SigningKey.from_seed(seed(f"{name}/root")).public,
        root_mldsa87=MldsaKey87.from_seed(seed(f"{name}/root")).public,
        station=SigningKey.from_seed(seed(f"{name}/station")).public,
        checkpoint=MldsaKey44.from_seed(seed(f"{name}/checkpoint")).public,
        xwing=XwingKey.from_seed(seed(f"{name}/prekey")).public,
        announce_ed25519=SigningKey.from_seed(seed(f"{name}/announce")).public,
        announce_mldsa44=MldsaKey44.from_seed(seed(f"{name}/announce")).public,
        officers=(Officer(name="duty", key=SigningKey.from_seed(seed(f"{name}/officer")).public),),
    )


@cache
def document() -> bytes:
    """The accord of the examples."""
    line = Line(id="panmunjom", carriers=(0,), check_ins=(CheckIn(32_400, 1, 0, "Asia/Seoul"),))
    made = Accord(
        format=1,
        suite=1,
        name="example",
        founded_s=1_577_836_800,
        sides=(_side("north"), _side("south")),
        carriers=(Carrier(id="copper", kind=CarrierKind.LIVE, latency_ms=20),),
        lines=(line,),
        psk_check=psk_check(seed("psk")),
    )
    return accord.encode(made)


def hexes(data: bytes) -> str:
    """Bytes in hex, 32 a line, indented as a literal block."""
    return "\n".join("    " + data[at : at + 32].hex() for at in range(0, len(data), 32))


def accord_example() -> str:
    data = document()
    identity = accord.accord_id(data)
    groups = accord.digits(identity).split()
    spoken = "\n".join("    " + " ".join(groups[at : at + 6]) for at in (0, 6))
    station = SigningKey.from_seed(seed("north/station")).public
    return (
        f"The document has {len(data)} bytes, begins and ends\n\n"
        f"{hexes(data[:32])}\n    …\n{hexes(data[-32:])}\n\n"
        f"accord id:\n\n{hexes(identity)}\n\n"
        f"digits:\n\n{spoken}\n\n"
        f"north's station key, and how it is shown:\n\n{hexes(station)}\n    {fingerprint(station)}\n"
    )


def entry_example() -> str:
    identity = accord.accord_id(document())
    body = bodies.Message(number=1, text="all quiet", precedence=Precedence.PRIORITY)
    core = encode_core(0, 0, 0, identity, None, TIME_S, body)
    signature = SigningKey.from_seed(seed("north/station")).sign(signed_bytes(identity, core))
    return (
        f"core ({len(core)} bytes), the array\n\n"
        f"    [1, 0, 0, 0, accord id, null, {TIME_S}, 1, {{2: 1, 3: \"all quiet\", 4: 1}}]\n\n"
        f"{hexes(core)}\n\n"
        f"what is signed ({len(signed_bytes(identity, core))} bytes):\n\n{hexes(signed_bytes(identity, core))}\n\n"
        f"signature:\n\n{hexes(signature)}\n\n"
        f"id of the entry, core ‖ signature ({len(core) + len(signature)} bytes):\n\n"
        f"{hexes(entry_id(core + signature))}\n"
    )


# --- sizes ---

PREV, ID = noise(32, "prev"), noise(32, "id")
ACK = Head(0, 41_234, noise(32, "ack"))
SIGNATURE = noise(64, "signature")
APPROVAL = (Approval(0, TIME_S * 1000, SIGNATURE),)
CHECKPOINT = Checkpoint44(41_233, noise(32, "root"), SIGNATURE, noise(2420, "mldsa44"))
CALL_ID = noise(8, "call")
RANG, ANSWERED = Word(1, TIME_S, SIGNATURE), Word(2, TIME_S + 5, noise(64, "second"))


def entry_of(body: Body, ack: Head | None = ACK) -> bytes:
    """An entry far into a chain; its signature is noise, for only its length matters here."""
    return encode_core(1, 0, 41_233, PREV, ack, TIME_S, body) + SIGNATURE


def _acts() -> Iterable[tuple[str, Body]]:
    scope = ((0, Lane.LIAISON),)
    yield f"suspension, {len(REASON)} B of reason, one officer", bodies.Suspend(
        scope=scope, reason=REASON, approvals=APPROVAL
    )
    yield "proposal that lists one suspension", bodies.Propose(
        scope=scope, effective_s=TIME_S, lists=(ID,), approvals=APPROVAL
    )
    yield "acceptance", bodies.Accept(target=ID, approvals=APPROVAL)
    yield "receipt *shown*", bodies.Receipt(seq=41_234, officer=1)
    yield "receipt *acknowledged*, one officer", bodies.Receipt(
        seq=41_234, level=Level.ACKNOWLEDGED, officer=1, approvals=APPROVAL
    )
    yield "call, unanswered, rang", bodies.Call(
        call_id=CALL_ID, started_s=TIME_S, outcome=Outcome.RANG_UNANSWERED, due_s=TIME_S, rang=RANG
    )
    yield "call, answered", bodies.Call(
        call_id=CALL_ID, started_s=TIME_S, outcome=Outcome.ANSWERED, due_s=TIME_S, rang=RANG, final=ANSWERED
    )
    yield "first seal", bodies.Seal(call_id=CALL_ID, due_s=TIME_S)
    yield "first seal with a checkpoint", bodies.Seal(call_id=CALL_ID, due_s=TIME_S, checkpoint=CHECKPOINT)
    yield "prekey", bodies.Prekey(xwing=noise(1216))
    yield "station key", bodies.Key(station=ID, possession=SIGNATURE)
    yield "generation", bodies.Generation(
        last=ACK, station=ID, checkpoint=noise(1312), xwing=noise(1216), root_ed25519=SIGNATURE,
        root_mldsa87=noise(4627), possession=SIGNATURE,
    )  # fmt: skip
    yield "announcement, 128 B in two languages", bodies.Announce(
        texts=(("en", ENGLISH[:64]), ("fr", ENGLISH[64:])), ed25519=SIGNATURE, mldsa44=noise(2420), approvals=APPROVAL
    )


def sizes() -> str:
    """Bytes of typical entries and bundles."""
    text = bodies.Message(number=137, text=ENGLISH)
    arabic = bodies.Message(number=137, text=ARABIC)
    short = entry_of(text)
    table = [
        ("entry: acknowledgement alone", len(entry_of(bodies.Ack()))),
        (f"entry: message, {len(ENGLISH)} B of English, new acknowledgement", len(short)),
        ("the same, acknowledgement unchanged", len(entry_of(text, None))),
        (f"entry: message, {len(ARABIC)} characters of Arabic, {len(ARABIC.encode())} B", len(entry_of(arabic))),
        *((f"entry: {name}", len(entry_of(body))) for name, body in _acts()),
        ("entry: proof of a fork of two such messages", len(entry_of(_proof(short)))),
    ]
    one = len(encode_payload(Payload(entries=(short,))))
    ack = len(encode_payload(Payload(entries=(entry_of(bodies.Ack()),))))
    have = (Have(0, 0, 41_234, ACK.id[:8]), Have(1, 0, 41_233, PREV[:8]))
    pulse = Payload(have=have, pulses=(Pulse(0, TIME_S * 1000, Echo(TIME_S * 1000, 30_000)),), holds_epoch=CALL_ID)
    table += [
        ("follower with that message", one + FOLLOWER_BYTES),
        ("opener with that message", one + OPENER_BYTES),
        ("follower with an acknowledgement", ack + FOLLOWER_BYTES),
        ("follower with a pulse", len(encode_payload(pulse)) + FOLLOWER_BYTES),
    ]
    lines = [f"| {what} | {count:,} | {count / 300:.2f} |\n" for what, count in table]
    return "".join(["| what | bytes | s at 2400 bit/s |\n", "|---|---|---|\n", *lines])


def _proof(first: bytes) -> Body:
    second = first[:-1] + bytes([first[-1] ^ 1])
    low, high = sorted((first, second), key=entry_id)
    return bodies.Fault(proof=ProofKind.FORK, first=low, second=high)
