"""Which tests one worker runs, so that what is dear to make is made once: a browser, a pair of stations, a server.

Rules of this file: the rest goes one by one to whichever worker is free, after what stays together, which is long.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = (
    "tests/browser", "tests/console", "tests/unit/cli/test_demo.py", "tests/unit/store",
    "tests/integration/test_postgresql_pair.py", "tests/integration/test_calls.py", "tests/integration/test_alarms.py",
    "tests/integration/test_voice.py",
)  # fmt: skip


def group(nodeid: str) -> str:
    """Tests of one group are run by one worker."""
    path = PurePosixPath(nodeid.split("::")[0])
    return next((each for each in TOGETHER if path.is_relative_to(each)), nodeid)


class Sharing(LoadScopeScheduling):
    """A scheduler of pytest-xdist."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
