"""Debian's Chromium, driven by Playwright: found, started, and kept from the rest of the world.

Rules of this file: no browser is fetched by anyone; a machine without one skips, with a word; names other than those of
this machine do not resolve, so that a page which wants something from elsewhere does not get it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

FOUND: Final = shutil.which("chromium")
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.localhost, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)  # fmt: skip
FAKE_SOUND: Final = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
# A machine whose only network is the loopback has no address to offer for a call otherwise.
LOOPBACK_CALLS: Final = ("--allow-loopback-in-peer-connection",)


@contextmanager
def playwright() -> Iterator[Playwright]:
    """Playwright itself; skips where there is no browser for it to drive."""
    if FOUND is None:
        pytest.skip("no chromium on this machine: `tools/setup-services` installs it")
    with sync_playwright() as started:
        yield started


def launch(started: Playwright, *, sound_file: Path | None = None, more: tuple[str, ...] = ()) -> Browser:
    """One browser process, whose microphone is a tone or, where it is given, a WAV file."""
    sound = () if sound_file is None else (f"--use-file-for-fake-audio-capture={sound_file}",)
    return started.chromium.launch(
        executable_path=FOUND, headless=True, args=[*FLAGS, *FAKE_SOUND, *LOOPBACK_CALLS, *sound, *more]
    )
