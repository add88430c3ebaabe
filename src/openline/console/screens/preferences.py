"""What a browser chooses for itself: the language and the light.

Rules of this file: a choice is a cookie of this browser and nothing else; whoever may see a page may choose.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from openline.console.asked import Asked
from openline.console.places import Place
from openline.console.words import LANGUAGES

YEAR_S: Final = 31_536_000
THEMES: Final = ("", "light", "dark")


async def choose(asked: Asked) -> Response:
    """Keep what was chosen, and go back."""
    form = await asked.form()
    response = asked.go_back(form)
    secure = asked.console.origin.startswith("https:")
    for name, value, allowed in (("language", form["language"], LANGUAGES), ("theme", form["theme"], THEMES)):
        if name in form and value in allowed:
            response.set_cookie(name, value, max_age=YEAR_S, secure=secure, httponly=True, samesite="strict")
    return response


PLACES: Final = (Place("POST", "/preferences", choose, None),)
