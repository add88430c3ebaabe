"""QR codes read back from image files, and put together to load files (spec 5.3.3).

Rules of this file:
1. Images come from anywhere: only PNG and JPEG are opened, and none larger than the limits, before a pixel is unfolded.
2. One image that cannot be read stops no other; each is told of by its name.
3. The libraries that read images are imported here, when an image is read, and nowhere else (the extra `scan`).
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from openline.carriers import load_file, qr
from openline.carriers.courier import Finding, read_plain
from openline.carriers.load_file import Damaged
from openline.carriers.qr import Part
from openline.wire import limits
from openline.wire.errors import Misuse

FORMATS: Final = ("PNG", "JPEG")
_SETS_MAX: Final = 64  # chosen: more load files than anybody prints; what hostile codes may keep in memory
# What Pillow raises at bytes that are no image of theirs, or a damaged one.
_BAD_IMAGE: Final = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error)

Reader = Callable[[bytes], list[bytes]]


class Incomplete(NamedTuple):
    """A load file of which not all codes were read, or which they do not give: its hash's beginning, how many codes
    were read, of how many, and why it is not there."""

    file: str
    read: int
    total: int
    what: str


@dataclass
class Scanned:
    """What images held: whole load files, those that are not whole, and images that could not be read. `codes` counts
    different codes of ours, `strange` all others."""

    files: list[bytes] = field(default_factory=list)
    incomplete: list[Incomplete] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    codes: int = 0
    strange: int = 0


class Gathering:
    """Codes as they come, in any order, sorted by the load file that they are of."""

    def __init__(self) -> None:
        self.scanned = Scanned()
        self._sets: dict[tuple[bytes, int], set[Part]] = {}

    def take(self, content: bytes) -> bool:
        """One code's content; whether it is one of ours. What is more than anybody prints is counted as strange."""
        try:
            part = qr.decode(content)
        except Damaged:
            self.scanned.strange += 1
            return False
        parts = self._sets.get((part.file, part.total))
        if parts is None and len(self._sets) < _SETS_MAX:
            parts = self._sets[part.file, part.total] = set()
        if parts is None or len(parts) > limits.CODES_MAX:
            self.scanned.strange += 1
            return False
        self.scanned.codes += part not in parts
        parts.add(part)
        return True

    def put_together(self) -> Scanned:
        """Every load file whose parts are there, and what the others lack."""
        for (of, total), parts in self._sets.items():
            try:
                file = qr.joined(parts)
                load_file.decode(file)
            except Damaged as error:
                places = {x.place for x in parts}
                self.scanned.incomplete.append(Incomplete(of.hex(), len(places), total, error.what))
            else:
                self.scanned.files.append(file)
        return self.scanned


def scan(images: Iterable[Path], read: Reader | None = None) -> Scanned:
    """Read all codes of all images, in any order, and put together what is whole. `read` gives the contents of the
    codes in an image's bytes.

    Raises:
        Misuse: the extra `scan` is not installed, or there are too many images.
    """
    read = read or reader()
    gathering = Gathering()
    findings = gathering.scanned.findings
    for number, image in enumerate(images):
        if number == limits.IMAGES_MAX:
            raise Misuse(f"more than {number} images", next_step="Scan some of them, then the others.")
        try:
            contents = read(read_plain(image, limits.IMAGE_BYTES_MAX)[0])
        except Damaged as error:
            findings.append(Finding(str(image), error.what))
            continue
        if not sum(gathering.take(content) for content in contents):
            findings.append(Finding(str(image), "no code of ours was found in it"))
    return gathering.put_together()


def reader() -> Reader:
    """What reads the codes of an image.

    Raises:
        Misuse: the extra `scan` is not installed.
    """
    try:
        import numpy
        import zxingcpp
        from PIL import Image, ImageOps
    except ImportError as error:
        raise Misuse(
            f"reading codes from images needs libraries that are not installed ({error.name})",
            next_step="Install Openline with its extra `scan`: pip install 'openline[scan]'.",
        ) from None

    codes = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

    def found(picture: Any, binarizer: Any) -> Iterator[bytes]:
        pixels = numpy.asarray(picture)
        for code in zxingcpp.read_barcodes(pixels, formats=codes, binarizer=binarizer):
            yield code.bytes

    def read(data: bytes) -> list[bytes]:
        grey = _unfolded(data, Image)
        contents = dict.fromkeys(found(grey, zxingcpp.Binarizer.LocalAverage))
        contents |= dict.fromkeys(found(ImageOps.autocontrast(grey), zxingcpp.Binarizer.GlobalHistogram))
        return list(contents)

    return read


def _unfolded(data: bytes, images: Any) -> Any:
    """An image in grey.

    Raises:
        Damaged: it is no PNG or JPEG, damaged, or larger than `limits.IMAGE_PIXELS_MAX`.
    """
    images.MAX_IMAGE_PIXELS = limits.IMAGE_PIXELS_MAX
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of cameras' notes in a photograph that are not as they should be
            warnings.simplefilter("error", images.DecompressionBombWarning)  # else it warns, up to twice its limit
            with images.open(io.BytesIO(data), formats=FORMATS) as image:
                if image.width * image.height > limits.IMAGE_PIXELS_MAX:
                    raise Damaged(f"{image.width} × {image.height} pixels; {limits.IMAGE_PIXELS_MAX} are the most")
                image.draft("L", None)  # a JPEG is unfolded to grey at once, in a third of the memory
                return image.convert("L")
    except (images.DecompressionBombError, images.DecompressionBombWarning):
        raise Damaged(f"an image of more than {limits.IMAGE_PIXELS_MAX} pixels") from None
    except images.UnidentifiedImageError:
        raise Damaged("not a PNG or JPEG image that can be read") from None
    except _BAD_IMAGE as error:
        raise Damaged(f"not a PNG or JPEG image that can be read: {error}") from None
