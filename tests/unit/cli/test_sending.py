"""Messages, notices and documents from the command line of a running station."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from openline.station.api import types_items as t
from tests.simulation.posts import Posts, two_posts


@pytest.fixture
def posts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Posts]:
    with two_posts(tmp_path, monkeypatch) as made:
        yield made


def test_a_message_is_sent_listed_read_and_opened(posts: Posts) -> None:
    """A message goes by the line, stands unopened there, is read without a word to its author, and opened with one."""
    marks = "--precedence", "FLASH", "--due", "30m"
    sent = posts.north.run("message", "panmunjom", "The convoy leaves at 10:00.", *marks)
    assert sent.exit_code == 0, sent.output
    [ref] = re.findall(r"^recorded as (north–panmunjom–\d{4}–1)$", sent.stdout, re.MULTILINE)
    posts.settle()

    [item] = posts.south.get("/v1/inbox", t.Inbox).items
    assert (item.ref, item.precedence, item.opened) == (ref, "FLASH", False)
    assert "The convoy" in posts.south.run("inbox").stdout
    read = posts.south.run("inbox", ref)
    assert "nobody on the other side is told" in read.stdout
    posts.settle()
    assert posts.north.facts("outbox")["recent"][0]["state"] == "delivered"

    opened = posts.south.run("inbox", ref, "--open", "--officer", "choi")
    assert "their station is told that it was shown" in opened.stdout
    posts.settle()
    assert posts.north.facts("outbox")["recent"][0]["state"] == "shown"
