"""What the API tells of how the station itself stands."""

from __future__ import annotations

from openline.station.api import types as t
from tests.simulation.posts import Posts


def test_our_own_probes_are_told(posts: Posts) -> None:
    """Nothing before one came back; then what the last one said."""

    def told() -> bool | None:
        return posts.south.get("/v1/status", t.Status).probes_ok

    assert told() is None
    for ok in (False, True):
        posts.act(posts.south, lambda ok=ok: posts.south.runner.desk.paths.probed(ok, posts.clock.now()))
        assert told() is ok
