"""A listening socket that lets few strangers in at once.

Rules of this file:
1. Every connection costs memory and a file descriptor until its handshake is over, and anyone may open one: how many
   stand at once is bounded, in all and from one address, so that a stranger with many connections shuts out himself.
2. What is over the bound is closed at once, without a word.
"""

from __future__ import annotations

import errno
import socket
from collections import Counter
from typing import Any, Final

STANDING_MAX: Final = 128  # chosen: far below the usual 1,024 descriptors of a process
FROM_ONE_MAX: Final = 8  # chosen: the other side needs one, and a second while it changes over
BACKLOG: Final = 64
_FREEBIND: Final = {  # Linux's IP_FREEBIND and IPV6_FREEBIND, which the library does not name
    socket.AF_INET: (socket.IPPROTO_IP, 15), socket.AF_INET6: (socket.IPPROTO_IPV6, 78),
}  # fmt: skip


class Admitted(socket.socket):
    """A connection that was let in; closing it makes room."""

    gate: Gate | None = None
    address = ""

    def close(self) -> None:
        gate, self.gate = self.gate, None
        if gate is not None:
            gate.left(self.address)
        super().close()


class Gate(socket.socket):
    """The listening side. `refused` counts those that were not let in."""

    def __init__(self, family: int, *, standing_max: int = STANDING_MAX, from_one_max: int = FROM_ONE_MAX) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self.setblocking(False)
        self.standing: Counter[str] = Counter()
        self.standing_max, self.from_one_max = standing_max, from_one_max
        self.refused = 0
        self.early = False  # no interface of this machine had the address yet

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection that may stand.

        Raises:
            ConnectionAbortedError: it may not; it is closed already. The event loop goes on to the next.
        """
        connection, address = super().accept()
        host = str(address[0])
        if self.standing.total() >= self.standing_max or self.standing[host] >= self.from_one_max:
            self.refused += 1
            connection.close()
            raise ConnectionAbortedError(f"too many connections from {host}")
        admitted = Admitted(connection.family, connection.type, connection.proto, connection.detach())
        admitted.gate, admitted.address = self, host
        self.standing[host] += 1
        return admitted, address

    def left(self, host: str) -> None:
        self.standing[host] -= 1
        if not self.standing[host]:
            del self.standing[host]


def listening(
    host: str, port: int, *, standing_max: int = STANDING_MAX, from_one_max: int = FROM_ONE_MAX, early: bool = False
) -> Gate:
    """A gate that listens on an address of this machine. `early`: also on one that no interface has yet; whoever comes
    there as soon as one has it is let in.

    Raises:
        OSError: the name is unknown, the port is taken, or, unless `early`, no interface has the address.
    """
    [(family, _, _, _, where), *_] = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    gate = Gate(family, standing_max=standing_max, from_one_max=from_one_max)
    try:
        gate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            gate.bind(where)
        except OSError as error:
            if not early or error.errno != errno.EADDRNOTAVAIL:
                raise
            gate.setsockopt(*_FREEBIND[gate.family], 1)
            gate.bind(where)
            gate.early = True
        gate.listen(BACKLOG)
    except OSError:
        gate.close()
        raise
    return gate
