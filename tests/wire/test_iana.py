"""The tables of names: true where another source names the same number, and complete for every recording."""

from __future__ import annotations

import ssl

import pytest
from tests.wire.recordings import HELLOS, flight

from wssure.wire import iana
from wssure.wire.hello import find_client_hello
from wssure.wire.iana_ciphers import CIPHERS


def test_every_number_of_every_recording_has_a_name():
    for hello in (find_client_hello(flight(folder, file)) for folder, file in HELLOS):
        named = [
            *(iana.cipher_name(number) for number in hello.cipher_suites),
            *(iana.extension_name(number) for number in hello.extension_ids),
            *(iana.group_name(number) for number in hello.groups),
            *(iana.signature_name(number) for number in hello.signature_algorithms),
            *(iana.version_name(number) for number in hello.supported_versions),
        ]
        assert [name for name in named if name.startswith("0x")] == []


def test_names_agree_with_the_ssl_module():
    for item in ssl.AlertDescription:
        expected = item.name.removeprefix("ALERT_DESCRIPTION_").lower()
        # The registry writes this one name with a single l.
        assert iana.alert_name(item.value) == expected.replace("cancelled", "canceled")
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert iana.version_name(version.value).replace(".", "_") == version.name
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    numbers = {cipher["id"] & 0xFFFF: cipher["name"] for cipher in context.get_ciphers()}
    assert {f"0x{number:04X} {name}" for number, name in numbers.items() if number not in CIPHERS} == set()
    for number, name in numbers.items():
        if name.startswith("TLS_"):
            assert iana.cipher_name(number) == name


def test_no_name_stands_twice_in_a_table():
    for table in (CIPHERS, iana.VERSIONS, iana.GROUPS, iana.SIGNATURES, iana.ALERTS):
        assert len(set(table.values())) == len(table)


@pytest.mark.parametrize("number", [0x0A0A, 0x1A1A, 0x8A8A, 0xFAFA])
def test_grease_is_named_as_such(number):
    assert iana.is_grease(number)
    assert iana.group_name(number) == f"GREASE (0x{number:04X})"


@pytest.mark.parametrize("number", [0x0A1A, 0x1301, 0x0A0B, 0xA0A0])
def test_other_numbers_are_no_grease(number):
    assert not iana.is_grease(number)


def test_an_unknown_number_is_shown_as_hex():
    assert iana.cipher_name(0xFEED) == "0xFEED"
    assert iana.alert_name(200) == "alert 200"
