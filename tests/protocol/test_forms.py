"""Where Cython is not installed, the modules that would be compiled run as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.interpreted import INTERPRETED, NAMES

CODE = """
import sys
sys.modules["cython"] = None  # an import of it fails
from tests.interpreted import INTERPRETED
assert INTERPRETED.mask.apply_mask(b"abcd", b"abcd") == bytes(4)
assert INTERPRETED.frame.encode_frame(1, "x") == b"\\x81\\x01x"
"""


def test_the_interpreted_form_needs_no_cython():
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", CODE], cwd=root, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_the_interpreted_form_is_loaded_from_its_source():
    for name in NAMES:
        module = getattr(INTERPRETED, name.rpartition(".")[2])
        assert module.__file__.endswith(".py")
