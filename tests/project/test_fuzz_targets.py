"""Whatever reads a stranger's bytes has a fuzz target that names it."""

from __future__ import annotations

import re
from pathlib import Path

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
    for room in ("wire", "protocol"):
        for path in (ROOT / "src" / "wssure" / room).glob("*.py"):
            listed = re.search(r"__all__ = \[(.*?)\]", path.read_text(), re.DOTALL)
            names = re.findall(r'"(\w+)"', listed.group(1)) if listed else []
            readers |= {name for name in names if _READS.fullmatch(name)}
    assert len(readers) > 15
    missing = {name for name in readers if not re.search(rf"\b{THROUGH.get(name, name)}\b", targets)}
    assert not missing
