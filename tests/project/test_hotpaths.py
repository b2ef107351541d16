"""The counter of instructions: it reads profiles exactly, cancels start-up, and judges only on the build of its ceilings."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from tests.project.loading import load_tool
from tests.project.test_hygiene import ROOT

hotpaths = load_tool("hotpaths")

# Two functions of Python, the first of which calls one of libcrypto; the cost of the call is not counted twice.
PROFILE = """\
# callgrind format
version: 1
positions: line
events: Ir
summary: 170

ob=(1) /usr/bin/python3
fl=(1) ???
fn=(1) outer
0 100
cob=(2) /usr/lib/libcrypto.so.3
cfn=(2) cipher
calls=3 0
0 50
+5 10

ob=(2)
fn=(2)
* 50

ob=(1)
fn=(3) inner
-2 10

totals: 170
"""


def part(own: int, crypto: int) -> Counter[str]:
    return Counter({"libpython3.so": own, "/usr/lib/libcrypto.so.3": crypto})


def test_a_profile_is_added_up_by_object_without_the_inclusive_costs_of_calls():
    assert hotpaths.costs(PROFILE.splitlines()) == {"/usr/bin/python3": 120, "/usr/lib/libcrypto.so.3": 50}


def test_a_profile_that_is_cut_off_is_refused():
    with pytest.raises(ValueError, match="expected its total of 170"):
        hotpaths.costs(PROFILE.replace("-2 10\n", "").splitlines())


def test_start_up_cancels_out_and_libcrypto_is_counted_apart():
    path = hotpaths.HotPath("echo", warm=5, short=10, long=30, pairs=2)
    assert path.parts() == [5, 10, 30, 10, 30]
    start, per_operation, crypto = 1000, 40, 7
    counts = [part(start + n * per_operation, n * crypto) for n in path.parts()]
    assert hotpaths.figure(path, counts) == hotpaths.Figure(per_operation, crypto, 0.0)


def test_the_figure_is_the_median_and_the_spread_the_outermost_pair():
    path = hotpaths.HotPath("echo", warm=1, short=0, long=1, pairs=3)
    counts = [part(0, 0), *(part(own, 0) for pair in (100, 90, 101) for own in (0, pair))]
    assert hotpaths.figure(path, counts) == hotpaths.Figure(100, 0, 0.1)


@pytest.mark.parametrize(("own", "code"), [(900, 0), (1000, 0), (1030, 0), (1031, 1)])
def test_the_gate_fails_above_three_per_cent(own, code):
    figure = hotpaths.Figure(own, 5000, 0.001)
    assert hotpaths.judge({"echo": figure}, {"echo": 1000}, []) == code
    assert ("OVER" in hotpaths.row("echo", figure, 1000)) == bool(code)


def test_a_row_shows_the_figure_against_its_ceiling_in_per_cent():
    shown = hotpaths.row("echo", hotpaths.Figure(1015, 0, 0.0004), 1000)
    assert shown.split() == ["echo", "1,015", "1,000", "+1.50", "%", "±0.04", "%", "0"]


def test_a_path_without_a_ceiling_fails():
    assert hotpaths.judge({"echo": hotpaths.Figure(1, 0, 0)}, {}, []) == 1


def test_another_build_is_named_and_not_judged(capsys):
    differences = hotpaths.other_build({"python": "3.11.7", "libc": "2.36"}, {"python": "3.13.1", "libc": "2.36"})
    assert hotpaths.judge({"echo": hotpaths.Figure(2000, 0, 0)}, {"echo": 1000}, differences) == 0
    said = capsys.readouterr().out
    assert "python: ceilings 3.11.7, here 3.13.1" in said
    assert "libc" not in said
    assert "make hotpaths RECORD=1" in said


def test_ceilings_survive_a_round_trip_through_their_file():
    written = hotpaths.write_ceilings({"send stream": 3678.4}, {"python": "CPython 3.11 (GCC 12)"})
    assert hotpaths.read_ceilings(written) == ({"send stream": 3678.0}, {"python": "CPython 3.11 (GCC 12)"})


def test_every_path_has_a_ceiling_and_every_part_of_the_build_is_recorded():
    ceilings, build = hotpaths.read_ceilings(hotpaths.CEILINGS.read_text())
    assert set(ceilings) == {path.name for path in hotpaths.PATHS}
    assert set(build) == set(hotpaths.fingerprint())


def test_without_valgrind_it_is_named_as_missing():
    program = [sys.executable, str(ROOT / "tools" / "hotpaths.py")]
    done = subprocess.run(program, env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "valgrind is missing, nothing was measured" in done.stderr


@pytest.mark.parametrize("path", hotpaths.PATHS, ids=lambda path: path.name)
def test_every_path_runs_to_its_end_without_valgrind(path, tmp_path):
    hotpaths.certificates(tmp_path)
    hotpaths.run(replace(path, warm=64, short=64, long=64, pairs=1), tmp_path)
