"""Officers' acts from the command line: one signs, or two, or the draft waits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from openline.station.api import types as t
from openline.station.api import types_items as items
from tests.simulation.posts import Post, Posts, two_posts


@pytest.fixture
def posts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Posts]:
    with two_posts(tmp_path, monkeypatch) as made:
        yield made


def both(post: Post) -> tuple[str, ...]:
    """The keys of both officers of a side: the accord asks for two to cut, propose and accept."""
    names = [officer.name for officer in post.posts.made.keys[post.side].officers]
    return (*post.key(names[0]), *post.key(names[1]))


def formal(post: Post, line: str = "panmunjom") -> str:
    status = post.get("/v1/status", t.Status)
    return next(each.lanes["liaison"].formal for each in status.lines if each.id == line)


def test_a_line_is_cut_and_restored_by_both(posts: Posts) -> None:
    """One side cuts; a message is refused with the rule; the other proposes, the first accepts, the lane reopens."""
    cut = posts.north.run("suspend", "panmunjom", "--reason", "leaflets", *both(posts.north))
    assert cut.exit_code == 0, cut.output
    assert "approved by pak and ri" in cut.stdout
    assert "“leaflets”" in cut.stderr
    posts.settle()
    assert (formal(posts.north), formal(posts.south)) == ("suspended", "suspended")

    refused = posts.south.run("message", "panmunjom", "Why?")
    assert refused.exit_code == 3
    assert "the liaison lane of panmunjom is suspended" in refused.stderr

    proposed = posts.south.facts("propose", "panmunjom", "--effective", "+2s", *both(posts.south))
    posts.settle()
    [offer] = posts.north.get("/v1/inbox", items.Inbox).offers
    assert (offer.kind, offer.waits_for, offer.ref) == ("propose", "us", proposed["entry"]["ref"])
    assert "1 for us to accept" in posts.north.run("inbox").stdout
    accepted = posts.north.run("accept", offer.ref, *both(posts.north))
    assert accepted.exit_code == 0, accepted.output
    posts.settle()
    assert posts.north.get("/v1/offers", items.Offers).offers[0].standing == "concluded"
    posts.later(3_000)
    assert (formal(posts.north), formal(posts.south)) == ("open", "open")


def test_a_draft_waits_for_its_second_officer(posts: Posts) -> None:
    """Without keys a draft waits; one officer's key is not enough where two are asked for; the second lets it out."""
    drafted = posts.north.run("suspend", "--all")
    assert drafted.exit_code == 0, drafted.output
    [draft] = re.findall("draft ([0-9a-f]{8}) waits for 2 officers", drafted.stdout)
    assert f"next: openline release approve {draft} --key FILE" in drafted.stdout
    assert draft in posts.north.run("release", "list").stdout
    assert "panmunjom liaison, military west liaison" in posts.north.run("release", "show", draft).stdout

    first = posts.north.run("release", "approve", draft, "--yes", *posts.north.key("pak"))
    assert "waits for 1 officer (approved by pak)" in first.stdout, first.output
    again = posts.north.run("release", "approve", draft, "--yes", *posts.north.key("pak"))
    assert again.exit_code == 3
    assert "pak has approved this already" in again.stderr
    assert formal(posts.north) == "open"

    second = posts.north.run("release", "approve", draft, *posts.north.key("ri"), given="y\n")
    assert "approved by pak and ri" in second.stdout, second.output
    assert formal(posts.north) == "suspended"
    assert posts.north.run("release", "list").stdout == "no draft waits\n"
