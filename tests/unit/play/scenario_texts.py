"""A valid scenario file that uses every table, verb, condition and check; pieces of wrong ones; and how a wrong one is
checked: `#!` marks the line that the fault must name."""

from __future__ import annotations

from typing import Final

import pytest

from openline.play.loading import load
from openline.play.scenario import ScenarioFault

HEAD: Final = """\
[scenario]
title = "Two sides"
start = 2020-06-08T08:00:00+09:00
zone = "Asia/Seoul"
sides = ["north", "south"]
principals = { north = ["chairman", "envoy"], south = ["president", "envoy"] }

[[carrier]]
id = "copper"
kind = "live"
latency_ms = 20

[[carrier]]
id = "satellite"
kind = "relay"

[[carrier]]
id = "bag"
kind = "courier"

[[line]]
id = "panmunjom"
carriers = ["copper", "bag"]

[[line]]
id = "west"
carriers = ["satellite", "copper"]
check_ins = [
  { at = "09:00", caller = "south", days = "working" },
  { at = 17:00:30, caller = "north", days = "daily", zone = "Asia/Pyongyang" },
]
holidays = [2020-10-01, 2020-05-05, 2020-10-01]
expires = 2021-01-01T00:00:00Z
pulse_s = 30
"""

# One step of every verb, condition and check, some with every field and some with none that has a default.
STEPS: Final = """
[[step]]
after = "PT1H"
by = "north"
do = "suspend"
lines = ["*"]
[[step]]
at = 2020-06-08T09:00:00+09:00
by = "south"
do = "suspend"
lines = ["west", "panmunjom", "west"]
lanes = ["safety", "liaison"]
reason = ""
from = 2020-06-08T12:00:00.5
note = "as told"
source = "a newspaper"
invented = true
[[step]]
after = "PT0S"
by = "south"
do = "propose"
ref = "p"
lines = ["panmunjom"]
effective = 2020-07-01T10:00:00+09:00
[[step]]
after = "PT0S"
by = "north"
do = "accept"
ref = "p"
[[step]]
after = "PT0S"
by = "south"
do = "withdraw"
ref = "p"
[[step]]
after = "PT0S"
by = "north"
do = "message"
ref = "m1"
line = "west"
text = "ship in distress"
[[step]]
after = "PT0S"
by = "north"
do = "message"
ref = "m2"
line = "west"
text = "two ships"
lane = "safety"
precedence = "FLASH"
due = "PT0.5S"
exercise = true
corrects = "m1"
[[step]]
after = "PT0S"
by = "south"
do = "notice"
ref = "n"
line = "west"
form = "hazard"
fields = { where = "37N", ships = 3, speed = 7.5, drifting = true, since = 2020-06-08, at = 07:30:00 }
due = "PT30M"
[[step]]
after = "PT0S"
by = "south"
do = "document"
ref = "d"
line = "panmunjom"
bytes = 100000
precedence = "IMMEDIATE"
[[step]]
after = "PT0S"
by = "north"
do = "letter"
ref = "l"
to = "president"
text = "Excellency"
[[step]]
after = "PT0S"
by = "south"
do = "letter"
ref = "l2"
to = "envoy"
text = "Dear envoy"
[[step]]
after = "PT0S"
by = "south"
do = "courier"
[[step]]
after = "PT0S"
by = "south"
do = "courier"
travel = "P1D"
[[step]]
after = "PT0S"
by = "south"
do = "call"
line = "west"
[[step]]
after = "PT0S"
by = "south"
do = "desk"
mode = "absent"
[[step]]
after = "PT0S"
by = "south"
do = "desk"
line = "west"
mode = "defers"
[[step]]
after = "PT0S"
by = "south"
do = "acknowledge"
ref = "m1"
[[step]]
after = "PT0S"
by = "south"
do = "answer"
ref = "m1"
text = "on our way"
[[step]]
after = "PT0S"
by = "north"
do = "presence"
mode = "withheld"
[[step]]
after = "PT0S"
by = "north"
do = "announce"
ref = "a"
text = { ko = "복원", en = "Restored" }
[[step]]
after = "PT0S"
by = "north"
do = "minute"
ref = "mi"
text = { en = "We spoke." }
[[step]]
after = "PT0S"
by = "north"
do = "amend"
ref = "am"
line = "west"
effective = 2020-07-01T00:00:00+09:00
check_ins = []
carriers = ["copper"]
expires = 2022-01-01T00:00:00Z
holidays = [2020-12-25]
pulse_s = 120
[[step]]
after = "PT0S"
by = "north"
do = "rotate_key"
[[step]]
after = "PT0S"
by = "north"
do = "backup"
name = "monday"
[[step]]
after = "PT0S"
by = "north"
do = "restore_site"
from = "monday"
[[step]]
after = "PT0S"
by = "south"
do = "restore_site"
from = "peer"
[[step]]
after = "PT0S"
fault = "carrier_down"
carrier = "copper"
[[step]]
after = "PT0S"
fault = "carrier_up"
carrier = "copper"
side = "north"
[[step]]
after = "PT0S"
fault = "carrier_lossy"
carrier = "satellite"
loss = 1
reorder = 0.25
[[step]]
after = "PT0S"
fault = "tamper"
carrier = "satellite"
on = true
[[step]]
after = "PT0S"
fault = "station_down"
side = "north"
[[step]]
after = "PT0S"
fault = "station_up"
side = "north"
[[step]]
after = "PT0S"
fault = "site_destroyed"
side = "north"
[[step]]
after = "PT0S"
fault = "own_network_down"
side = "south"
[[step]]
after = "PT0S"
fault = "own_network_up"
side = "south"
[[step]]
after = "PT0S"
fault = "clock_skew"
side = "south"
seconds = -90.5
[[step]]
after = "PT0S"
fault = "fork"
side = "north"
[[step]]
after = "PT0S"
expect = { side = "south", line = "west", lane = "safety", observed = "through", formal = "open" }
[[step]]
after = "PT0S"
[step.expect]
side = "north"
ref = "m1"
receipt = "answered"
flag = "crossed"
entries_min = 12
[[step]]
after = "PT0S"
expect = { side = "south", ref = "l", readable_by = "president" }
[[step]]
after = "PT0S"
expect = { side = "south", refused = true, heads_equal = true, evidence = "none", record = "verifies" }
[[step]]
after = "PT0S"
expect = { side = "south", ref = "a", announcement = "waiting", alarm = "none" }
"""

MESSAGE: Final = '[[step]]\nafter = "PT1H"\nby = "north"\ndo = "message"\nref = "m"\nline = "west"\ntext = "x"\n'
DO: Final = '[[step]] {0}\nafter = "PT0S"\nby = "north"\n'
SOON: Final = '[[step]]\nafter = "PT0S"\n'
LATER: Final = "effective = 2020-07-01T00:00:00Z\n"


def fault_of(text):
    with pytest.raises(ScenarioFault) as found:
        load(text, "file.toml")
    return found.value


def check(text, step, key, *words):
    """The one fault of `text`: its step, key, line by the mark, and its words."""
    fault = fault_of(text)
    marked = [number for number, line in enumerate(text.split("\n"), 1) if "#!" in line]

    assert (fault.step, fault.key, [fault.line]) == (step, key, marked), fault.what
    where = f"step {step}, " if step else ""
    for part in (f"file.toml, line {fault.line}: {where}", f"key {key}: ", f"allowed there: {fault.allowed}", *words):
        assert part in fault.what
    assert "\n" not in fault.what
