"""Every command that a page, a help text or a message shows is run, or is read by the parser of its program."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest
from tests.docs.commands import PAGES, ROOT, collected, flags_of, parsers, sources, unmarked
from tests.docs.scratch import HERE, Scratch, speaks_to

from wssure.tools.cli.main import guarded

SHOWN = collected()
# The exit code that the command's page or comment implies, if it is not 0.
EXIT = {
    "wssure check ws://NAME:443/": 1,  # plain HTTP to a TLS port
    "wssure diff A B": 1,  # they differ
    "wssure diff good.bin bad.bin": 1,
    "wssure diff tests/vectors/libwebsockets/lws433-mbed340full-ok-addr-eq-host.hex tests/vectors/libwebsockets/lws433-mbed340full-skiphost.hex": 1,
    "wssure lint PATH...": 1,  # the folder's C code has the mistake
    "wssure lint --tls mbedtls client.c": 1,
    "wssure lint src/": 1,
    "wssure lint --github src/": 1,
    "wssure lint --sarif src/ > lint.sarif": 1,
    "wssure lint --tls mbedtls --lws 4.3.3 client.c": 1,
    "wssure lint --tls mbedtls --lws 4.3.3 --mbedtls 3.4.0 client.c": 1,
    "wssure versions --lws 4.3.3 --mbedtls 3.4.0": 1,  # past its end of life
    "wssure versions --lws 5.0.0 --mbedtls 3.6.6": 1,  # known to break
    "wssure versions --lws X --mbedtls Y": 1,
}
# A name of something, not a whole command: only its flags are read.
MENTIONED = {
    "openssl s_client -showcerts": "names the flag",
    "curl -i": "the page names the program and its flag, and the URL is the reader's",
    "openssl s_client -cipher ...": "the suites are the reader's",
    "openssl req -x509 -subj /CN=name": "names the command that makes certificates without a subjectAltName",
    "wssure check --backend stdlib": "names the flag",
    "wssure check --deep URL": "names the flag in front of its URL",
    "wssure connect --raw": "names the flag",
    "wssure hello --listen": "names the flag",
    "wssure serve --site": "names the flag",
    "wssure lint baseline": "the kind of a file",
}
# By the beginning of the command: why it is not run. `tests/docs/test_commands.py::test_what_is_not_run_is_read` reads it.
NOT_RUN = {
    "openssl crl ": "the revocation list is the CA's",
    "openssl verify ": "tests/causes/test_commands.py makes the certificates and runs it",
    "python -m tests.": "a score that docs/accuracy.md holds; it takes minutes",
    "make ": "takes minutes to hours: the tiers of tests are these commands",
    "bash .ci/run": "runs these tests",
    "tools/": "needs the Debian archive, root or a compiler for minutes",
    "python tools/": "writes pages of this checkout; tests of their own compare what it writes",
    "python -m benchmarks.": "takes minutes, and writes figures",
    "pip install ": "needs a package index",
    "pytest mbedtls/tests": "needs the second distribution, and takes long",
    "apt install ": "changes the machine",
    "apt-get install ": "changes the machine",
    "dig ": "asks a name server",
    "nslookup ": "asks a name server",
    "nc ": "is to be run on another network",
    "openssl dhparam ": "computes for minutes",
    "tshark ": "needs Wireshark",
}
# Programs that the quick tier may not have: `tools/ci-packages.sh` installs them.
FOREIGN = re.compile(r"\b(?:curl|ip|openssl|ss|sysctl) ")
LISTENING = re.compile(r"wssure (?:serve|hello --listen)\b")


def bare(command: str) -> bool:
    """Return whether this only names a verb, such as `wssure check`: the verbs with no argument that runs are run."""
    return re.fullmatch(r"wssure [a-z]+", command) is not None and command.split()[1] not in ("demo", "versions")


def reason(command: str) -> str | None:
    """Return why the command is not run."""
    if command in MENTIONED:
        return MENTIONED[command]
    return next((why for start, why in NOT_RUN.items() if command.startswith(start)), None)


def marked(commands: list[str]) -> list[Any]:
    """Return the commands as parameters, with the tier that has their programs."""
    return [pytest.param(one, marks=[pytest.mark.peers] if FOREIGN.search(one) else []) for one in sorted(commands)]


RUN = [one for one in SHOWN if not bare(one) and reason(one) is None]
READ = [one for one in SHOWN if bare(one) or reason(one) is not None]


def run(scratch: Scratch, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command that ends by itself: in this process if no shell is needed."""
    text = scratch.filled(command)
    if command.startswith("wssure ") and not re.search(r"[|<>&]", text):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"mbedtls connect -1 5 0\n")))
        return guarded(shlex.split(text)[1:])
    done = subprocess.run(["sh", "-c", text], env=scratch.environment, input="", capture_output=True, text=True)
    print(done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.returncode


@pytest.mark.parametrize("command", marked([one for one in RUN if not LISTENING.search(one)]))
def test_a_command_runs_with_the_exit_code_that_its_text_implies(command, scratch, capsys, monkeypatch):
    code = run(scratch, command, capsys, monkeypatch)
    shown = capsys.readouterr()
    assert code == EXIT.get(command, 0), f"{SHOWN[command]} show {scratch.filled(command)}\n{shown.out}\n{shown.err}"
    if command.endswith("--json"):
        json.loads(shown.out)


@pytest.mark.parametrize("command", marked([one for one in RUN if LISTENING.search(one)]))
def test_a_listener_listens(command: str, scratch: Scratch):
    hello = "hello --listen" in command
    text = re.sub(r"(--(?:listen|port)) (?:\d+|PORT)", r"\1 0", command)
    text = scratch.filled(text.replace(" | jq", "" if "--count" in text else " | jq"))
    pipe = ""
    if hello:
        text, _, pipe = text.partition(" .")
        text += "" if "--count" in text else " --count 1"
    words = [sys.executable, "-m", *shlex.split(text)]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=buffered) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = (process.stderr if hello else process.stdout).readline()
        found = re.search(r"(?:port |ws://[^:]+:)(\d+)", first)
        if found is None:
            process.kill()
        assert found, first + process.stderr.read()
        port = int(found[1])
        if hello:
            with socket.create_connection((HERE, port)) as client:
                client.sendall((scratch.folder / "good.bin").read_bytes())
                process.wait()
            answer = process.stdout.read()
            assert "localhost" in answer
            assert not pipe or json.loads(answer)[pipe] == "localhost"
        else:
            name = (re.search(r"--site (\S+)", text) or ["", ""])[1]
            ca = scratch.folder / "ca.pem"
            if name and "--cert" not in text:
                lines = iter(process.stdout.readline, "")
                ca = Path(next(line for line in lines if "throw-away" in line).partition(": ")[2].strip())
            assert speaks_to(port, ca, name, plain="--plain" in text) == "hello"
            process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


@pytest.mark.parametrize("command", marked(READ))
def test_what_is_not_run_is_read(command: str):
    words = shlex.split(command)
    flags = [word for word in words if re.match(r"-{1,2}[a-zA-Z]", word)]
    match words[:2]:
        case ["wssure", verb]:
            assert set(flags) <= flags_of_verb(verb), command
        case ["make", *_]:
            done = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        case ["pip", "install"]:
            extra = re.search(r"wssure\[(\w+)\]", command)
            assert extra is None or extra[1] in (metadata("wssure").get_all("Provides-Extra") or ())
        case ["python" | "pytest" | "bash", file] if "/" in file:
            assert (ROOT / file).exists(), command
            source = (ROOT / file).read_text() if (ROOT / file).is_file() else ""
            assert all(flag in source for flag in flags if words[0] == "python"), command
        case ["python", "-m"] if not words[2].startswith("tests."):
            source = (ROOT / f"{words[2].replace('.', '/')}.py").read_text()
            assert all(f'"{flag}"' in source for flag in flags if flag != "-m"), command
        case [file, *_] if file.startswith("tools/"):
            assert (ROOT / file).exists(), command
            if file.endswith(".sh"):
                subprocess.run(["sh", "-n", ROOT / file], check=True)
        case ["openssl", verb]:
            done = subprocess.run(["openssl", verb, "-help"], capture_output=True, text=True)
            assert all(f" {flag} " in f"{done.stdout}{done.stderr} " for flag in flags), command


def flags_of_verb(verb: str) -> set[str]:
    return {flag for action in parsers()[verb]._actions for flag in action.option_strings}


def test_flags_without_their_program_are_flags_of_a_verb():
    """A page of a cause or a setting names a flag of `check` as a code span: with values that the parser takes."""
    every = set().union(*(flags_of_verb(verb) for verb in parsers()))
    texts = {str(page.relative_to(ROOT)): [page.read_text(encoding="utf-8")] for page in PAGES} | sources()
    for place, text in ((place, text) for place, texts_there in texts.items() for text in texts_there):
        for span in flags_of(text):
            words = shlex.split(span)
            if words[0] in OTHER_FLAGS or words[0].startswith("-D"):
                continue
            assert words[0] in every, f"{place}: {span}"
            if "causes" in place and len(words) > 1:
                parsers()["check"].parse_args(["wss://b.example.net/", *words])


# Flags of other programs: openssl, tools/bare-debian.sh, and the scores of docs/accuracy.md.
OTHER_FLAGS = ("--write", "-addext", "-servername", "--matrix")


def test_a_command_in_a_message_can_be_told_from_its_sentence():
    """It is in backquotes, at the beginning of a line, or after `more`: so that it is collected, and can be copied."""
    found = {name: texts for name, parts in sources().items() if (texts := [each for part in parts for each in unmarked(part) if "examples:\n" not in part])}  # fmt: skip
    assert found == {}


def test_the_lists_name_commands_that_are_shown():
    assert set(EXIT) - set(RUN) == set(), "not shown any more"
    assert set(MENTIONED) - set(READ) == set(), "not shown any more"
    assert [start for start in NOT_RUN if not any(one.startswith(start) for one in READ)] == []
