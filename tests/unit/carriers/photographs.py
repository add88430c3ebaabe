"""Sheets of QR codes as cameras and scanners see them: turned, scaled, pressed, grainy, unevenly lit."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy
from PIL import Image, ImageFilter

from openline.carriers import qr
from openline.carriers.qr import Code

Picture = Image.Image


def printed(codes: list[Code], dots_per_mm: int = 8) -> Picture:
    """The first six codes on a sheet of A4, laid out as `qr.sheet` does."""
    page = Image.new("L", (210 * dots_per_mm, 297 * dots_per_mm), 255)
    for number, code in enumerate(codes[:6]):
        with Image.open(io.BytesIO(qr.png(code.content))) as picture:
            side = 84 * dots_per_mm
            at = ((15 + number % 2 * 97) * dots_per_mm, (8 + number // 2 * 93) * dots_per_mm)
            page.paste(picture.convert("L").resize((side, side), Image.Resampling.LANCZOS), at)
    return page


def file_of(picture: Picture, kind: str = "PNG", **how: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def grainy(picture: Picture, deviation: float) -> Picture:
    pixels = numpy.asarray(picture).astype(float)
    noise = numpy.random.default_rng(1).normal(0, deviation, pixels.shape)
    return Image.fromarray(numpy.clip(pixels + noise, 0, 255).astype("uint8"))


def shaded(picture: Picture) -> Picture:
    """Half the light on the right as on the left."""
    light = numpy.linspace(1, 0.5, picture.width)
    return Image.fromarray((numpy.asarray(picture) * light).astype("uint8"))


def aslant(picture: Picture) -> Picture:
    """Taken from one side: the far edge is an eighth shorter, and the desk shows beside it."""
    width, height = picture.size
    corners = (0, -height // 16, 0, height + height // 16, width, height, width, 0)
    return picture.transform((width, height), Image.Transform.QUAD, corners, fillcolor=110)


# Name → what is done to a printed sheet before it is read.
CONDITIONS: dict[str, Callable[[Picture], bytes]] = {
    "as printed": file_of,
    "turned by 7 degrees": lambda x: file_of(x.rotate(7, expand=True, fillcolor=190)),
    "on its side": lambda x: file_of(x.rotate(93, expand=True, fillcolor=190)),
    "upside down": lambda x: file_of(x.rotate(180)),
    "at half the size": lambda x: file_of(x.resize((x.width // 2, x.height // 2))),
    "at twice the size": lambda x: file_of(x.resize((x.width * 2, x.height * 2))),
    "pressed hard": lambda x: file_of(x, "JPEG", quality=25),
    "grainy": lambda x: file_of(grainy(x, 25)),
    "out of focus": lambda x: file_of(x.filter(ImageFilter.GaussianBlur(2))),
    "unevenly lit": lambda x: file_of(shaded(x)),
    "a hurried photograph": lambda x: file_of(
        grainy(shaded(x.rotate(4, expand=True, fillcolor=120)), 12), "JPEG", quality=50
    ),
    "aslant": lambda x: file_of(aslant(x)),
    "in colour": lambda x: file_of(x.convert("RGB"), "JPEG", quality=80),
}
