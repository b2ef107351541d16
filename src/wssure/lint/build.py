"""What build files beside the code say: the TLS library, versions, and what an Mbed TLS configuration leaves out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wssure.lint.source import NotText, Source
from wssure.lint.target import Target, parse_version

__all__ = ["BuildFacts", "ConfigLine", "is_build_file", "read_build"]

_LARGEST_BYTES: Final = 2_000_000
_SDKCONFIG: Final = re.compile(r"sdkconfig(\.[\w.-]+)?\Z")
_MBEDTLS_CONFIG: Final = re.compile(
    r"(?:mbedtls|mbed|psa|crypto)?_?config[\w-]*\.h\Z|mbedtls[\w-]*\.h\Z", re.IGNORECASE
)
_ON: Final = r"(?:ON|1|TRUE|YES|on|true|yes)\b"
_BACKENDS: Final = (
    ("mbedtls", re.compile(rf"LWS_WITH_MBEDTLS(?::BOOL)?[\s=]+\"?{_ON}")),
    ("gnutls", re.compile(rf"LWS_WITH_GNUTLS(?::BOOL)?[\s=]+\"?{_ON}")),
    ("wolfssl", re.compile(rf"LWS_WITH_(?:CYA|WOLF)SSL(?::BOOL)?[\s=]+\"?{_ON}")),
    ("openssl", re.compile(r"LWS_WITH_MBEDTLS(?::BOOL)?[\s=]+\"?(?:OFF|0|FALSE|NO)\b")),
    ("mbedtls", re.compile(r"find_package\s*\(\s*MbedTLS|MbedTLS::|\bmbedtls\s+mbedx509\b", re.IGNORECASE)),
    ("openssl", re.compile(r"find_package\s*\(\s*OpenSSL|OpenSSL::SSL", re.IGNORECASE)),
)
_LWS_TAG: Final = re.compile(
    r"libwebsockets[^)]*?(?:GIT_TAG|TAG|VERSION|checkout|branch|==|\^|~)[\s\"']*v?(\d+\.\d+(?:\.\d+)?)",
    re.IGNORECASE | re.DOTALL,
)
_LWS_PACKAGE: Final = re.compile(r"find_package\s*\(\s*libwebsockets\s+(\d+\.\d+(?:\.\d+)?)", re.IGNORECASE)
_MBEDTLS_TAG: Final = re.compile(
    r"mbed-?tls[^)]*?(?:GIT_TAG|TAG|VERSION|checkout|branch)[\s\"']*(?:mbedtls-)?v?(\d+\.\d+(?:\.\d+)?)",
    re.IGNORECASE | re.DOTALL,
)
_COMPONENT: Final = re.compile(
    r"libwebsockets['\"]?\s*:\s*(?:\n\s*version\s*:\s*)?['\"]?[\^~=>]*\s*(\d+\.\d+(?:\.\d+)?)"
)
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ConfigLine:
    """One line of a configuration file that a rule reports.

    Args:
        source: The file.
        start: Byte offset of what is wrong.
        end: Byte offset behind it.
        value: The number or word found there.
    """

    source: Source
    start: int
    end: int
    value: str


@dataclass(slots=True)
class BuildFacts:
    """What the build files of one directory and those above it say.

    Args:
        target: The build as far as they name it.
        small_buffers: Settings of Mbed TLS's record buffers under 16 KiB.
        no_sni: Where the server-name extension is compiled out.
    """

    target: Target = field(default_factory=Target)
    small_buffers: list[ConfigLine] = field(default_factory=list)
    no_sni: list[ConfigLine] = field(default_factory=list)


def is_build_file(name: str) -> bool:
    """Return whether a file of this name is read for what the code is built with."""
    return (
        name in ("CMakeLists.txt", "idf_component.yml", "CMakeCache.txt")
        or name.endswith(".cmake")
        or _SDKCONFIG.match(name) is not None
        or _MBEDTLS_CONFIG.match(name) is not None
    )


def read_build(directory: Path, root: Path, cache: dict[Path, BuildFacts]) -> BuildFacts:
    """Return what the build files of a directory say, completed by those above it, up to a root.

    Args:
        directory: Where the code lies.
        root: Where the search ends; a directory that holds `.git` ends it too.
        cache: What was read before.
    """
    known = cache.get(directory)
    if known is not None:
        return known
    facts = _read_directory(directory)
    cache[directory] = facts
    if directory != root and directory.parent != directory and not (directory / ".git").exists():
        above = read_build(directory.parent, root, cache)
        facts.target = facts.target.completed(above.target)
        facts.small_buffers += above.small_buffers
        facts.no_sni += above.no_sni
    return facts


def _read_directory(directory: Path) -> BuildFacts:
    facts = BuildFacts()
    try:
        names = sorted(entry.name for entry in directory.iterdir() if is_build_file(entry.name))
    except OSError:
        return facts
    for name in names:
        path = directory / name
        try:
            if path.stat().st_size > _LARGEST_BYTES or not path.is_file():
                continue
            source = Source(str(path), path.read_bytes())
        except (OSError, NotText):
            continue
        _read_file(source, name, facts)
    return facts


def _read_file(source: Source, name: str, facts: BuildFacts) -> None:
    words = source.data.decode("utf-8", "replace")
    if name.endswith(".h"):
        _read_mbedtls_config(source, words, name, facts)
    elif name.startswith("sdkconfig"):
        _read_sdkconfig(source, words, name, facts)
    else:
        _read_cmake(re.sub(r"(?m)^\s*#.*$", "", words), name, facts)


def _read_cmake(words: str, name: str, facts: BuildFacts) -> None:
    tls = next((backend for backend, pattern in _BACKENDS if pattern.search(words)), None)
    lws = (
        _LWS_TAG.search(words)
        or _LWS_PACKAGE.search(words)
        or (_COMPONENT.search(words) if name.endswith(".yml") else None)
    )
    mbedtls = _MBEDTLS_TAG.search(words)
    found = Target(
        tls=tls,
        lws=parse_version(lws.group(1)) if lws else None,
        mbedtls=parse_version(mbedtls.group(1)) if mbedtls else None,
        why=name if tls else "",
    )
    facts.target = facts.target.completed(found)


def _read_sdkconfig(source: Source, words: str, name: str, facts: BuildFacts) -> None:
    if "CONFIG_MBEDTLS_" in words or "CONFIG_IDF_TARGET" in words:
        facts.target = facts.target.completed(Target(tls="mbedtls", why=name))
    for found in re.finditer(r"(?m)^CONFIG_MBEDTLS_SSL_(?:IN|MAX)_CONTENT_LEN=(\d+)", words):
        _note_buffer(source, words, found, facts)


def _note_buffer(source: Source, words: str, found: re.Match[str], facts: BuildFacts) -> None:
    if int(found.group(1)) < 16384:
        start, end = (len(words[:at].encode()) for at in found.span(1))
        facts.small_buffers.append(ConfigLine(source, start, end, found.group(1)))


def _read_mbedtls_config(source: Source, words: str, name: str, facts: BuildFacts) -> None:
    if "MBEDTLS_" not in words:
        return
    live = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), words)
    live = re.sub(r"//[^\n]*", lambda found: " " * len(found.group()), live)
    if not re.search(r"(?m)^\s*#\s*(?:define|undef)\s+MBEDTLS_", live):
        return
    facts.target = facts.target.completed(Target(tls="mbedtls", why=name))
    for found in re.finditer(r"(?m)^[ \t]*#[ \t]*define[ \t]+MBEDTLS_SSL_(?:IN|MAX)_CONTENT_LEN[ \t]+\(?(\d+)", live):
        _note_buffer(source, words, found, facts)
    _look_for_sni(source, words, live, facts)


def _look_for_sni(source: Source, words: str, live: str, facts: BuildFacts) -> None:
    removed = re.search(r"(?m)^[ \t]*#[ \t]*undef[ \t]+(MBEDTLS_SSL_SERVER_NAME_INDICATION)\b", live)
    defined = re.search(r"(?m)^[ \t]*#[ \t]*define[ \t]+MBEDTLS_SSL_SERVER_NAME_INDICATION\b", live)
    # A whole configuration, not a few lines on top of the default one: it switches the TLS client on by itself.
    whole = re.search(r"(?m)^[ \t]*#[ \t]*define[ \t]+(MBEDTLS_SSL_CLI_C)\b", live)
    commented = re.search(r"(?m)^[ \t]*//[ \t]*#[ \t]*define[ \t]+(MBEDTLS_SSL_SERVER_NAME_INDICATION)\b", words)
    where = removed or (None if defined else (commented or whole) if whole else None)
    if where is not None:
        start, end = (len(words[:at].encode()) for at in where.span(1))
        facts.no_sni.append(ConfigLine(source, start, end, where.group(1)))
