"""The API's documents are made from its table."""

from __future__ import annotations

import json

from openline.station.api.routes import ROUTES
from tools import api_page


def test_the_openapi_document_is_the_table_of_routes() -> None:
    """`python tools/api_page.py` would change nothing in docs/openapi.json, and every route is in it."""
    assert api_page.DOCUMENT.read_text() == api_page.document()
    paths = json.loads(api_page.document())["paths"]
    assert {(route.method.lower(), route.path) for route in ROUTES} == {
        (method, path) for path, methods in paths.items() for method in methods
    }


def test_the_page_of_the_api_lists_every_route() -> None:
    """`python tools/api_page.py` would change nothing in docs/api.md."""
    text = api_page.PAGE.read_text()
    assert api_page.page(text) == text
    assert all(f"`{route.method} {route.path}`" in text for route in ROUTES)


def test_every_reference_in_the_openapi_document_leads_to_a_schema() -> None:
    """No `$ref` leads nowhere, and no two operations have one name."""
    document = json.loads(api_page.document())
    refs = {x.split('"')[0] for x in json.dumps(document).split('"$ref": "')[1:]}
    assert {ref.removeprefix("#/components/schemas/") for ref in refs} <= set(document["components"]["schemas"])
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))
