"""SVG as text, element by element.

Rules of this file: every attribute and text is escaped; nothing made here has a script, a style attribute or an address
of elsewhere; colours are classes of the style sheet, so that light and dark both work.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


def element(name: str, attributes: dict[str, str | float], *inside: str | Markup) -> Markup:
    """One element. `inside`: markup as it is, text escaped; an attribute of "" is left out."""
    given = Markup("").join(
        Markup(' {}="{}"').format(Markup(key), number(value)) for key, value in attributes.items() if value != ""
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), given, joined(inside))


def joined(parts: Iterable[str | Markup]) -> Markup:
    return Markup("").join(escape(part) for part in parts)


def number(value: str | float) -> str:
    """A number with no more digits than a pixel needs."""
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def percent(part: float, whole: float) -> str:
    return f"{number(100 * part / whole)}%"


def text(x: str | float, y: float, what: str, cls: str = "", anchor: str = "") -> Markup:
    return element("text", {"x": x, "y": y, "class": cls, "text-anchor": anchor}, what)


def rect(x: str | float, y: float, width: str | float, height: float, cls: str, fill: str = "") -> Markup:
    return element("rect", {"x": x, "y": y, "width": width, "height": height, "class": cls, "fill": fill})


def patterns() -> Markup:
    """The hatchings that drawings fill with, once a page, before the first of them."""
    lines = {
        "diagonal": "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4",
        "cross": "M0,0 l8,8 M8,0 l-8,8",
        "bars": "M2,0 v8 M6,0 v8",
        "sparse": "M0,8 l8,-8",
    }
    made = [_pattern(name, element("path", {"d": path, "class": "d-hatch"})) for name, path in lines.items()]
    made.append(_pattern("dots", element("circle", {"cx": 4, "cy": 4, "r": 1.6, "class": "d-dot"})))
    return element(
        "svg", {"class": "d-defs", "width": "0", "height": "0", "aria-hidden": "true"}, element("defs", {}, *made)
    )


def _pattern(name: str, inside: Markup) -> Markup:
    return element(
        "pattern", {"id": f"d-{name}", "width": 8, "height": 8, "patternUnits": "userSpaceOnUse"}, inside
    )
