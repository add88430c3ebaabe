"""A station's first configuration file, written for the technician who changes it later (docs/station.md).

Rules of this file: what it writes, `config.load` takes without a mistake; a carrier whose way is not known yet stands
there as a comment, so that nobody has to look up how it is written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from openline.wire.accord import Carrier, CarrierKind


class Way(NamedTuple):
    """How this side reaches one carrier of the accord."""

    carrier: Carrier
    listen: str = ""
    connect: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return bool(self.listen or self.connect or self.servers)


class VoiceWay(NamedTuple):
    """How two officers speak: our relay's outer address, the other side's, and the host that our browsers are told."""

    listen: str
    peer: str
    inner: str


def written(
    side: str,
    ways: Sequence[Way],
    *,
    protected: bool,
    store: str,
    metrics: str = "",
    voice: VoiceWay | None = None,
) -> str:
    """The text of station.toml. `protected`: the key file has a passphrase; `store`: where the record is; `metrics`:
    where to serve figures; `voice`: how calls are spoken."""
    lines = [
        "# A station of Openline. docs/station.md explains every key; check with: openline config check",
        "[station]",
        f"side = {quoted(side)}",
        'accord = "accord"',
        'keys = "station.keys"',
        *(['# passphrase_file = "passphrase"   # without it, every start asks'] if protected else []),
        'secret = "table.secret"',
        'tls = "station.tls"',
        f"store = {quoted(store)}",
        "",
        "[api]",
        'socket = "station.sock"',
        "",
        "[metrics]",
        f"listen = {quoted(metrics)}" if metrics else '# listen = "127.0.0.1:9480"',
        "",
        "[probes]",
        '# targets = ["192.0.2.1:53"]   # two or three points of our own network that always take connections',
        "",
        "# [alarm]   # without it, an alarm reaches nobody who does not look",
        '# webhook = ["https://desk.example/alarm"]',
        '# command = ["/usr/local/bin/ring"]',
        "",
        "# [console]   # without it, officers have no web page",
        '# listen = "127.0.0.1:7470"',
        '# origin = "https://line.example"   # how browsers name it',
        '# store = "console.sqlite"',
        '# tls = "console.pem"   # for browsers; not needed behind a proxy, or under localhost',
        "",
        *_voice(voice),
    ]
    for way in ways:
        lines += ["", *_table(way)]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A basic string of TOML; JSON's strings are, but for the one control character that JSON lets through."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _voice(voice: VoiceWay | None) -> list[str]:
    if voice is None:
        return [
            "# [voice]   # without it, calls are by text alone",
            '# listen = "0.0.0.0:7444"   # UDP',
            '# peer = "station.example:7444"   # the other station\'s listen',
            '# inner = "192.0.2.10"   # for our officers\' browsers',
        ]
    keys = (f"{name} = {quoted(value)}" for name, value in voice._asdict().items())
    return ["[voice]", *keys]


def _table(way: Way) -> list[str]:
    one = way.carrier
    if one.kind is CarrierKind.COURIER:
        return [f"# The courier {quoted(one.id)} needs no table."]
    head = ["[[carrier]]", f"id = {quoted(one.id)}"]
    if not way.known:
        example = (
            ['listen = "0.0.0.0:7443"', 'connect = ["station.example:7443"]']
            if one.kind is CarrierKind.LIVE
            else ['servers = ["tls://relay.example:4222"]']
        )
        return [f"# {line}" for line in [*head, *example]]
    if way.listen:
        head.append(f"listen = {quoted(way.listen)}")
    if way.connect:
        head.append(f"connect = [{', '.join(map(quoted, way.connect))}]")
    if way.servers:
        head.append(f"servers = [{', '.join(map(quoted, way.servers))}]")
    return head
