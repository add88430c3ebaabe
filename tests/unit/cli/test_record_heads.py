"""`openline record heads`: what is read out on a call, and what comes of what the other side reads."""

from __future__ import annotations

import json
from pathlib import Path

from openline.station.api import types as t
from tests.simulation.posts import Post, Posts


def sent(post: Post, text: str) -> None:
    assert post.draft(t.Message(line="panmunjom", text=text)).entry is not None


def read_out(post: Post) -> list[list[str]]:
    """The lines of the heads, as words."""
    result = post.run("record", "heads")
    assert result.exit_code == 0
    return [line.split("  ")[0].split() + line.split("  ")[-2].split() for line in result.stdout.splitlines()[:2]]


def test_what_one_reads_out_the_other_holds(posts: Posts) -> None:
    """Place and four groups of digits, as they are read; capitals and one word do as well."""
    sent(posts.north, "good morning")
    posts.settle()
    for side, place, *digits in ((row[0], row[1], *row[2:6]) for row in read_out(posts.north)):
        for typed in (digits, ["".join(digits).upper()]):
            result = posts.south.run("record", "heads", f"{side} {place}", *typed)
            assert (result.exit_code, "the same entry" in result.stdout) == (0, True)


def test_what_differs_or_is_not_held_ends_with_5(posts: Posts) -> None:
    """Other digits at a place; a place beyond the chain, and of ours, that this station would run on an old copy."""
    sent(posts.north, "good morning")
    posts.settle()
    wrong = posts.south.run("record", "heads", "north 0/0", "00000000")
    assert (wrong.exit_code, "DIFFER" in wrong.stdout) == (5, True)
    beyond = posts.south.run("record", "heads", "north 0/999", "00000000")
    assert (beyond.exit_code, "beyond what is held here" in beyond.stdout) == (5, True)
    ours = posts.south.run("record", "heads", "south 0/999", "00000000")
    assert (ours.exit_code, "old copy" in ours.stdout) == (5, True)
    assert posts.south.facts("record", "heads")["equal"] is True


def test_what_is_no_place_is_a_wrong_use(posts: Posts) -> None:
    """Exit 2, and what would be one."""
    result = posts.south.run("record", "heads", "somewhere", "00000000")
    assert (result.exit_code, "is no place" in result.stderr) == (2, True)


def test_heads_go_in_a_file_too(posts: Posts, tmp_path: Path) -> None:
    """What one side prints as JSON the other holds against its record; an altered digit ends with 5."""
    sent(posts.north, "good morning")
    posts.settle()
    file = tmp_path / "heads.json"
    file.write_text(posts.north.run("record", "heads", "--json").stdout)
    same = posts.south.run("record", "heads", "--theirs", str(file))
    assert (same.exit_code, same.stdout.count("the same entry")) == (0, 2)

    told = json.loads(file.read_text())
    told["chains"][0]["id"] = "00" * 32
    file.write_text(json.dumps(told))
    assert posts.south.run("record", "heads", "--theirs", str(file)).exit_code == 5
    both = posts.south.run("record", "heads", "north 0/0", "00000000", "--theirs", str(file))
    assert both.exit_code == 2
    told["accord"] = "00" * 32
    file.write_text(json.dumps(told))
    other = posts.south.run("record", "heads", "--theirs", str(file))
    assert (other.exit_code, "another accord" in other.stderr) == (2, True)
