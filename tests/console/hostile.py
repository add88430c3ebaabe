"""What the other side may write anywhere: markup, scripts, overrides of direction; and what must become of it.

Rules of this file: it is all valid text of the record; a page that shows it holds none of it as markup.
"""

from __future__ import annotations

from html.parser import HTMLParser

SCRIPT = "<script>alert(1)</script>"
TEXT = f"""{SCRIPT}<img src=x onerror=alert(2)>"'`{{{{7*7}}}}</textarea></title>\u202egnilaehs\u202c\u2066x"""
NAME = SCRIPT + "\u202egnilaehs"
LANGUAGE = '"><svg onload=alert(3)>'


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def hold(page: str) -> None:
    """Fail if any of it became markup, or an unseen character went out as it came."""
    for tag, attributes in Tags(page).found:
        assert tag not in ("img", "svg") or (attributes.get("src") or "/").startswith("/"), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert tag != "script" or "nonce" in attributes
    assert SCRIPT not in page
    assert "7*7" in page or "…" in page, "a template was run"
    shown = page.split("<main", 1)[1]
    assert "\u202e" not in shown, "an override of direction reached the page"
