"""A short scenario: two lines, a check-in that rings out, a wire that is cut, a site that is lost."""

from __future__ import annotations

HEAD = """\
[scenario]
title = "A short day"
start = 2020-06-08T08:50:00+09:00
zone = "Asia/Seoul"
sides = ["north", "south"]

[[carrier]]
id = "copper"
kind = "live"
latency_ms = 20

[[carrier]]
id = "fibre"
kind = "live"
latency_ms = 12

[[line]]
id = "panmunjom"
carriers = ["copper"]
check_ins = [{ at = "09:00", caller = "south", days = "daily" }]

[[line]]
id = "west"
carriers = ["fibre"]
"""
ABSENT = """
[[step]]
at = 2020-06-08T08:55:00+09:00
by = "north"
do = "desk"
line = "*"
mode = "absent"
note = "Nobody is there."
source = "a newspaper"
"""
UNANSWERED = """
[[step]]
at = 2020-06-08T09:02:00+09:00
expect = { side = "south", line = "panmunjom", formal = "open", observed = "rang_unanswered" }
note = "It rings out."
invented = true
"""
CARRIER_DOWN = """
[[step]]
at = 2020-06-08T08:55:00+09:00
fault = "carrier_down"
carrier = "copper"
"""
DESTROYED = """
[[step]]
at = 2020-06-08T08:56:00+09:00
fault = "site_destroyed"
side = "south"
"""
LATER = """
[[step]]
at = 2020-06-08T09:10:00+09:00
expect = { side = "north", evidence = "none" }
"""
