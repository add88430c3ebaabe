"""Evidence of a line that is well, and every kind of evidence there can be."""

from __future__ import annotations

from hypothesis import strategies as st

from openline.core.silence import Cut, Demand, Evidence, Gap, Heard, History, Offer, RelayWord
from openline.core.state import Formal
from openline.wire.terms import Outcome

NOW = 1_628_582_520_000  # 10 August 2021, 17:02 in Seoul
NOW_S = NOW // 1000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

# Our station up for long, our network well, theirs heard by one carrier on this line a minute ago, hearing us.
WELL = Evidence(
    line="panmunjom", formal="open", pulse_ms=MINUTE, up_since_ms=NOW - 30 * DAY, probes_ok=True,
    probed_ms=NOW - SECOND,
    heard_here=Heard(NOW - MINUTE, NOW - 2 * MINUTE), heard_by_carrier={"copper": NOW - MINUTE},
    heard_lines={"west": NOW - MINUTE}, heard_carriers={"copper": NOW - MINUTE}, line_carriers=("copper",), now_s=NOW_S,
    zone="Asia/Seoul",
)  # fmt: skip

INSTANTS = st.sampled_from([0, SECOND, 59 * SECOND, 3 * MINUTE, 3 * MINUTE + 1, 17 * MINUTE, 3 * HOUR, 10 * DAY]).map(
    lambda ago: NOW - ago
)
TIMES_S = st.one_of(st.sampled_from([0, NOW_S - 60, NOW_S, NOW_S + 86_400, 2**40]), st.integers(0, 2**40))
NAMES = st.sampled_from(["copper", "fibre", "islet"])
STAMPS = st.dictionaries(NAMES, INSTANTS, max_size=2)
REASONS = st.sampled_from(["", "leaflets", "an exercise"])
DEMANDS = st.builds(
    Demand, st.sampled_from(["call", "message"]), TIMES_S, due_s=TIMES_S, outcome=st.none() | st.sampled_from(Outcome),
    shown=st.booleans(), answered=st.booleans(), cite=st.just("0/12"),
)  # fmt: skip
HISTORIES = st.integers(0, 700).flatmap(
    lambda n: st.builds(History, st.just(n), st.integers(0, n), st.integers(0, n + 1), TIMES_S)
)
EVIDENCE = st.builds(
    Evidence,
    line=st.just("panmunjom"),
    formal=st.sampled_from(["", *(state.value for state in Formal)]),
    pulse_ms=st.just(MINUTE),
    up_since_ms=st.none() | INSTANTS,
    restoring=st.booleans(),
    probes_ok=st.none() | st.booleans(),
    probed_ms=st.none() | INSTANTS,
    heard_here=st.none() | st.builds(Heard, INSTANTS, st.none() | INSTANTS),
    heard_by_carrier=STAMPS,
    heard_lines=STAMPS,
    heard_carriers=STAMPS,
    line_carriers=st.lists(NAMES, unique=True).map(tuple),
    we_send_pulses=st.booleans(),
    they_withhold=st.booleans(),
    every_lane_cut=st.booleans(),
    opened_by_restoration=st.booleans(),
    through_since_opening=st.booleans(),
    demand=st.none() | DEMANDS,
    relays=st.lists(
        st.builds(RelayWord, NAMES, st.booleans(), st.none() | st.booleans(), INSTANTS), max_size=2
    ).map(tuple),
    history=HISTORIES,
    missed_check_in_s=st.none() | TIMES_S,
    statements=st.lists(REASONS, max_size=1).map(tuple),
    gaps=st.lists(st.builds(Gap, TIMES_S, st.none() | TIMES_S, st.booleans()), max_size=2).map(tuple),
    now_s=st.just(NOW_S),
    zone=st.sampled_from(["UTC", "Asia/Seoul", "Asia/Pyongyang"]),
    cuts=st.lists(st.builds(Cut, st.booleans(), TIMES_S, REASONS, st.none() | TIMES_S), max_size=2).map(tuple),
    offers=st.lists(st.builds(Offer, st.booleans(), TIMES_S, st.booleans()), max_size=2).map(tuple),
    opened_s=st.none() | TIMES_S,
    expires_s=TIMES_S,
    earlier=st.lists(DEMANDS, max_size=1).map(tuple),
    next_check_in_s=st.none() | TIMES_S,
)
