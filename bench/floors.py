"""What this machine can do at all, taken in the same run: the floors that the other figures are set against."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from pathlib import Path

import nacl.signing


def fsync_ms(count: int = 100) -> float:
    """Median of appending 300 bytes to a file and syncing it."""
    with tempfile.NamedTemporaryFile(dir=Path.cwd()) as file:
        times = []
        for _ in range(count):
            started = time.perf_counter()
            file.write(bytes(300))
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - started)
    return median(times) * 1e3


def sqlite_commit_ms(count: int = 100) -> float:
    """Median of one row of 300 bytes in its own transaction: WAL, synchronous=FULL."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        db = sqlite3.connect(Path(folder) / "floor.sqlite", isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, data BLOB)")
        times = []
        for _ in range(count):
            started = time.perf_counter()
            db.execute("INSERT INTO t (data) VALUES (?)", (bytes(300),))
            times.append(time.perf_counter() - started)
        db.close()
    return median(times) * 1e3


def ed25519_verify_us(count: int = 2_000) -> float:
    """Mean of verifying a signature over 300 bytes, one thread."""
    key = nacl.signing.SigningKey(bytes(range(32)))
    message = bytes(300)
    signature = key.sign(message).signature
    verify = key.verify_key.verify
    started = time.perf_counter()
    for _ in range(count):
        verify(message, signature)
    return (time.perf_counter() - started) / count * 1e6


def ed25519_sign_us(count: int = 2_000) -> float:
    """Mean of signing 300 bytes, one thread."""
    sign, message = nacl.signing.SigningKey(bytes(range(32))).sign, bytes(300)
    started = time.perf_counter()
    for _ in range(count):
        sign(message)
    return (time.perf_counter() - started) / count * 1e6


def median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
