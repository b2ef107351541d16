from hypothesis import given
from hypothesis import strategies as st

from wssure.evidence import Phase
from wssure.tools.draw.waterfall import waterfall

PHASES = (
    Phase("resolve", None, 0, 25, ok=True),
    Phase("dial", "192.0.2.7:443", 25, 25, ok=True),
    Phase("tls", "192.0.2.7:443", 50, 50, ok=False),
)

EXPECTED = """\
resolve                 ━━━━━━━━                               25.0 ms
dial     192.0.2.7:443          ━━━━━━━━                       25.0 ms
tls      192.0.2.7:443                  ━━━━━━━━━━━━━━━━✗      50.0 ms"""


def test_each_phase_is_a_bar_on_one_axis():
    assert waterfall(PHASES, width=70) == EXPECTED


def test_nothing_timed_draws_nothing():
    assert waterfall(()) == ""


@given(
    st.lists(
        st.builds(
            Phase,
            st.sampled_from(["resolve", "dial", "tls", "upgrade", "other"]),
            st.none() | st.text(max_size=60),
            st.floats(0, 1e6),
            st.floats(0, 1e6),
            st.booleans(),
        ),
        max_size=6,
    ),
    st.integers(20, 200),
)
def test_any_timings_can_be_drawn_one_line_each(phases, width):
    drawn = waterfall(phases, width=width)
    assert len(drawn.splitlines()) == len(phases)
    assert "\x1b" not in drawn
