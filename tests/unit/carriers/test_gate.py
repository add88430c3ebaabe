"""The gate before the live carrier: how many strangers may stand at once."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from openline.carriers.gate import Gate, listening


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = listening("127.0.0.1", 0)
    made.setblocking(True)
    yield made
    made.close()


def call(gate: Gate) -> socket.socket:
    return socket.create_connection(gate.getsockname())


def test_one_address_may_not_take_all_the_room(gate):
    """Beyond its share, connections of one address are closed at once; the gate stays open."""
    gate.from_one_max = 2
    callers = [call(gate) for _ in range(3)]
    admitted = [gate.accept()[0] for _ in range(2)]
    with pytest.raises(ConnectionAbortedError):
        gate.accept()

    assert callers[2].recv(1) == b""
    assert gate.refused == 1
    admitted[0].close()
    callers.append(call(gate))
    admitted.append(gate.accept()[0])
    for each in (*callers, *admitted):
        each.close()
    assert not gate.standing


def test_closing_twice_makes_room_once(gate):
    """A connection counts until it is closed, and is taken off once."""
    with call(gate):
        admitted, _ = gate.accept()
        assert gate.standing.total() == 1
        admitted.close()
        admitted.close()
    assert gate.standing.total() == 0


def test_a_taken_port_is_an_error(gate):
    """Two stations cannot listen on one port."""
    with pytest.raises(OSError, match="in use"):
        listening("127.0.0.1", gate.getsockname()[1])


@pytest.mark.parametrize("host", ["192.0.2.77", "2001:db8::77"])
def test_an_address_that_no_interface_has_yet_is_waited_at_where_that_is_asked(host):
    """A cable whose interface is not there keeps no station from starting; elsewhere a mistyped address is told."""
    with pytest.raises(OSError, match="Cannot assign"):
        listening(host, 0)
    made = listening(host, 0, early=True)
    assert made.early
    assert made.getsockname()[0] == host
    made.close()


def test_a_port_that_is_taken_is_told_whatever_was_asked(gate):
    """Another program in our place does not go away by waiting."""
    with pytest.raises(OSError, match="in use"):
        listening("127.0.0.1", gate.getsockname()[1], early=True)
    assert not gate.early
