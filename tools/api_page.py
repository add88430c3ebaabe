"""`python tools/api_page.py` writes docs/openapi.json, and the table of docs/api.md, from the table of routes.

Rules of this file: the table of routes is the API; prose is written by hand and left alone; only what stands between
`<!-- made: routes -->`, or `<!-- made: play -->`, and `<!-- end -->` is made. The routes of a play are no station's:
the document has none of them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src")]

from openline import __version__  # noqa: E402
from openline.play import control  # noqa: E402
from openline.station.api.app import openapi  # noqa: E402
from openline.station.api.routes import ROUTES  # noqa: E402

PAGE: Final = ROOT / "docs/api.md"
DOCUMENT: Final = ROOT / "docs/openapi.json"
BLOCK: Final = re.compile(r"(<!-- made: (routes|play) -->\n).*?(<!-- end -->)", re.DOTALL)
TABLES: Final = {"routes": ROUTES, "play": control.ROUTES}


def document() -> str:
    return json.dumps(openapi(ROUTES, __version__), indent=2, ensure_ascii=False) + "\n"


def page(text: str) -> str:
    """The page with its tables made anew."""

    def made(found: re.Match[str]) -> str:
        rows = "".join(f"| `{route.method} {route.path}` | {route.summary} |\n" for route in TABLES[found[2]])
        return f"{found[1]}\n| request | what it does |\n|---|---|\n{rows}\n{found[3]}"

    return BLOCK.sub(made, text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
    DOCUMENT.write_text(document())
