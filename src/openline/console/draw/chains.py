"""The two chains of a record, and how each acknowledges the other: across on a wide page, down on a narrow one.

Rules of this file:
1. Both drawings are made from the same entries, in an order in which causes come before effects; the style sheet shows
   the one that fits, and a keyboard meets one alone.
2. A cell is an entry, and a link to it. What cuts, what restores, what proves and what nobody opened differ by their
   edge and sign before their colour.
3. A window is drawn, never a record: `CELLS` entries at most. What acknowledges something outside it leads to the edge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup

from openline.console import signs
from openline.console.draw.svg import element, joined, text
from openline.console.words import Words
from openline.station.api.types_record import RecordEntry, Spot

CELLS: Final = 20
GLYPHS: Final = {
    "suspend": "■", "propose": "◐", "accept": "●", "withdraw": "✕", "seal": "✓", "checkpoint": "✓", "fault": "◆",
    "generation": "◆", "letter": "▣",
}  # fmt: skip
CLASSES: Final = {
    "suspend": "c-cut", "propose": "c-restore", "accept": "c-restore", "withdraw": "c-restore", "fault": "c-fault",
    "generation": "c-fault", "acknowledgement": "c-ack",
}  # fmt: skip
SEALS: Final = ("seal", "checkpoint")


class Shape(NamedTuple):
    """One of the two drawings: where a cell begins, how large it is, and where its lines go in and out."""

    cls: str
    width: float
    height: float
    cell: tuple[float, float]
    corner: Callable[[int, bool], tuple[float, float]]  # of the cell number n, ours or theirs
    across: bool


def wide(count: int) -> Shape:
    step, left = 60, 6
    return Shape(
        "chains-wide", left + step * max(count, 1), 184, (54, 40),
        lambda n, ours: (left + n * step, 30 if ours else 118), across=True,
    )  # fmt: skip


def narrow(count: int) -> Shape:
    step, top = 46, 28
    return Shape(
        "chains-narrow", 348, top + step * max(count, 1), (146, 34),
        lambda n, ours: (2 if ours else 196, top + n * step), across=False,
    )  # fmt: skip


def chains(
    entries: Sequence[RecordEntry], us: str, them: str, words: Words, *, chosen: str = "", heads: Collection[str] = (),
) -> Markup:  # fmt: skip
    """Both drawings. `entries`: oldest first; `chosen`: the place of the one that is looked at; `heads`: ids of the
    heads."""
    shown = entries[-CELLS:]
    return joined(_Drawing(shown, us, them, words, chosen, heads).made(each(len(shown))) for each in (wide, narrow))


class _Drawing:
    def __init__(
        self, entries: Sequence[RecordEntry], us: str, them: str, words: Words, chosen: str, heads: Collection[str]
    ) -> None:
        self.entries = entries
        self.us, self.them = us, them
        self.words = words
        self.chosen, self.heads = chosen, heads
        self.number = {(each.ours, each.gen, each.seq): n for n, each in enumerate(entries)}

    def made(self, shape: Shape) -> Markup:
        _ = self.words
        label = _("The two chains: {us} and {them}. The list has every entry.").format(us=self.us, them=self.them)
        return element(
            "svg",
            {
                "class": f"chains {shape.cls}", "viewBox": f"0 0 {shape.width:g} {shape.height:g}", "role": "group",
                "aria-label": label, "width": shape.width, "height": shape.height,
            },
            self._names(shape),
            *(self._thread(shape, ours) for ours in (True, False)),
            *self._acknowledgements(shape),
            *(self._cell(shape, n, entry) for n, entry in enumerate(self.entries)),
        )  # fmt: skip

    def _names(self, shape: Shape) -> Markup:
        ours, theirs = shape.corner(0, True), shape.corner(0, False)
        if shape.across:
            beneath = theirs[1] + shape.cell[1] + 18
            return joined((text(ours[0], 16, self.us, "c-name"), text(theirs[0], beneath, self.them, "c-name")))
        return joined((text(ours[0], 18, self.us, "c-name"), text(theirs[0], 18, self.them, "c-name")))

    def _thread(self, shape: Shape, ours: bool) -> Markup:
        """The line that runs through a chain's cells, from the edge where the chain began before."""
        at = [shape.corner(n, ours) for n, each in enumerate(self.entries) if each.ours is ours]
        if not at:
            return Markup("")
        (x, y), (w, h) = at[-1], shape.cell
        first = next(each for each in self.entries if each.ours is ours)
        start = at[0] if first.gen == first.seq == 0 else ((0, y) if shape.across else (x, 22))
        ends = (
            {"x1": start[0], "y1": y + h / 2, "x2": x, "y2": y + h / 2}
            if shape.across
            else {"x1": x + w / 2, "y1": start[1], "x2": x + w / 2, "y2": y}
        )
        return element("line", {**ends, "class": "c-thread"})

    def _acknowledgements(self, shape: Shape) -> Iterator[Markup]:
        for n, entry in enumerate(self.entries):
            if entry.ack is not None:
                yield self._acknowledgement(shape, n, entry, entry.ack)

    def _acknowledgement(self, shape: Shape, n: int, entry: RecordEntry, ack: Spot) -> Markup:
        """From the entry that acknowledges to the one that it acknowledges."""
        (w, h), (x, y) = shape.cell, shape.corner(n, entry.ours)
        of = self.number.get((not entry.ours, ack.gen, ack.seq))
        to_x, to_y = shape.corner(-1 if of is None else of, not entry.ours)
        if shape.across:
            ends = {
                "x1": x + w / 2, "y1": y + (h if entry.ours else 0), "x2": to_x + w / 2,
                "y2": to_y + (0 if entry.ours else h),
            }  # fmt: skip
        else:
            ends = {
                "x1": x + (w if entry.ours else 0), "y1": y + h / 2, "x2": to_x + (0 if entry.ours else w),
                "y2": to_y + h / 2,
            }  # fmt: skip
        chosen = self.chosen and self.chosen in (entry.place, None if of is None else self.entries[of].place)
        return element("line", {**ends, "class": "c-acks c-of-chosen" if chosen else "c-acks"})

    def _cell(self, shape: Shape, n: int, entry: RecordEntry) -> Markup:
        _, (x, y), (w, h) = self.words, shape.corner(n, entry.ours), shape.cell
        cls = "c-cell " + ("c-unopened" if entry.unopened else CLASSES.get(entry.kind, ""))
        made = [element("title", {}, self._title(entry))]
        if entry.place == self.chosen:
            made.append(_box(x - 4, y - 4, w + 8, h + 8, "c-chosen"))
        made.append(_box(x, y, w, h, cls.strip()))
        if entry.kind in SEALS:
            made.append(_box(x + 3, y + 3, w - 6, h - 6, "c-inner"))
        made += self._words(shape, x, y, entry)
        address = "/record/entry?" + urlencode({"ref": entry.place})
        current = "true" if entry.place == self.chosen else ""
        return element("a", {"href": address, "aria-current": current}, *made)

    def _words(self, shape: Shape, x: float, y: float, entry: RecordEntry) -> Iterator[Markup]:
        w, h = shape.cell
        number, kind, head = self._short(entry)
        glyph = GLYPHS.get(entry.kind, "")
        if shape.across:
            yield text(x + w / 2, y + 17, f"{glyph} {number}".strip(), "c-number", "middle")
            yield text(x + w / 2, y + 32, kind, "c-kind", "middle")
            if head:
                yield text(x + w / 2, y - 7 if entry.ours else y + h + 16, f"▸ {head}", "c-head", "middle")
        else:
            yield text(x + 8, y + 22, f"{glyph} {number}".strip(), "c-number")
            yield text(x + w - 8, y + 22, f"{kind} ▸ {head}" if head else kind, "c-kind", "end")

    def _short(self, entry: RecordEntry) -> tuple[str, str, str]:
        """What a cell has room for: its number, its kind, and that it is the head."""
        _ = self.words
        return (
            f"{entry.gen}/{entry.seq}" if entry.gen else f"{entry.seq}",
            _(signs.SHORT.get(entry.kind, signs.KINDS.get(entry.kind, entry.kind))),
            _("head") if entry.id in self.heads else "",
        )

    def _title(self, entry: RecordEntry) -> str:
        """What a cell says beside what is seen in it."""
        _ = self.words
        parts = [entry.place, _(signs.KINDS.get(entry.kind, entry.kind)), *entry.lines]
        if entry.unopened:
            parts.append(_("not opened here"))
        parts.append(_("acknowledged") if entry.acked_by is not None else _("not acknowledged yet"))
        return ", ".join(parts)


def _box(x: float, y: float, width: float, height: float, cls: str) -> Markup:
    return element("rect", {"x": x, "y": y, "width": width, "height": height, "rx": 4, "class": cls})
