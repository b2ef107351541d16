"""Read the build files beside the code: TLS library, versions, and options missing from an Mbed TLS configuration."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wssure.frozen import frozen
from wssure.tools.lint.comment import without_comments
from wssure.tools.lint.source import NotText, Source
from wssure.tools.lint.target import Target, parse_version

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
_RECORD_BYTES: Final = 16384  # RFC 8446 section 5.1: 2^14
_SDK_OPTION: Final = re.compile(rb"(?m)^(CONFIG_\w+)=([^\r\n]+)")
_SDK_BUFFER: Final = re.compile(rb"(?m)^CONFIG_MBEDTLS_SSL_(?:IN|MAX)_CONTENT_LEN=(\d+)")
_BUFFER: Final = re.compile(rb"(?m)^[ \t]*#[ \t]*define[ \t]+MBEDTLS_SSL_(?:IN|MAX)_CONTENT_LEN[ \t]+\(?(\d+)")
_ANY_SETTING: Final = re.compile(rb"(?m)^[ \t]*#[ \t]*(?:define|undef)[ \t]+MBEDTLS_")
_SNI_REMOVED: Final = re.compile(rb"(?m)^[ \t]*#[ \t]*undef[ \t]+(MBEDTLS_SSL_SERVER_NAME_INDICATION)\b")
_SNI_DEFINED: Final = re.compile(rb"(?m)^[ \t]*#[ \t]*define[ \t]+MBEDTLS_SSL_SERVER_NAME_INDICATION\b")
_SNI_COMMENTED: Final = re.compile(rb"(?m)^[ \t]*//[ \t]*#[ \t]*define[ \t]+(MBEDTLS_SSL_SERVER_NAME_INDICATION)\b")
_CLIENT: Final = re.compile(rb"(?m)^[ \t]*#[ \t]*define[ \t]+(MBEDTLS_SSL_CLI_C)\b")
_COMPONENT: Final = re.compile(
    r"libwebsockets['\"]?\s*:\s*(?:\n\s*version\s*:\s*)?['\"]?[\^~=>]*\s*(\d+\.\d+(?:\.\d+)?)"
)


@frozen
class ConfigLine:
    """One line of a configuration file that a rule reports.

    Args:
        source: The file.
        start: Byte offset of the wrong text.
        end: Byte offset after it.
        value: The number or word in the file.
    """

    source: Source
    start: int
    end: int
    value: str


@dataclass(slots=True)
class BuildFacts:
    """The facts from the build files of one directory and its parents.

    Args:
        target: The TLS library and versions that the build files name.
        small_buffers: Settings of Mbed TLS record buffers below 16 KiB.
        no_sni: The configuration lines that compile out the server_name extension.
        options: The options that an `sdkconfig` sets, by name.
    """

    target: Target = field(default_factory=Target)
    small_buffers: list[ConfigLine] = field(default_factory=list)
    no_sni: list[ConfigLine] = field(default_factory=list)
    options: dict[str, ConfigLine] = field(default_factory=dict)


def is_build_file(name: str) -> bool:
    """Return True if a file with this name is a build file that is read."""
    return (
        name in ("CMakeLists.txt", "idf_component.yml", "CMakeCache.txt")
        or name.endswith(".cmake")
        or _SDKCONFIG.match(name) is not None
        or _MBEDTLS_CONFIG.match(name) is not None
    )


def read_build(directory: Path, root: Path, cache: dict[Path, BuildFacts]) -> BuildFacts:
    """Read the build files of a directory, and of its parents up to a root.

    Args:
        directory: The directory of the code.
        root: The last parent to search; a directory with `.git` also ends the search.
        cache: Build facts by directory, filled by this function.
    """
    cached = cache.get(directory)
    if cached is not None:
        return cached
    facts = _read_directory(directory)
    cache[directory] = facts
    if directory != root and directory.parent != directory and not (directory / ".git").exists():
        above = read_build(directory.parent, root, cache)
        facts.target = facts.target.complete_with(above.target)
        facts.small_buffers += above.small_buffers
        facts.no_sni += above.no_sni
        facts.options = above.options | facts.options
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
    if name.endswith(".h"):
        _read_mbedtls_config(source, name, facts)
    elif name.startswith("sdkconfig"):
        _read_sdkconfig(source, name, facts)
    else:
        _read_cmake(re.sub(r"(?m)^\s*#.*$", "", source.data.decode("utf-8", "replace")), name, facts)


def _read_cmake(words: str, name: str, facts: BuildFacts) -> None:
    tls = next((backend for backend, pattern in _BACKENDS if pattern.search(words)), None)
    lws = (
        _LWS_TAG.search(words)
        or _LWS_PACKAGE.search(words)
        or (_COMPONENT.search(words) if name.endswith(".yml") else None)
    )
    mbedtls = _MBEDTLS_TAG.search(words)
    target = Target(
        tls=tls,
        lws=parse_version(lws.group(1)) if lws else None,
        mbedtls=parse_version(mbedtls.group(1)) if mbedtls else None,
        why=name if tls else "",
    )
    facts.target = facts.target.complete_with(target)


def _read_sdkconfig(source: Source, name: str, facts: BuildFacts) -> None:
    if b"CONFIG_MBEDTLS_" in source.data or b"CONFIG_IDF_TARGET" in source.data:
        facts.target = facts.target.complete_with(Target(tls="mbedtls", why=name))
    for match in _SDK_OPTION.finditer(source.data):
        option, value = match[1].decode(), match[2].decode("utf-8", "replace")
        if name == "sdkconfig" or option not in facts.options:  # which has the last word over its defaults
            facts.options[option] = ConfigLine(source, *match.span(), "1" if value == "y" else value)
    _note_buffers(source, _SDK_BUFFER.finditer(source.data), facts)


def _note_buffers(source: Source, options: Iterable[re.Match[bytes]], facts: BuildFacts) -> None:
    for match in options:
        if int(match.group(1)) < _RECORD_BYTES:
            facts.small_buffers.append(ConfigLine(source, *match.span(1), match.group(1).decode()))


def _read_mbedtls_config(source: Source, name: str, facts: BuildFacts) -> None:
    live = without_comments(source.data)
    if not _ANY_SETTING.search(live):
        return
    facts.target = facts.target.complete_with(Target(tls="mbedtls", why=name))
    _note_buffers(source, _BUFFER.finditer(live), facts)
    removed, defined = _SNI_REMOVED.search(live), _SNI_DEFINED.search(live)
    # A complete configuration enables the TLS client itself. A partial one only changes lines of the default.
    whole = _CLIENT.search(live)
    missing = (_SNI_COMMENTED.search(source.data) or whole) if whole and not defined else None
    where = removed or missing
    if where is not None:
        facts.no_sni.append(ConfigLine(source, *where.span(1), where.group(1).decode()))
