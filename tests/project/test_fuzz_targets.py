"""Whatever reads a stranger's bytes has a fuzz target that names it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_READS = re.compile(r"(decode|find|parse)_\w+|\w+(Reader|Handshake|Inflater|Check|Connection)")
# Reached only through another that has one.
THROUGH = {
    "decode_close": "Connection",
    "decode_name": "decode_certificate",
    "decode_server_hello": "find_server_hello",
    "RequestReader": "ServerHandshake",
}


def test_every_decoder_and_state_machine_is_fuzzed():
    targets = "".join(path.read_text() for path in (ROOT / "fuzz").glob("fuzz_*.py"))
    readers = set()
    for package in ("wire", "protocol"):
        for path in (ROOT / "src" / "wssure" / package).glob("*.py"):
            names = re.findall(r"^(?:class|def) ([A-Za-z]\w*)", path.read_text(), re.MULTILINE)
            readers |= {name for name in names if _READS.fullmatch(name)}
    assert len(readers) > 15
    missing = {name for name in readers if not re.search(rf"\b{THROUGH.get(name, name)}\b", targets)}
    assert not missing


def test_a_target_whose_time_per_byte_grows_fails():
    spec = importlib.util.spec_from_file_location("harness", ROOT / "fuzz" / "harness.py")
    assert spec is not None
    assert spec.loader is not None
    harness = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(harness)
    for data in (b"a", b"some bytes", bytes(500)):
        harness.check_linear(bool, data, lambda target, data: len(data) * 1e-3)
        harness.check_linear(bool, data, lambda target, data: len(data) ** 2 * 1e-12)
    # A record whose length is 3000 is one unfinished record in the shorter input, and many whole ones follow it in the longer.
    harness.check_linear(bool, b"some bytes", lambda target, data: max(len(data) - 3000, 1) * 1e-5)
    # The second cost is quadratic within a line and refused above 8192 bytes.
    for grows in (lambda size: size**2 * 1e-6, lambda size: min(size, 8192) ** 2 * 1e-6):
        with pytest.raises(AssertionError, match="far more than 8 times"):
            harness.check_linear(bool, b"some bytes", lambda target, data, grows=grows: grows(len(data)))
