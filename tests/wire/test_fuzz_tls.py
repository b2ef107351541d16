"""The fuzz targets of the TLS decoders hold over their seeds and over seeds with a few bytes changed."""

from __future__ import annotations

import subprocess
import sys
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import DNSName, IPAddress, NameConstraints
from fuzz import fuzz_alert, fuzz_constraints, fuzz_flight, fuzz_hello, fuzz_record, fuzz_server_hello, fuzz_x509
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.certificates import aia, make, name_of, san
from tests.wire.recordings import HELLOS, VECTORS, flight
from tests.wire.test_flight import REQUEST, TLS12, TLS13
from tests.wire.test_hello import extension, record, server_hello

FLIGHTS = [flight(*which) for which in HELLOS[::7]] + [flight("libwebsockets", "deb416-ossl30-flags-none.hex")]
NAMES = san("x.a.test", "192.0.2.7").public_bytes()
LIMITS = NameConstraints([DNSName("a.test")], [IPAddress(IPv4Network("198.51.100.0/24"))]).public_bytes()
SEEDS = {
    fuzz_constraints: [bytes([len(NAMES)]) + NAMES + LIMITS],
    fuzz_record: [b"\x40" + data for data in FLIGHTS],
    fuzz_hello: FLIGHTS,
    fuzz_server_hello: [record(server_hello(extension(43, b"\x03\x04"), extension(51, b"\x00\x1d\x00\x01k")))],
    fuzz_alert: [b"\x02\x28", b"\x01\x00"],
    fuzz_x509: [
        make(name_of(("CN", "a")), extensions=(san("a.test", "::1"), aia(ocsp=("http://o.test",)))).public_bytes(
            Encoding.DER
        )
    ],
    fuzz_flight: [TLS12, TLS13, REQUEST],
}
TARGETS = pytest.mark.parametrize("target", SEEDS, ids=lambda target: target.__name__.rpartition(".")[2])


@TARGETS
def test_a_target_holds_over_its_seeds(target):
    for seed in (*SEEDS[target], b"", b"\x16", bytes(50)):
        target.TestOneInput(seed)


@TARGETS
@given(data=st.data())
def test_a_target_holds_over_changed_seeds(target, data):
    seed = bytearray(data.draw(st.sampled_from(SEEDS[target])))
    for _ in range(data.draw(st.integers(0, 5))):
        seed[data.draw(st.integers(0, len(seed) - 1))] = data.draw(st.integers(0, 255))
    target.TestOneInput(bytes(seed[: data.draw(st.integers(0, len(seed)))]))


# `make fuzz` runs each of them so; what reads the files is the same for all.
def test_a_target_runs_over_files_without_a_fuzzer(tmp_path):
    seed = tmp_path / "seed.bin"
    seed.write_bytes(SEEDS[fuzz_hello][0])
    recorded = VECTORS / "clients" / "chromium-156.hex"
    command = [sys.executable, str(Path(fuzz_hello.__file__)), str(seed), str(recorded)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"ok {seed}\nok {recorded}\n"
