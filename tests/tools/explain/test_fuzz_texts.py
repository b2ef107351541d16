"""The fuzz target of pasted texts holds over its seeds and over seeds with a few bytes changed."""

from __future__ import annotations

from fuzz import fuzz_texts
from hypothesis import given
from hypothesis import strategies as st

SEEDS = {
    fuzz_texts: [
        b"mbedtls connect -1 5 0\r\n",
        b"[2023/11/20 10:00:00:1234] N: CA is not trusted",
        b"E (1234) esp-tls: mbedtls_ssl_handshake returned -0x2700",
        b"ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch (_ssl.c:1000)",
        "\ufeff\x1b[31mcurl: (35) error:0A000410:SSL routines::sslv3 alert handshake failure\x1b[0m".encode("utf-16"),
    ]
}


@given(data=st.data())
def test_the_target_holds_over_changed_seeds(data):
    seed = bytearray(data.draw(st.sampled_from(SEEDS[fuzz_texts])))
    for _ in range(data.draw(st.integers(0, 5))):
        seed[data.draw(st.integers(0, len(seed) - 1))] = data.draw(st.integers(0, 255))
    fuzz_texts.TestOneInput(bytes(seed[: data.draw(st.integers(0, len(seed)))]))


@given(st.binary(max_size=300))
def test_the_target_holds_over_rubbish(data):
    fuzz_texts.TestOneInput(data)
