"""The ground that all tests in a browser stand on: what it must notice, it notices."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.browser import axe, watch

pytestmark = pytest.mark.slow

POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'"
GOOD = '<!doctype html><html lang="en"><title>One</title><main><h1>One</h1><p>Two</p></main></html>'
PAGES = {
    "/": GOOD,
    "/inline": GOOD.replace("<p>", "<script>var ran = 1</script><p>"),
    "/elsewhere": GOOD.replace("<p>", '<script src="http://elsewhere.example/x.js"></script><p>'),
    "/nameless": GOOD.replace("<p>", "<input><p>"),
}


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path, GOOD).encode()
        self.send_response(200 if self.path in PAGES else 404)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-security-policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """What was asked is nobody's business here."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """A small server of pages, some of them faulty."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://south.localhost:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_page_without_a_fault_passes(visit, origin):
    """Nothing is found where nothing is wrong, and a name below localhost is this machine and a secure context."""
    one = visit(origin)

    assert one.page.evaluate("isSecureContext")
    assert axe.violations(one.page) == []


@pytest.mark.parametrize(
    ("path", "script", "words"),
    [
        ("/inline", "0", "Content Security Policy"),
        ("/elsewhere", "0", "a request to a third party: http://elsewhere.example/x.js"),
        ("/", "document.body.innerHTML = '<b>x</b>'", "TrustedHTML"),
        ("/", "fetch('/nowhere')", "404 for GET /nowhere"),
        ("/", "console.error('not well')", "not well"),
        ("/", "setTimeout(() => { throw new Error('thrown') })", "a script threw: thrown"),
    ],
)  # fmt: skip
def test_a_fault_is_noticed(visit, origin, path, script, words):
    """A breach of policy, a request elsewhere, an error's status, a complaint and a script that throws are faults."""
    one = visit(origin + path)
    one.page.evaluate(f"() => {{ try {{ {script} }} catch {{ }} }}")

    watch.until(one.page, lambda: any(words in fault for fault in one.watch.faults))
    with pytest.raises(AssertionError, match="\n"):
        watch.hold([(one.page, one.watch)])
    one.watch.faults.clear()


def test_an_expected_fault_is_none_and_must_come(visit, origin):
    """What a test said it wants to see does not fail it; if it does not come, that does."""
    one = visit(origin)
    one.watch.expect("404 for GET /nowhere")
    assert one.watch.left() == ["expected, and never came: 404 for GET /nowhere"]

    one.page.evaluate("() => { fetch('/nowhere') }")
    watch.until(one.page, lambda: one.watch.left() == [])


def test_what_a_screen_reader_cannot_name_is_noticed(visit, origin):
    """axe-core runs under the strictest policy, and finds a field without a label."""
    one = visit(origin + "/nameless")

    assert [found.split(":")[0] for found in axe.violations(one.page)] == ["label"]
