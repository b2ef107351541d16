"""Alerts: two bytes, a level and a number with a name."""

from __future__ import annotations

import pytest

from wssure.wire.alert import Alert, decode_alert, encode_alert
from wssure.wire.decode import DecodeError
from wssure.wire.record import RecordReader


@pytest.mark.parametrize(
    ("data", "name", "fatal"),
    [
        (b"\x02\x28", "handshake_failure", True),
        (b"\x02\x70", "unrecognized_name", True),
        (b"\x01\x70", "unrecognized_name", False),
        (b"\x01\x00", "close_notify", False),
        (b"\x02\xc8", "alert 200", True),
    ],
)
def test_an_alert_has_its_name_and_level(data, name, fatal):
    alert = decode_alert(data)
    assert (alert.name, alert.fatal) == (name, fatal)


@pytest.mark.parametrize("data", [b"", b"\x02", b"\x02\x28\x00", b"\x03\x28", b"\x00\x00", bytes(range(20))])
def test_what_is_no_plaintext_alert_is_a_decode_error(data):
    with pytest.raises(DecodeError):
        decode_alert(data)


@pytest.mark.parametrize("level", [1, 2])
def test_an_encoded_alert_decodes_to_itself(level):
    for number in range(256):
        (record,) = RecordReader().feed(encode_alert(number, level))
        assert (record.type, record.version) == (21, 0x0303)
        assert decode_alert(record.payload) == Alert(level, number)
