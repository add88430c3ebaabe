"""axe-core on a page: which rules of WCAG 2.2 AA it breaks, and where.

Rules of this file: it runs under the page's own content policy; nothing is switched off for it; no rule is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

FILE: Final = Path(__file__).parent.parent.parent / "frontend/node_modules/axe-core/axe.min.js"
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
RUN: Final = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})"


def violations(page: Page) -> list[str]:
    """Each rule that the page breaks as it stands, with the first places where."""
    page.evaluate(FILE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(RUN, list(TAGS))
    return [
        f"{each['id']}: {each['help']}: {'; '.join(str(node['target'][0]) for node in each['nodes'][:4])}"
        for each in result["violations"]
    ]


def hold(page: Page) -> None:
    """Fail with every rule that the page breaks."""
    found = violations(page)
    assert not found, f"\n{page.url}\n" + "\n".join(found)
