"""Fuzz the audit of exports: whatever the bytes are, the outcome is a verdict, and only a sample is sound."""

import io
import json

from harness import fuzz, instrumented

with instrumented():
    from openline.audit.check import audit
    from openline.audit.verdict import Kind
    from tests.unit.audit.build import small, whole_export

SAMPLES = [small(2).export(), whole_export()]


def decode(data: bytes) -> None:
    verdict = audit(io.BytesIO(data))
    json.dumps(verdict.to_plain())
    if (verdict.kind is not Kind.DOES_NOT_VERIFY) is not (data in SAMPLES):
        raise AssertionError(f"{'a sound' if data in SAMPLES else 'an altered'} export: {verdict.kind}")


if __name__ == "__main__":
    fuzz(decode, SAMPLES)
