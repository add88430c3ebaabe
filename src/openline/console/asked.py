"""One request to the console, as the places see it.

Rules of this file: a form is read in bounded memory and its fields are plain text; a page is made through `page`, so
that every page has the frame, the language, the nonce and the station's own time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from openline.console.acting import Acting
from openline.console.words import Words
from openline.station import sentences
from openline.wire.errors import Misuse, OpenlineError
from openline.wire.said import say

if TYPE_CHECKING:
    from openline.console.app import Console
    from openline.console.live import Look

FORM_BYTES_MAX: Final = 2 * 1024 * 1024
FIELDS_MAX: Final = 200


class Form(Mapping[str, str]):
    """The fields of a form; one that is absent is empty."""

    def __init__(self, data: FormData) -> None:
        self.data = data

    def __getitem__(self, name: str) -> str:
        value = self.data.get(name)
        return value.strip() if isinstance(value, str) else ""

    def __iter__(self) -> Any:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a field that may be there more than once."""
        return tuple(x for x in self.data.getlist(name) if isinstance(x, str) and x)

    def file(self, name: str) -> UploadFile | None:
        value = self.data.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None


@dataclass
class Asked:
    """A request. `acting` is None only at places that ask for no role."""

    console: Console
    request: Request
    words: Words
    acting: Acting | None
    seen: Look | None = None

    @property
    def path(self) -> dict[str, str]:
        return self.request.path_params

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    @property
    def officer(self) -> str:
        """Who acts, by name in the accord.

        Raises:
            Misuse: nobody is signed in.
        """
        if self.acting is None:
            raise Misuse(say("nobody is signed in"), next_step=say("Sign in."))
        return self.acting.officer

    async def look(self) -> Look:
        """How the station stands, asked once a request: what a page decides by is what it shows.

        Raises:
            OpenlineError: it does not answer.
        """
        if self.seen is None:
            self.seen = await self.console.watcher.now()
        return self.seen

    async def form(self) -> Form:
        """The form that was sent.

        Raises:
            Misuse: it is too long.
        """
        length = self.request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > self.console.body_max(self.request.url.path):
            raise Misuse(say("this form is too long"), next_step=say("Send less at once."))
        return Form(await self.request.form(max_files=4, max_fields=FIELDS_MAX, max_part_size=FORM_BYTES_MAX))

    async def page(self, template: str, *, status: int = 200, **what: Any) -> Response:
        """A whole page of `templates/`."""
        return await self.console.pages.page(self, template, status, what)

    def go(self, to: str) -> Response:
        """After a form was taken: go and look at `to`."""
        return RedirectResponse(to, status_code=303)

    def go_back(self, form: Form) -> Response:
        """After a form was taken: go and look at the place of ours that it came from, as its field `back` says."""
        back = urlsplit(form["back"])
        ours = back.path.startswith("/") and not back.netloc and "//" not in back.path and "\\" not in back.path
        return self.go(back._replace(scheme="", netloc="", fragment="").geturl() if ours else "/")

    @property
    def here(self) -> str:
        """Where this page is loaded again: itself with what was asked, or, of what a form led to, the page whose part
        it is."""
        url = self.request.url
        if self.request.method == "GET":
            return f"{url.path}?{url.query}".rstrip("?").replace(",", "%2C")  # commas part the names of live regions
        whole = {place.path for place in self.console.places if place.method == "GET"}
        parts = url.path.split("/")
        return next((path for n in range(len(parts), 1, -1) if (path := "/".join(parts[:n])) in whole), "/")

    def fault(self, error: OpenlineError) -> dict[str, str]:
        """An error for the page's error summary, in the reader's language."""
        what, step = (sentences.in_words(text, self.words) for text in (error.what, error.next_step))
        return {"what": what, "next_step": step}
