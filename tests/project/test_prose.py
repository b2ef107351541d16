"""The language of docstrings and comments: figures stay under ceilings, and ceilings only fall."""

from __future__ import annotations

import subprocess

import pytest
from tests.project.loading import load_tool
from tests.project.test_hygiene import ROOT, tracked

prose = load_tool("prose")

# So far a figure may fall before its ceiling has to follow.
SLACK = 1.0
PYTHON = '''"""Return what is due."""

NAME = "who is not counted"


class Room:
    """Hold a value.

    It waits where nobody's turn came.
    """

    def take(self) -> str:
        """Take it."""
        return "what"  # whose turn it is
'''
CYTHON = '''# where the state is
cdef class Engine:
    """Say who asks."""

    cdef object what
'''
C = """/* One line.
 * What it does. */
static int who = 1; // where it stood
const char *url = "wss://what";
"""


def found_in(source: str, suffix: str) -> set[tuple[str, int]]:
    count = prose.Count()
    count.add("file", prose.texts(source, suffix))
    return {(place.kind, place.line) for place in count.places}


def today() -> tuple[object, dict[str, tuple[float, float]]]:
    return prose.count_files(prose.sources()), prose.read_limits(prose.CEILINGS.read_text())


def test_docstrings_and_comments_are_counted_and_other_strings_are_not():
    what, own = "what, who, whose", "words of our own"
    assert found_in(PYTHON, ".py") == {(what, 1), ("summaries", 1), ("where", 9), (own, 9), (what, 14)}
    assert found_in(CYTHON, ".pyx") == {("where", 1), (what, 3), ("summaries", 3)}
    assert found_in(C, ".c") == {(what, 2), ("where", 3), (own, 3)}


def test_figures_are_per_1000_words_and_per_cent_of_the_summaries():
    count = prose.Count()
    count.add("file", [prose.Text(1, "Return what is due.", True), prose.Text(2, "Take it where it is.", True)])
    assert count.figures() == {
        "what, who, whose": 1000 / 9,
        "where": 1000 / 9,
        "words of our own": 0.0,
        "summaries": 50.0,
    }


def test_no_figure_is_above_its_ceiling():
    count, limits = today()
    assert prose.over(count.figures(), limits) == [], "\n".join(prose.report(count, limits))


def test_a_ceiling_follows_its_figure_down_to_the_target():
    count, limits = today()
    loose = [
        kind
        for kind, (ceiling, target) in limits.items()
        if ceiling > target and ceiling > count.figures()[kind] + SLACK
    ]
    assert loose == [], "make prose LOWER=1"


def test_ceilings_only_fall():
    tracked()  # Skips outside a git checkout.
    name = str(prose.CEILINGS.relative_to(ROOT))

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True, text=True).stdout

    _, now = today()
    # A deletion has no text to compare with.
    for commit in git("log", "--first-parent", "--diff-filter=AM", "--format=%H", "--", name).split():
        for kind, (ceiling, target) in prose.read_limits(git("show", f"{commit}:{name}")).items():
            assert now[kind][0] <= ceiling, f"{kind}: ceiling at {commit[:9]}"
            assert now[kind][1] <= target, f"{kind}: target at {commit[:9]}"


def test_lowering_rounds_up_to_a_tenth_and_never_raises():
    text = "# why\nwhere\t8.4\t3.0\nsummaries\t20.1\t1.0\n"
    assert prose.lowered(text, {"where": 7.21, "summaries": 25.0}) == "# why\nwhere\t7.3\t3.0\nsummaries\t20.1\t1.0\n"


@pytest.mark.parametrize(("ceiling", "named"), [(1000.0, False), (0.5, True)])
def test_a_report_names_the_files_of_a_figure_above_its_ceiling(ceiling, named):
    count = prose.Count()
    count.add("src/one.py", [prose.Text(1, "where", False)])
    count.add("src/two.py", [prose.Text(1, "if", False)])
    said = "\n".join(prose.report(count, {"where": (ceiling, 0.1)}))
    assert ("OVER" in said) == named
    assert ("1  src/one.py" in said) == named
    assert "src/two.py" not in said
