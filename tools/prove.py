"""Build a libwebsockets client on Mbed TLS, run it against a listener of this machine, and show the server_name that it sends.

`make prove FILE=client.c` calls this file. The client is compiled unchanged against the libwebsockets of `tools/lws-mbedtls.sh`. Headers,
types, constants and functions of a board that this machine lacks are replaced by stubs, and each stub is named. A preloaded library
resolves every name to this machine and connects every socket to the listener, so the client's own address and host are used.

Exit codes: 0 the name was sent, 1 it was absent or no ClientHello came, 2 the file cannot be built.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wssure.text import printable
from wssure.wire.decode import DecodeError
from wssure.wire.hello import find_client_hello

HERE = Path(__file__).resolve().parent
# Enough for the headers, types and constants of one example file; a file that needs more is no single client.
MAX_STUBS = 200
SECONDS = 10.0
# How long a client that has connected may be quiet before another connection, and how many connections are read.
MORE = 2.0
MOST_CONNECTIONS = 20
BOARD_TYPES = {
    "u8": "unsigned char",
    "u16": "unsigned short",
    "u32": "unsigned int",
    "u64": "unsigned long long",
    "s8": "signed char",
    "s16": "short",
    "s32": "int",
    "uint8": "unsigned char",
    "uint16": "unsigned short",
    "uint32": "unsigned int",
}
# A board's function does nothing here, except that what it prints is shown.
RETURNS = "long NAME(void) { return 0; }"
PRINTS = "int NAME(const char *format, ...) { va_list rest; va_start(rest, format); return vprintf(format, rest); }"
_HEADER = re.compile(r"fatal error: (\S+): No such file")
_TYPE = re.compile(r"error: unknown type name [\u2018'](\w+)")
_CONSTANT = re.compile(r"error: [\u2018'](\w+)[\u2019'] undeclared")
_FUNCTION = re.compile(r"undefined reference to [`\u2018'](\w+)")
_PROTOTYPE = re.compile(r"\*/ (?:static|extern) .*?(\w+) \((.*)\);")
CONNECTS = ("lws_client_connect_via_info", "lws_client_connect")


class NotBuilt(Exception):
    """The file could not be compiled or has no function to start."""


@dataclass
class Stubs:
    """What the board has and this machine does not."""

    headers: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    constants: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        return [f"{kind} {', '.join(names)}" for kind, names in vars(self).items() if names]

    def count(self) -> int:
        return sum(len(names) for names in vars(self).values())


class Build:
    """One client file, compiled with stubs until it links.

    Args:
        file: The client's C file.
        prefix: The installed libwebsockets.
        folder: Where the objects are written.
    """

    def __init__(self, file: Path, prefix: Path, folder: Path) -> None:
        self.file, self.prefix, self.folder = file.resolve(), prefix, folder
        self.stubs = Stubs()
        self.started = ""
        (folder / "include").mkdir()
        compiler = os.environ.get("CC", "cc")
        includes = [folder / "include", self.file.parent, prefix / "include", prefix / "mbedtls" / "include"]
        self.compile: list[str | Path] = [
            compiler,
            "-O0",
            "-w",
            "-fkeep-static-functions",
            "-ffunction-sections",
            "-include",
            folder / "board.h",
        ]
        self.compile += [f"-I{path}" for path in includes]
        self.libraries = [f"-L{path}" for path in self._library_folders()] + ["-lwebsockets"]
        self.libraries += [f"-L{prefix}/mbedtls/lib", "-lmbedtls", "-lmbedx509", "-lmbedcrypto", "-lpthread", "-lm"]
        self.libraries += [f"-Wl,-rpath,{path}" for path in (*self._library_folders(), prefix / "mbedtls" / "lib")]

    def _library_folders(self) -> list[Path]:
        return sorted({path.parent for path in self.prefix.glob("lib/**/libwebsockets.so")})

    def program(self, entry: str | None) -> Path:
        """Compile the client and return the program.

        Args:
            entry: The call that starts the client, for a file without `main`; None to look for the function.
        """
        self._until_it_builds(
            ["-c", self.file, "-o", self.folder / "client.o", "-aux-info", self.folder / "prototypes"]
        )
        text = f'#include "{self.file}"\n'
        if not self._defines("main"):
            self.started = entry or self._entry()
            name, _, values = self.started.partition("(")
            # The cast calls any function with the values given, without its prototype.
            text += f"int main(void) {{ ((long (*)()){name})({values or ')'}; return 0; }}\n"
        wrapped, program = self.folder / "wrapped.c", self.folder / "client"
        wrapped.write_text(text)
        self._until_it_builds([wrapped, self.folder / "stubs.c", "-o", program, *self.libraries])
        return program

    def _until_it_builds(self, arguments: Sequence[str | Path]) -> None:
        while True:
            self._write_stubs()
            done = subprocess.run(
                list[str | Path]([*self.compile, *arguments]),
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                env=os.environ | {"LC_ALL": "C"},
            )
            if done.returncode == 0:
                return
            if self.stubs.count() > MAX_STUBS or not self._learn(done.stderr):
                raise NotBuilt(
                    "\n".join(line for line in done.stderr.splitlines() if "error" in line or "undefined" in line)[
                        :2000
                    ]
                )

    def _learn(self, errors: str) -> bool:
        before = self.stubs.count()
        source = self.file.read_text(errors="replace")
        for pattern, names in (
            (_HEADER, self.stubs.headers),
            (_TYPE, self.stubs.types),
            (_CONSTANT, self.stubs.constants),
            (_FUNCTION, self.stubs.functions),
        ):
            for name in dict.fromkeys(pattern.findall(errors)):
                stubs = names
                # The compiler calls a type in `sizeof(u32)` or `(u32 *)p` an undeclared constant.
                if names is self.stubs.constants and re.search(
                    rf"\bsizeof\s*\(\s*{name}\s*\**\s*\)|\(\s*{name}\s*\*+\s*\)", source
                ):
                    stubs = self.stubs.types
                if name not in self.stubs.types and name not in names and ".." not in name:
                    stubs.append(name)
        return self.stubs.count() > before

    def _write_stubs(self) -> None:
        for name in self.stubs.headers:
            path = self.folder / "include" / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("#include <libwebsockets.h>\n" if path.name == "libwebsockets.h" else "")
        lines = [(HERE / "prove" / "board.h").read_text()]
        lines += [f"typedef {BOARD_TYPES.get(name, 'long')} {name};" for name in self.stubs.types]
        lines += [f"#define {name} 0" for name in self.stubs.constants]
        (self.folder / "board.h").write_text("\n".join(lines) + "\n")
        functions = [PRINTS if name.endswith("printf") else RETURNS for name in self.stubs.functions]
        stubs = "\n".join(
            text.replace("NAME", name) for text, name in zip(functions, self.stubs.functions, strict=True)
        )
        (self.folder / "stubs.c").write_text("#include <stdarg.h>\n" + stubs + "\n")

    def _defines(self, name: str) -> bool:
        listed = subprocess.run(["nm", self.folder / "client.o"], capture_output=True, text=True, check=True).stdout
        return re.search(rf"^[0-9a-f]+ [Tt] {name}$", listed, re.MULTILINE) is not None

    def _entry(self) -> str:
        """Return the call of the outermost function that reaches the connect call."""
        calls = self._calls()
        reaching = {name for name, called in calls.items() if not called.isdisjoint(CONNECTS)}
        while more := {name for name, called in calls.items() if name not in reaching and called & reaching}:
            reaching |= more
        inner = {called for name in reaching for called in calls[name] if called != name}
        outermost = sorted(reaching - inner)
        if not outermost:
            raise NotBuilt("no function of this file calls lws_client_connect_via_info")
        # Several: the last one is the one that an example calls from its task.
        name = outermost[-1]
        values = dict(_PROTOTYPE.findall((self.folder / "prototypes").read_text())).get(name, "void")
        given = ["0" if "*" in value else "1" for value in values.split(",") if value.strip() not in ("void", "")]
        return f"{name}({', '.join(given)})"

    def _calls(self) -> dict[str, set[str]]:
        """Return the functions that each function calls, from the relocations of the call instructions."""
        command = ["objdump", "-dr", "--no-show-raw-insn", str(self.folder / "client.o")]
        found: dict[str, set[str]] = defaultdict(set)
        function, calling = "", False
        for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
            if header := re.match(r"[0-9a-f]+ <(\w+)>:$", line):
                function = header[1]
                found[function] = set()
            elif target := re.search(r"\bR_\w+\s+(?:\.text\.)?(\w+)", line):
                if calling:
                    found[function].add(target[1])
            else:
                calling = re.search(r"\t(?:call|bl)\w*\s", line) is not None
        return found


@dataclass(frozen=True)
class Run:
    """One run of a client: the first bytes of each connection, the end of its log, the names and ports that it asked for."""

    sent: list[bytes]
    log: str
    asked: str


def run(program: Path, folder: Path) -> Run:
    """Start a client and return what it sent and wrote."""
    redirect, asked = folder / "redirect.so", folder / "asked"
    compiler = os.environ.get("CC", "cc")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", redirect, HERE / "prove" / "redirect.c", "-ldl"], check=True
    )
    log = folder / "log"
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as out:
        settings = {
            "LD_PRELOAD": str(redirect),
            "WSSURE_PROVE_PORT": str(listener.getsockname()[1]),
            "WSSURE_PROVE_LOG": str(asked),
        }
        with subprocess.Popen(
            [program], stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=os.environ | settings, cwd=folder
        ) as client:
            try:
                sent = _flights(listener, client)
            finally:
                client.kill()
    return Run(sent, log.read_text(errors="replace"), asked.read_text() if asked.exists() else "")


def _flights(listener: socket.socket, client: subprocess.Popen[bytes]) -> list[bytes]:
    """Return the first flight of each connection until the client ends, tries again, or is quiet."""
    flights: list[bytes] = []
    listener.settimeout(0.1)
    quiet = 0
    # A client that never connects has all the time; one that has connected may have one more to make.
    while quiet < (MORE if flights else SECONDS) / 0.1 and len(flights) < MOST_CONNECTIONS:
        try:
            peer, _ = listener.accept()
        except TimeoutError:
            if client.poll() is not None:
                break
            quiet += 1
            continue
        quiet = 0
        with peer:
            flights.append(_flight(peer))
    return flights


def _flight(peer: socket.socket) -> bytes:
    peer.settimeout(SECONDS)
    data = b""
    while len(data) < 5 or (data[0] == 22 and len(data) < 5 + int.from_bytes(data[3:5])):
        try:
            more = peer.recv(4096)
        except OSError:
            break
        if not more:
            break
        data += more
    return data


def verdict(sent: bytes) -> tuple[str, bool]:
    """Return the line that says which name one connection sent, and whether it sent one."""
    if not sent:
        return "nothing, after it connected", False
    try:
        hello = find_client_hello(sent)
    except DecodeError:
        first = printable(sent[:40].decode("latin-1"))
        return f"no ClientHello; the first bytes are {first!r}", False
    if hello.server_name_bytes is None:
        return "server_name absent", False
    if not hello.server_name_bytes:
        return "server_name present and empty (malformed)", False
    return f'server_name "{printable(hello.server_name_bytes.decode("latin-1"))}"', True


def _library(prefix: Path) -> str:
    versions = []
    for name, file, pattern in (
        ("libwebsockets", prefix / "include" / "lws_config.h", r'LWS_LIBRARY_VERSION\s+"([\d.]+)'),
        ("Mbed TLS", prefix / "mbedtls" / "include" / "mbedtls" / "version.h", r'MBEDTLS_VERSION_STRING\s+"([\d.]+)'),
        (
            "Mbed TLS",
            prefix / "mbedtls" / "include" / "mbedtls" / "build_info.h",
            r'MBEDTLS_VERSION_STRING\s+"([\d.]+)',
        ),
    ):
        found = re.search(pattern, file.read_text()) if file.exists() else None
        versions += [f"{name} {found[1]}"] if found else []
    return " on ".join(versions) or str(prefix)


def prove(file: Path, prefix: Path, entry: str | None) -> int:
    """Build one client, run it, print the result and return the exit code."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        build = Build(file, prefix, folder)
        try:
            program = build.program(entry)
        except NotBuilt as error:
            print(f"error: {file} cannot be built for this machine\n{error}", file=sys.stderr)
            print(
                "  fix   correct the lines above, or name the function to start: ENTRY='my_client(1)'", file=sys.stderr
            )
            return 2
        ran = run(program, folder)
    # A client that tries again sends the same: each answer is shown once.
    verdicts = list(dict.fromkeys(map(verdict, ran.sent)))
    print(f"client     {file}, {_library(prefix)}")
    if build.started:
        print(f"started    {build.started}")
    for stub in build.stubs.lines():
        print(f"stubs      {stub}")
    asked = " ".join(dict.fromkeys(ran.asked.split("\n"))).strip()
    if asked:
        print(f"dialled    {printable(asked)}  (answered by this machine, which closes every connection)")
    # Notices about the library's own start and end say nothing of the handshake.
    for text in [text for text in ran.log.splitlines() if text.strip() and "] N: " not in text][-3:]:
        print(f"log        {printable(text)}")
    for line, _ in verdicts:
        print(f"sent       {line}")
    if not verdicts:
        print("sent       nothing: the client ended, or waited, without a connection; its log above says why")
    code = 0 if verdicts and all(named for _, named in verdicts) else 1
    if code and verdicts:
        print(f"next       wssure lint --tls mbedtls --fix {file}, then run this again")
    return code


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="prove", description="Show which server_name a libwebsockets client file sends on Mbed TLS."
    )
    parser.add_argument("file", type=Path, help="the client's C file")
    parser.add_argument(
        "--entry", help="the call that starts the client, such as 'my_client(1)'; default: the function that connects"
    )
    parser.add_argument(
        "--prefix", type=Path, help="an installed libwebsockets; default: that of tools/lws-mbedtls.sh, built if needed"
    )
    parser.add_argument(
        "--mbedtls", choices=("2.28", "3.6"), default="2.28", help="which Mbed TLS is used (default: 2.28)"
    )
    options = parser.parse_args()
    if not options.file.is_file():
        print(f"error: {options.file}: no such file", file=sys.stderr)
        return 2
    for tool in ("cc", "nm", "objdump"):
        if shutil.which(tool) is None:
            print(
                f"error: {tool} is missing, which builds the client\n  fix   apt-get install -y gcc binutils libc6-dev",
                file=sys.stderr,
            )
            return 2
    prefix = options.prefix
    if prefix is None:
        built = subprocess.run(
            ["sh", HERE / "lws-mbedtls.sh", options.mbedtls], stdout=subprocess.PIPE, text=True, check=False
        )
        if built.returncode:
            return 2
        prefix = Path(built.stdout.strip())
    return prove(options.file, prefix, options.entry)


if __name__ == "__main__":
    sys.exit(main())
