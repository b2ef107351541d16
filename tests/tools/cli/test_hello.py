"""`wssure hello`: every form of the bytes gives the same answer, and what is no ClientHello says what it is."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import socket
import ssl
import subprocess
import sys
from types import SimpleNamespace

import pytest
from tests.wire.recordings import CLIENTS, LIBWEBSOCKETS, VECTORS, flight

from wssure.errors import UsageError
from wssure.tools.cli.hello import examine
from wssure.tools.cli.hellosource import flight_bytes, read_source
from wssure.tools.cli.main import guarded
from wssure.wire.hello import find_client_hello

RECORDED = flight("libwebsockets", "lws433-mbed340full-skiphost.hex")
NAMED = flight("libwebsockets", "lws433-mbed340full-ok-addr-eq-host.hex")
HTTP = flight("libwebsockets", "lws433-mbed340full-flags-none.hex")


def run_json(capsys, *words: str) -> tuple[int, list[dict]]:
    code = guarded(["hello", *words, "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("row", LIBWEBSOCKETS, ids=lambda row: row["file"].removesuffix(".hex"))
def test_json_says_which_server_name_every_recording_carries(row, capsys):
    code, (value,) = run_json(capsys, str(VECTORS / "libwebsockets" / row["file"]))
    assert value["schema"] == 1
    if row["server_name"] == "not-tls":
        assert code == 2
        assert set(value) == {"schema", "error", "offset"}
        assert value["offset"] == 0
        assert value["error"].startswith("ws.to-tls-port: the client sent plain HTTP")
        return
    kind, _, name = row["server_name"].partition(":")
    assert code == (1 if value["severity"] == "error" else 0)
    assert (value["severity"] == "warning") == (kind == "absent")
    assert value["server_name"] == {"absent": None, "empty": ""}.get(kind, name)
    assert value.get("server_name_hex") == (None if kind == "absent" else name.encode().hex())
    assert ("server_name_hex" in value) == (kind != "absent")
    healthy = kind == "name" and name == "localhost"
    assert (value["failure"] is None) == healthy


@pytest.mark.parametrize("row", CLIENTS, ids=lambda row: row["file"].removesuffix(".hex"))
def test_json_lists_numbers_with_their_names(row, capsys):
    _, (value,) = run_json(capsys, str(VECTORS / "clients" / row["file"]))
    assert (value["ja3"], value["ja4"]) == (row["ja3"], row["ja4"])
    for kind in ("ciphers", "extensions", "groups", "signature_algorithms", "versions", "key_shares"):
        for item in value[kind]:
            assert {"id", "name"} <= set(item)
            assert isinstance(item["id"], int)
    assert value["clients"][0]["confidence"] == "likely"


def dump(program: str, *options: str) -> bytes:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed, so what it prints cannot be tested")
    return subprocess.run([program, *options], input=RECORDED, capture_output=True, check=True).stdout


def xxd(data: bytes) -> str:
    """Write what `xxd` prints, so that its form is tested where it is not installed."""
    lines = []
    for at in range(0, len(data), 16):
        part = data[at : at + 16]
        groups = " ".join(part[i : i + 2].hex() for i in range(0, len(part), 2))
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{at:08x}: {groups:<39}  {text}")
    return "\n".join(lines)


def wireshark(data: bytes) -> str:
    lines = []
    for at in range(0, len(data), 16):
        part = data[at : at + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{at:04x}  {part[:8].hex(' ')}  {part[8:].hex(' '):<23}   {text}")
    return "\n".join(lines)


def c_array(data: bytes) -> str:
    body = ", ".join(f"0x{byte:02x}" for byte in data)
    return f"/* hello */\nunsigned char hello[] = {{\n  {body}\n}};\nunsigned int hello_len = {len(data)};\n"


def openssl_msg(data: bytes) -> str:
    def lines(part: bytes) -> str:
        return "\n".join(f"    {part[at : at + 16].hex(' ')}" for at in range(0, len(part), 16))

    return (
        "CONNECTED(00000003)\n>>> TLS 1.0, RecordHeader [length 0005]\n"
        f"{lines(data[:5])}\n>>> TLS 1.3, Handshake [length 0142], ClientHello\n{lines(data[5:])}\n"
        "<<< TLS 1.2, RecordHeader [length 0005]\n    15 03 03 00 02\n"
        "<<< TLS 1.3, Alert [length 0002], fatal handshake_failure\n    02 28\n"
    )


def openssl_debug(data: bytes) -> str:
    lines = []
    for at in range(0, len(data), 16):
        part = data[at : at + 16]
        spaced = part[:8].hex(" ") + ("-" + part[8:].hex(" ") if len(part) > 8 else "")
        lines.append(f"{at:04x} - {spaced:<47}   {'.' * len(part)}")
    body = "\n".join(lines)
    return (
        "0027F0:error:0A000410:SSL routines\nCONNECTED(00000003)\n"
        f"write to 0x5629 [0x5630] ({len(data)} bytes => {len(data)} (0x14B))\n{body}\n"
        "read from 0x5629 [0x5631] (5 bytes => 5 (0x5))\n0000 - 15 03 03 00 02                                    .....\n"
    )


TEXTS = {
    "hex": RECORDED.hex(),
    "upper-case": RECORDED.hex().upper(),
    "colons": RECORDED.hex(":"),
    "spaces": RECORDED.hex(" ", 4),
    "lines": "\n".join(RECORDED.hex()[at : at + 64] for at in range(0, 2 * len(RECORDED), 64)),
    "comment": f"# a board's first bytes\n\n{RECORDED.hex()}\n",
    "crlf": RECORDED.hex(" ").replace(" 03", "\r\n03"),
    "python": repr("".join(f"\\x{byte:02x}" for byte in RECORDED)).replace("\\\\", "\\"),
    "c-array": c_array(RECORDED),
    "xxd": xxd(RECORDED),
    "wireshark": wireshark(RECORDED),
    "openssl-debug": openssl_debug(RECORDED),
}


@pytest.mark.parametrize("form", TEXTS)
def test_every_form_of_text_gives_the_same_bytes(form):
    assert flight_bytes(TEXTS[form].encode()) == RECORDED


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_text_saved_with_a_mark_of_its_encoding_is_read(encoding):
    assert flight_bytes(RECORDED.hex(" ").encode(encoding)) == RECORDED


def test_the_messages_of_openssl_give_the_hello_without_its_record():
    assert flight_bytes(openssl_msg(RECORDED).encode()) == RECORDED[5:]


PROGRAMS = [
    ("xxd",),
    ("xxd", "-p"),
    ("xxd", "-i"),
    ("xxd", "-g1"),
    ("hexdump", "-C"),
    ("od", "-A", "x", "-t", "x1"),
    ("od", "-t", "x1"),
    ("od", "-A", "x", "-t", "x1z"),
]


@pytest.mark.parametrize("command", PROGRAMS, ids=" ".join)
def test_what_dump_programs_print_is_read(command):
    text = dump(*command)
    # `xxd -i` of standard input prints the bytes alone, without the braces around them.
    assert flight_bytes(text) == RECORDED


@pytest.mark.parametrize("text", ["", "hello", "16 03 0", "0000: zz", "16030100zz", "GET / HTTP/1.1\r\n\r\n"])
def test_text_that_shows_no_bytes_is_taken_as_it_is(text):
    assert flight_bytes(text.encode()) == text.encode()


def test_raw_bytes_are_never_mistaken_for_text():
    assert flight_bytes(RECORDED) == RECORDED
    assert flight_bytes(RECORDED[5:]) == RECORDED[5:]


def test_words_of_the_command_line_files_and_standard_input(tmp_path, monkeypatch, capsys):
    file = tmp_path / "hello.bin"
    file.write_bytes(RECORDED)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(RECORDED)))
    for words in ([str(file)], [RECORDED.hex(":")], RECORDED.hex(" ").split(), ["-"]):
        code, values = run_json(capsys, *words)
        assert (code, [value["server_name"] for value in values]) == (0, [None])


def test_several_files_give_one_object_a_line_and_the_worst_code(tmp_path, capsys):
    for name, data in (("a", NAMED), ("b", HTTP), ("c", RECORDED)):
        (tmp_path / name).write_bytes(data)
    code, values = run_json(capsys, *(str(tmp_path / name) for name in "abc"))
    assert code == 2
    assert [value.get("server_name", "no hello") for value in values] == ["localhost", "no hello", None]


PCAP = b"\xd4\xc3\xb2\xa1" + bytes(20)
USAGE = {
    "nothing": ([], "nothing to decode"),
    "no-file": (["no-such-file"], "is no file, and no hex text"),
    "both": (["--listen", "0", "16"], "--listen came together"),
    "count-alone": (["16", "--count", "1"], "without --listen"),
    "timeout-alone": (["16", "--timeout", "1"], "without --listen"),
    "timeout": (["--listen", "0", "--timeout", "-1"], "expected seconds above 0"),
    "close-alone": (["16", "--close"], "without --listen"),
    "address-alone": (["16", "--listen-address", "::1"], "without --listen"),
    "port": (["--listen", "70000"], "expected 0 to 65535"),
    "count": (["--listen", "0", "--count", "0"], "expected 1 or more"),
    "stack": (["16", "--stack", "lwip"], "esp-idf"),
}


@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage_says_what_to_do_and_exits_2(case, capsys):
    words, expected = USAGE[case]
    assert guarded(["hello", *words]) == 2
    shown = capsys.readouterr()
    assert expected in shown.err
    assert "fix" in shown.err
    assert shown.out == ""


def test_a_capture_file_says_how_to_take_the_bytes_out(tmp_path):
    file = tmp_path / "x.pcap"
    file.write_bytes(PCAP)
    with pytest.raises(UsageError, match="capture file") as caught:
        read_source(str(file))
    assert caught.value.failure.fix.startswith("let the client dial this machine: `wssure hello --listen")


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_source(str(tmp_path))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "cut off"),
        (RECORDED[:50], "cut off"),
        (b"SSH-2.0-x\r\n", "0x53"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "got 21"),
    ],
)
def test_what_is_no_hello_is_an_error_with_its_place(data, what):
    value = examine(data).to_json()
    assert set(value) == {"error", "offset"}
    assert what in value["error"]
    assert 0 <= value["offset"] <= len(data)


def test_the_text_names_server_name_sender_cause_and_fix(capsys):
    assert guarded(["hello", RECORDED.hex()]) == 0
    out = capsys.readouterr().out
    assert "  server_name    absent\n" in out
    assert "most likely libwebsockets on Mbed TLS 3 (TLS 1.2 at most)" in out
    assert "warning[tls.sni-missing]" in out
    assert "right if an IP address was dialled" in out
    assert "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK" in out
    assert "  fix   drop LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK" in out


def test_what_the_user_knows_of_the_client_changes_the_explanation(capsys):
    openssl = flight("clients", "openssl-s-client-3-0-19.hex").hex()
    _, (guessed,) = run_json(capsys, openssl)
    _, (told,) = run_json(capsys, openssl, "--tls", "mbedtls", "--lws", "4.3.3")
    assert "LCCSCF_SKIP" not in guessed["failure"]["fix"]
    assert "LCCSCF_SKIP" in told["failure"]["fix"]


@pytest.mark.parametrize(("level", "code"), [(None, 0), ("error", 0), ("warning", 1)])
def test_a_hello_without_a_name_fails_only_if_warnings_do(level, code, capsys):
    flags = [] if level is None else ["--fail-on", level]
    assert guarded(["hello", RECORDED.hex(), *flags]) == code
    assert guarded(["hello", NAMED.hex(), *flags]) == 0
    assert guarded(["hello", flight("libwebsockets", "lws433-mbed340full-host-ip4.hex").hex(), *flags]) == 1


def test_plain_http_is_recognised(capsys):
    assert guarded(["hello", HTTP.hex()]) == 2
    out = capsys.readouterr().out
    assert "no ClientHello" in out
    assert "error[ws.to-tls-port]" in out
    assert "LCCSCF_USE_SSL" in out


def test_control_characters_of_a_client_never_reach_the_terminal(capsys):
    name = b"a\x1b[31m\xe2\x80\xae"
    body = (len(name) + 3).to_bytes(2, "big") + b"\x00" + len(name).to_bytes(2, "big") + name
    block = b"\x00\x00" + len(body).to_bytes(2, "big") + body
    hello = b"\x03\x03" + bytes(32) + b"\x00\x00\x02\x13\x01\x01\x00" + len(block).to_bytes(2, "big") + block
    raw = b"\x01" + len(hello).to_bytes(3, "big") + hello
    guarded(["hello", raw.hex()])
    guarded(["hello", raw.hex(), "--json"])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out


@pytest.fixture
def listener():
    """Start `wssure hello --listen 0` in a process of its own; gives a function that returns process and port."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> tuple[subprocess.Popen[str], int]:
        code = "from wssure.tools.cli.main import entry; entry()"
        command = [sys.executable, "-c", code, "hello", "--listen", "0", "--listen-address", "127.0.0.1", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        line = process.stderr.readline()
        return process, int(line.split("listening on port ")[1].split()[0])

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_listen_says_which_name_a_real_client_sent_and_answers_with_an_alert(listener):
    process, port = listener("--count", "1", "--json")
    context = ssl.create_default_context()
    with socket.create_connection(("127.0.0.1", port)) as connection, pytest.raises(ssl.SSLError) as caught:
        context.wrap_socket(connection, server_hostname="b.example.net")
    assert "CANCELLED" in str(caught.value).upper()
    out, _ = process.communicate()
    assert process.returncode == 0
    (value,) = [json.loads(line) for line in out.splitlines()]
    assert value["server_name"] == "b.example.net"
    assert value["peer"].startswith("127.0.0.1:")
    assert value["clients"][0]["tls"] == "openssl"


def test_listen_explains_a_hello_without_a_name_and_plain_http(listener):
    process, port = listener("--count", "2", "--close")
    for data in (RECORDED, HTTP):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(data)
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(100) == b""
    out, _ = process.communicate()
    assert process.returncode == 1
    assert "server_name    absent" in out
    assert "most likely libwebsockets on Mbed TLS 3 (TLS 1.2 at most)" in out
    assert "error[ws.to-tls-port]" in out


def test_listening_ends_at_its_timeout_and_names_the_addresses_to_dial(capsys):
    assert guarded(["hello", "--listen", "0", "--timeout", "0.05"]) == 1
    words = capsys.readouterr().err
    assert "no client came within 0.05 s" in words
    from wssure.tools.probe.hello_listener import own_addresses

    assert all(address in words for address in own_addresses())


def test_a_client_before_the_timeout_counts(listener):
    process, port = listener("--timeout", "2", "--json")
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(NAMED)
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert json.loads(out.splitlines()[0])["server_name"] == find_client_hello(NAMED).server_name


def test_a_port_that_is_taken_is_said(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert guarded(["hello", "--listen", str(port), "--listen-address", "127.0.0.1"]) == 2
    assert f"port {port} of 127.0.0.1 cannot be listened on" in capsys.readouterr().err


def test_a_finding_has_the_bytes_it_was_made_from():
    finding = examine(NAMED)
    assert finding.hello == find_client_hello(NAMED)
    assert finding.failure is None
    assert finding.data == NAMED


def test_no_line_of_a_hello_is_wider_than_the_terminal(monkeypatch, capsys):
    monkeypatch.setattr("wssure.tools.cli.output.width", lambda: 80)
    for row in (*LIBWEBSOCKETS, *CLIENTS):
        if row["server_name"] != "not-tls":
            folder = "libwebsockets" if row in LIBWEBSOCKETS else "clients"
            guarded(["hello", str(VECTORS / folder / row["file"])])
    lines = [
        line
        for line in capsys.readouterr().out.splitlines()
        if not line.startswith(("error[", "warning[")) and not line.endswith(": a ClientHello")
    ]
    assert [line for line in lines if len(line) > 80] == []
    assert len(lines) > 1000
