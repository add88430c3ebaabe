"""Who holds the watch: which officer at which post, from which moment to which; kept in this side's own store.

Rules of this file:
1. A post is held by one officer at a time. Coming on while another holds it is a handover: one moment ends the one
   watch and begins the other, and the new one names whom it relieved.
2. What is kept here is our own affair: it enters no record, and the other side sees nothing of it.
3. A watch ends when somebody says so. No timer ends one, and a restart does not either.
4. A post nobody holds is unattended; since when and until when is evidence (spec 11.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from openline.core.silence import Gap
from openline.station.context import Context
from openline.wire import cbor
from openline.wire.errors import Misuse, Refused
from openline.wire.said import Said, say

PREFIX: Final = "watch/"
KEPT: Final = 4096  # chosen: three years of four watches a day
ONLY_POST: Final = ""  # the one post of a side whose accord names none


@dataclass(frozen=True, slots=True)
class OnWatch:
    """One watch. `officer`, `relieved`: their numbers in the accord; `until_s` None: it lasts; times by our clock."""

    number: int
    post: str
    officer: int
    from_s: int
    until_s: int | None = None
    relieved: int | None = None


class Watchkeeping:
    """The watches of one station, oldest first; `load` before anything else is asked."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        side = ctx.accord.sides[ctx.us]
        self.posts: dict[str, tuple[int, ...]] = {post.name: post.lines for post in side.posts}
        if not self.posts:
            self.posts = {ONLY_POST: tuple(range(len(ctx.accord.lines)))}
        self.watches: dict[int, OnWatch] = {}
        self.on_change: list[Callable[[OnWatch], None]] = []

    def load(self) -> None:
        """At start: the watches of before, those that last among them."""
        for key, value in sorted(self.ctx.store.metas(PREFIX).items()):
            plain: Any = cbor.decode(value)
            number = int(key.removeprefix(PREFIX))
            self.watches[number] = OnWatch(number, *plain)

    # ---- who

    def holding(self, post: str) -> OnWatch | None:
        """The watch that lasts at a post."""
        found = (watch for watch in reversed(self.watches.values()) if watch.post == post)
        latest = next(found, None)
        return latest if latest is not None and latest.until_s is None else None

    def lasting(self) -> list[OnWatch]:
        """The watch of every post that is held."""
        return [watch for post in self.posts if (watch := self.holding(post)) is not None]

    def officer_on_watch(self, line: int | None = None) -> int | None:
        """The officer who holds a post that answers a line, or any post where no line is given."""
        for watch in self.lasting():
            if line is None or line in self.posts[watch.post]:
                return watch.officer
        return None

    def officer_for(self, line: int | None, named: int | None, nobody: Said) -> int:
        """Who does something at the post: the officer named, else the one on watch. `nobody`: says that nobody does.

        Raises:
            Refused: nobody is named, and nobody holds the watch.
        """
        officer = self.officer_on_watch(line) if named is None else named
        if officer is None:
            raise Refused(
                nobody,
                next_step=say("Come on watch: openline watch on --officer NAME; or name the officer: --officer NAME."),
            )
        return officer

    def post_named(self, name: str | None) -> str:
        """The post of that name; the only one, where none is named.

        Raises:
            Misuse: there is none of that name, or several to choose from.
        """
        if name is None and len(self.posts) == 1:
            return next(iter(self.posts))
        if name is None or name not in self.posts:
            what = say("which post is meant")
            if name is not None:
                what = say("the accord gives this side no post named {name}", name=name)
            unnamed, names = ONLY_POST in self.posts, ", ".join(self.posts)
            step = say("Leave the post out.") if unnamed else say("There is: {names}.", names=names)
            raise Misuse(what, next_step=step)
        return name

    # ---- coming on and going off

    def come_on(self, post: str, officer: int) -> OnWatch:
        """An officer takes the watch of a post now: from whoever held it, or of an unattended one.

        Raises:
            Refused: that officer holds it already.
        """
        before, now_s = self.holding(post), self.ctx.now.clock_s
        if before is not None and before.officer == officer:
            raise Refused(
                say("{officer} holds this watch already", officer=self._name(officer)),
                next_step=say("See openline watch."),
            )
        if before is not None:
            self._keep(replace(before, until_s=max(now_s, before.from_s)))
        number = max(self.watches, default=0) + 1
        watch = OnWatch(number, post, officer, now_s, None, None if before is None else before.officer)
        self._keep(watch)
        self._forget_oldest()
        return watch

    def go_off(self, post: str) -> OnWatch:
        """The watch of a post ends now, and nobody takes it over.

        Raises:
            Refused: nobody holds it.
        """
        before = self.holding(post)
        if before is None:
            raise Refused(say("nobody holds this watch"), next_step=say("See openline watch."))
        ended = replace(before, until_s=max(self.ctx.now.clock_s, before.from_s))
        self._keep(ended)
        return ended

    def _name(self, officer: int) -> str:
        return self.ctx.accord.sides[self.ctx.us].officers[officer].name

    def _keep(self, watch: OnWatch) -> None:
        self.watches[watch.number] = watch
        plain: list[cbor.Value] = [watch.post, watch.officer, watch.from_s, watch.until_s, watch.relieved]
        self.ctx.remember(f"{PREFIX}{watch.number:010d}", cbor.encode(plain))
        for told in self.on_change:
            told(watch)

    def _forget_oldest(self) -> None:
        while len(self.watches) > KEPT:
            number = next(iter(self.watches))
            del self.watches[number]
            self.ctx.remember(f"{PREFIX}{number:010d}", None)

    # ---- gaps

    def unattended(self, line: int, since_s: int) -> list[Gap]:
        """When nobody held a post that answers a line, from `since_s` to now. A side that never kept a watch here has
        no gaps in it: it keeps its watch elsewhere."""
        held = [(w.from_s, w.until_s) for w in self.watches.values() if line in self.posts.get(w.post, ())]
        watches = sorted(held, key=lambda watch: (watch[0], watch[1] is None))  # what lasts is its second's last
        if not watches:
            return []
        gaps, covered_s = [], max(watches[0][0], since_s)
        for from_s, until_s in watches:
            if from_s > covered_s:
                gaps.append(Gap(covered_s, from_s))
            if until_s is None:
                return gaps
            covered_s = max(covered_s, until_s)
        now_s = self.ctx.now.clock_s
        if covered_s <= now_s:
            gaps.append(Gap(covered_s, None))
        return gaps
