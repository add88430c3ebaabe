"""What a running station serves beside its socket: health and figures, and the API for whoever shows the token."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from openline.station.api import types as t
from openline.wire.errors import Misuse
from tests.integration.pairs import Pair, free_port, make_pair

pytestmark = pytest.mark.slow

TOKEN = "a token of many words"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two stations; south serves figures and the API on loopback addresses too."""
    made = make_pair(tmp_path)
    metrics, api = free_port(), free_port()
    (made.south.folder / "api.token").write_text(TOKEN + "\n")
    (made.south.folder / "api.token").chmod(0o600)
    text = made.south.config.read_text()
    text = text.replace(
        'socket = "station.sock"', f'socket = "station.sock"\nlisten = "127.0.0.1:{api}"\ntoken_file = "api.token"'
    )
    made.south.config.write_text(f'{text}[metrics]\nlisten = "127.0.0.1:{metrics}"\n')
    made.south.environment = {"METRICS": str(metrics), "API": str(api)}
    with made.through():
        yield made


def get(pair: Pair, which: str, path: str, token: str | None = None) -> tuple[int, str]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://127.0.0.1:{pair.south.environment[which]}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_monitor_sees_life_readiness_and_figures(pair):
    """Alive, ready, and figures in Prometheus' format, of lines and carriers and of nothing that was said."""
    pair.north.message("a word that no monitor sees")
    pair.wait_equal()

    assert get(pair, "METRICS", "/healthz") == (200, "ok\n")
    assert get(pair, "METRICS", "/readyz") == (200, "ok\n")
    code, figures = get(pair, "METRICS", "/metrics")
    assert code == 200
    assert 'openline_carrier_up{carrier="fibre"} 1.0' in figures
    assert 'openline_line_observed{line="liaison",observed="through"} 1.0' in figures
    assert "openline_entries 2.0" in figures
    assert "a word that no monitor sees" not in figures

    with socket.create_connection(("127.0.0.1", int(pair.south.environment["METRICS"])), timeout=30) as stranger:
        stranger.sendall(b"\x16\x03\x01 no HTTP at all\r\n\r\n")
        assert stranger.recv(100).startswith(b"HTTP/1.1 400")
    for line in pair.south.log.splitlines():
        json.loads(line)  # what a stranger says is no line of the log, and every line is one for programs


def test_the_api_on_an_address_wants_the_token(pair):
    """Without the token, or with another, nothing is answered; with it, what the socket answers."""
    assert get(pair, "API", "/v1/status")[0] == 401
    assert get(pair, "API", "/v1/status", "another")[0] == 401
    code, status = get(pair, "API", "/v1/status", TOKEN)
    assert code == 200
    assert '"side":"south"' in status


def test_the_socket_is_its_owners(pair):
    """Others on the machine may not open it, and a second station does not take it over."""
    socket = pair.south.folder / "station.sock"
    assert stat.S_IMODE(socket.stat().st_mode) & 0o007 == 0
    second = pair.south
    process = second.process
    second.launch()
    assert second.process is not None
    assert second.process.wait(60) == 2
    assert "a station is running" in (second.folder / "stderr").read_text()
    second.process = process
    assert second.status() is not None


def test_it_stops_when_it_is_told(pair):
    """SIGTERM and SIGINT end it with exit 0; its socket is gone, and who asks then is told so."""
    for number in (signal.SIGTERM, signal.SIGINT):
        assert pair.south.stop(number) == 0
        assert not (pair.south.folder / "station.sock").exists()
        with pytest.raises(Misuse, match="no station is running"):
            pair.south.asking.get("/v1/status", t.Status)
        pair.south.start()


def test_a_socket_that_a_killed_station_left_is_no_hindrance(pair):
    """After SIGKILL the socket file is there and nobody listens: the next start takes its place."""
    pair.south.kill()
    assert os.path.lexists(pair.south.folder / "station.sock")
    pair.south.start()
    pair.wait_through()


def test_a_folder_of_any_depth_has_a_socket(tmp_path):
    """A station whose path is longer than the system allows for a socket serves and is asked all the same."""
    deep = tmp_path.joinpath(*("a folder with a long name",) * 5)
    pair = make_pair(deep)
    try:
        pair.start()
        pair.wait_through()
        assert pair.south.stop() == 0
        assert not (pair.south.folder / "station.sock").exists()
    finally:
        pair.stop()
