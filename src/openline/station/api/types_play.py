"""What a played station tells of its play, beside its own API, and takes: how time runs there (docs/api.md).

Rules of this file: as `types`. A station that is not played answers none of this.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from openline.station.api.types import Answer, Ask

Speed: TypeAlias = Literal[0, 1, 60]


class PlayedStep(Answer, frozen=True, kw_only=True):
    """One step of a scenario. `words`: what it shows; `invented`: no source tells it; `source`: which one does;
    `held`: of a step that was played, whether it came out as the scenario says."""

    number: int
    at_s: int
    words: str
    invented: bool
    source: str
    held: bool | None


class Play(Answer, frozen=True, kw_only=True):
    """A play. `now_s`: its own time, by nobody's clock; `speed`: its seconds to one of ours, 0 while it is paused;
    `hurrying`: it runs to the next step as fast as it can; `attended`: a person sits at this side's desk, and its
    robots do nothing; `apart`: a step came out otherwise than the scenario says, for people took part."""

    title: str
    zone: str
    now_s: int
    speed: Speed
    hurrying: bool
    attended: bool
    apart: bool
    steps: int
    last: PlayedStep | None
    next: PlayedStep | None


class SetSpeed(Ask, frozen=True, kw_only=True):
    """How fast time is to run from here on."""

    speed: Speed


class Attend(Ask, frozen=True, kw_only=True):
    """Whether a person sits at this side's desk from here on, instead of its robots."""

    attended: bool
