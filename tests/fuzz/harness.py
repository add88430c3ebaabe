"""How a decoder is fuzzed: any bytes whatever give a value, or a fault of the peer or the carrier (spec 9).

A harness is a script with libFuzzer's arguments (`-runs=`, `-seed=`, `-max_total_time=`, a corpus folder …). Where
there is no atheris for this Python, the same script grows inputs from its samples blindly, and says so.

Rules of this file: samples come first, so that what is fuzzed is almost valid; a fault is an answer, everything else
that is raised is a finding.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from random import Random

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

try:
    import atheris
except ImportError:
    atheris = None

from tests.fuzz.growing import cut_and_paste, exchanged  # noqa: E402 - found by the path above

RUNS_WITHOUT_ATHERIS = 20_000


@contextmanager
def instrumented() -> Iterator[None]:
    """What is imported inside tells the fuzzer which ways through it an input took."""
    with atheris.instrument_imports(include=["openline"]) if atheris else nullcontext():
        yield


def fuzz(
    decode: Callable[[bytes], object], samples: Iterable[bytes], *, cbor: tuple[int, int] | None = None
) -> None:
    """Run `decode` on inputs grown from `samples` until the arguments of this process say stop. `cbor`: how many bytes
    stand before and behind the CBOR in an input, if it holds any."""
    from openline.wire.errors import CarrierFault, PeerFault

    def one(data: bytes) -> None:
        try:
            decode(data)
        except (PeerFault, CarrierFault):
            return

    kept = list(samples)
    for sample in kept:
        decode(sample)  # a sample is valid: a fault here is a finding too
    if atheris is None:
        _blindly(one, kept, cbor)
        return

    def mutator(data: bytes, max_size: int, seed: int) -> bytes:
        random = Random(seed)
        grown = exchanged(data, *cbor, random) if cbor is not None and random.random() < 0.5 else None
        return atheris.Mutate(data, max_size) if grown is None else grown[:max_size]

    with tempfile.TemporaryDirectory() as corpus:
        for number, sample in enumerate(kept):
            (Path(corpus) / f"sample-{number}").write_bytes(sample)
        extra = {"custom_mutator": mutator} if cbor is not None else {}
        (ROOT / "reports").mkdir(exist_ok=True)
        options = [f"-artifact_prefix={ROOT}/reports/", "-max_len=65536", "-len_control=0"]
        atheris.Setup([sys.argv[0], *options, *sys.argv[1:], corpus], one, **extra)
        atheris.Fuzz()


def _blindly(one: Callable[[bytes], None], samples: list[bytes], cbor: tuple[int, int] | None) -> None:
    """Without atheris: no knowledge of which ways an input took."""
    asked = dict(a.lstrip("-").split("=", 1) for a in sys.argv[1:] if "=" in a)
    end = time.monotonic() + float(asked.get("max_total_time", "inf"))
    runs = int(asked.get("runs", -1 if "max_total_time" in asked else RUNS_WITHOUT_ATHERIS))
    random = Random(int(asked.get("seed", 1)))
    done = 0
    while done != runs and time.monotonic() < end:
        data = random.choice(samples)
        grown = exchanged(data, *cbor, random) if cbor is not None and random.random() < 0.5 else None
        one(cut_and_paste(data, samples, random) if grown is None else grown)
        done += 1
    print(f"no atheris for this Python: {done} inputs grown blindly from {len(samples)} samples instead")
