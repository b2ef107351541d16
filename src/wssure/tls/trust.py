"""Find, read and check trust anchors, certificate chains and keys, before a library gets them; and keep what is made of them."""

import base64
import binascii
import hashlib
import os
import re
import ssl
import stat
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Final, Generic, TypeVar

from wssure.errors import UsageError, usage_error, wrong_type
from wssure.frozen import frozen
from wssure.text import printable
from wssure.tls.settings import Material

_T = TypeVar("_T")
Stamp = tuple[tuple[str, int, int, int], ...]
# Paths of the distributions' bundles, used only if OpenSSL's own default does not exist.
_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, BSD, Alpine
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
)
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+\Z")
# RFC 7468 section 3, with explanatory text around the blocks skipped, as section 2 allows.
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_CERTIFICATES: Final = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")
_KEYS: Final = (b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY")
MAX_MATERIAL_BYTES: Final = 16 * 2**20
# NAME_MAX of common file systems; a key in one line is longer.
_LONGEST_PATH: Final = 255


@frozen
class Anchors:
    """The trust anchors of a setting.

    Args:
        certificates: DER of each anchor that was read; empty if the library reads `file` or `directory` itself.
        file: A PEM bundle; None for none.
        directory: A directory of hashed names, read lazily by OpenSSL; None for none.
        source: Their origin, for messages.
    """

    certificates: tuple[bytes, ...]
    file: str | None
    directory: str | None
    source: str


@frozen
class Identity:
    """A certificate chain and its private key, as PEM.

    Args:
        certificates: DER, own certificate first.
        chain_pem: The certificates as PEM.
        key_pem: The private key as PEM.
        cert_source: The origin of the chain, for messages.
        key_source: The origin of the key, for messages.
    """

    certificates: tuple[bytes, ...]
    chain_pem: bytes
    key_pem: bytes
    cert_source: str
    key_source: str

    def __repr__(self) -> str:
        return f"Identity(cert_source={self.cert_source!r}, key_source={self.key_source!r})"


def _is_path(material: Material) -> bool:
    if isinstance(material, str):
        return "-----BEGIN" not in material
    return isinstance(material, os.PathLike)


def _source(material: Material, field: str) -> str:
    """Name the material for a message: its path, never its content."""
    return format_path(os.fspath(material)) if _is_path(material) else f"the {field} bytes"  # type: ignore[arg-type]


def format_path(path: str) -> str:
    """Quote a path, unless the text may be the key itself (without its first line, or in one line)."""
    plausible = len(path) < _LONGEST_PATH and "\n" not in path and "-----" not in path
    return printable(path) if plausible else f"a text of {len(path)} characters"


def _read(material: Material, field: str) -> bytes:
    """Read a material that is not a directory."""
    if isinstance(material, bytes):
        data = material
    elif not isinstance(material, str | os.PathLike):
        raise wrong_type(field, material, "a path or bytes", f"give ${field}= a PEM file")
    elif not _is_path(material):
        data = str(material).encode()
    else:
        data = _read_file(os.fspath(material), field)
    if not data.strip():
        raise usage_error(field, f"{_source(material, field)} is empty, expected PEM", f"give ${field}= the right file")
    return data


def _read_file(path: str, field: str) -> bytes:
    shown = format_path(path)
    data = b""
    problem: OSError | ValueError | None = None
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_MATERIAL_BYTES + 1)
    except (OSError, ValueError) as error:
        problem = error
    if problem is not None:
        reason = getattr(problem, "strerror", None) or str(problem)
        # The original error quotes the path, so it becomes the cause only if the path may be shown.
        raise usage_error(
            field,
            f"{field} got {shown}, which cannot be read: {reason}",
            f"give ${field}= a file this process may read",
        ) from (problem if shown == printable(path) else None)
    if len(data) > MAX_MATERIAL_BYTES:
        raise usage_error(
            field,
            f"{field} got {shown} of over {MAX_MATERIAL_BYTES} bytes, expected PEM",
            f"give ${field}= the right file",
        )
    return data


def _blocks(data: bytes, field: str, source: str) -> list[tuple[bytes, bytes, bytes]]:
    """Return (label, whole block, decoded content or raw text with headers) of each PEM block."""
    blocks = []
    for number, match in enumerate(_BLOCK.finditer(data), 1):
        label, text = match.group(1), match.group(2)
        content = text
        if label in _CERTIFICATES:
            try:
                content = base64.b64decode(b"".join(text.split()), validate=True)
            except binascii.Error as error:
                raise usage_error(
                    field,
                    f"{source} has a broken base64 text in PEM block {number} ({label.decode()}): {error}",
                    "replace the file by an intact copy",
                ) from error
        blocks.append((label, match.group(), content))
    return blocks


def _certificates(data: bytes, field: str, source: str) -> tuple[bytes, ...]:
    """Return the DER of every certificate in PEM or DER bytes."""
    if data.startswith(b"0") and b"-----BEGIN" not in data:
        return _der_certificates(data, field, source)
    blocks = _blocks(data, field, source)
    contents = tuple(content for label, _, content in blocks if label in _CERTIFICATES)
    if contents:
        for number, der in enumerate(contents, 1):
            _check_der(der, field, f"PEM block {number} of {source}")
        return contents
    if not blocks:
        begun = b"-----BEGIN" in data
        raise usage_error(
            field,
            f"{source} {'has a PEM block without its end' if begun else 'is no PEM: it holds no -----BEGIN line'},"
            " expected a certificate",
            f"give ${field}= a file that begins with -----BEGIN CERTIFICATE-----",
        )
    labels = ", ".join(sorted({label.decode() for label, _, _ in blocks}))
    raise usage_error(
        field,
        f"{source} holds {labels} but no certificate",
        f"give ${field}= the certificate chain; the key goes to $key="
        if field == "cert"
        else f"give ${field}= a CA file",
    )


def _der_length(data: bytes, at: int) -> int | None:
    """Return the end of the DER value at `at`; None if it is not a complete SEQUENCE."""
    if at + 2 > len(data) or data[at] != 0x30:
        return None
    size = data[at + 1]
    head = 2
    if size & 0x80:
        count = size & 0x7F
        if not 0 < count <= 4 or at + 2 + count > len(data):
            return None
        size = int.from_bytes(data[at + 2 : at + 2 + count], "big")
        head += count
    end = at + head + size
    return end if end <= len(data) else None


def _check_der(der: bytes, field: str, what: str) -> None:
    """Refuse bytes that cannot be a certificate: a certificate is a SEQUENCE that begins with a SEQUENCE."""
    end = _der_length(der, 0)
    if end == len(der):
        inner = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
        if der[inner : inner + 1] == b"\x30":
            return
    raise usage_error(
        field, f"{what} is no certificate: its content is not X.509 DER", "replace the file by an intact copy"
    )


def _der_certificates(data: bytes, field: str, source: str) -> tuple[bytes, ...]:
    certificates = []
    at = 0
    while at < len(data):
        end = _der_length(data, at)
        if end is None:
            raise usage_error(
                field,
                f"{source} is neither PEM nor DER (byte {at})",
                f"give ${field}= a PEM file or an intact DER certificate",
            )
        _check_der(data[at:end], field, f"{source} at byte {at}")
        certificates.append(data[at:end])
        at = end
    return tuple(certificates)


def load_anchors(ca: Material | None, field: str = "ca") -> Anchors:
    """Load the trust anchors of a setting.

    Args:
        ca: None for the system's; else a PEM file, a directory, PEM or DER bytes.
        field: The name of the setting, for errors.

    Raises:
        UsageError: The material cannot be read or contains no certificate.
    """
    if ca is None:
        return system_anchors()
    if _is_path(ca) and os.path.isdir(os.fspath(ca)):
        return _load_directory(os.fsdecode(ca), field)
    source = _source(ca, field)
    return Anchors(_certificates(_read(ca, field), field, source), None, None, source)


def _load_directory(path: str, field: str) -> Anchors:
    """Use a hashed directory unchanged; read every certificate of a plain one."""
    try:
        names = sorted(os.listdir(path))
    except OSError as error:
        raise usage_error(
            field,
            f"{field} got the directory {printable(path)}, which cannot be read: {error.strerror}",
            f"give ${field}= a directory this process may read",
        ) from error
    if any(_HASHED.match(name) for name in names):
        return Anchors((), None, path, printable(path))
    certificates: dict[bytes, None] = {}
    for name in names:
        file = os.path.join(path, name)
        if not os.path.isfile(file):
            continue
        try:
            certificates.update(dict.fromkeys(_certificates(_read(file, field), field, file)))
        except UsageError:
            continue  # A plain directory may contain other files, such as a README.
    if not certificates:
        raise usage_error(
            field,
            f"{field} got the directory {printable(path)}, which holds no certificate",
            f"give ${field}= a directory of PEM files",
        )
    return Anchors(tuple(certificates), None, None, printable(path))


def system_anchors() -> Anchors:
    """Find the system's trust store: OpenSSL's own default, else a distribution's bundle, else certifi if installed.

    Raises:
        UsageError: No trust store was found.
    """
    paths = ssl.get_default_verify_paths()
    directory: str | None = paths.capath
    if directory is not None and not _holds_hashes(directory, _mtime(directory)):
        directory = None
    file: str | None = paths.cafile
    if file is None and directory is None:
        file = next((path for path in _BUNDLES if os.path.isfile(path)), None) or _certifi()
    if file is not None and not _holds_certificates(file, _mtime(file)):
        if directory is None:
            raise usage_error(
                "ca",
                f"the system's trust store {printable(file)} holds no certificate",
                "install ca-certificates, correct SSL_CERT_FILE, or configure a CA file: $ca",
                cause="cert.no-trust-store",
            )
        file = None
    if file is None and directory is None:
        raise usage_error(
            "ca",
            "this system has no trust store: no CA bundle in any of the usual places",
            "install ca-certificates, or give $ca= a PEM file",
            cause="cert.no-trust-store",
        )
    return Anchors((), file, directory, "system")


def _mtime(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=8)
def _holds_hashes(directory: str, mtime_ns: int) -> bool:
    """Return True if a directory has hashed names; cached until the directory changes."""
    del mtime_ns
    try:
        with os.scandir(directory) as entries:
            return any(_HASHED.match(entry.name) for entry in entries)
    except OSError:
        return False


@lru_cache(maxsize=8)
def _holds_certificates(file: str, mtime_ns: int) -> bool:
    """Return True if a bundle contains a certificate; cached until the file changes.

    A file without read permission counts as one with certificates.
    """
    del mtime_ns
    try:
        with open(file, "rb") as bundle:
            return (
                re.search(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----", bundle.read(MAX_MATERIAL_BYTES))
                is not None
            )
    except OSError:
        return True


def _certifi() -> str | None:
    """Return certifi's bundle, the last resort; None if it is not installed."""
    try:
        import certifi  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    return str(certifi.where())


def load_identity(cert: Material, key: Material | None) -> Identity:
    """Load a certificate chain and its key; the library checks later that they match.

    Raises:
        UsageError: A file cannot be read, is not PEM or lacks the expected block, or the key is encrypted.
    """
    cert_source = _source(cert, "cert")
    data = _read(cert, "cert")
    ders = _certificates(data, "cert", cert_source)
    chain = b"".join(ssl.DER_cert_to_PEM_cert(der).encode() for der in ders)
    field = "cert" if key is None else "key"
    key_source = cert_source if key is None else _source(key, "key")
    key_data = data if key is None else _read(key, "key")
    return Identity(ders, chain, _private_key(key_data, field, key_source), cert_source, key_source)


def _private_key(data: bytes, field: str, source: str) -> bytes:
    blocks = _blocks(data, field, source)
    for label, whole, text in blocks:
        if label == b"ENCRYPTED PRIVATE KEY" or (label in _KEYS and b"ENCRYPTED" in text):
            raise usage_error(
                "key",
                f"{source} holds an encrypted private key, expected one without a passphrase",
                "decrypt it first: openssl pkey -in encrypted.pem -out key.pem",
            )
        if label in _KEYS:
            return whole + b"\n"
    if not blocks:
        raise usage_error("key", f"{source} is no PEM, expected a private key", "give $key= the PEM file of the key")
    labels = ", ".join(sorted({label.decode() for label, _, _ in blocks}))
    raise usage_error(
        "key",
        f"{source} holds {labels} but no private key",
        "give $key= the file that begins with -----BEGIN PRIVATE KEY-----",
    )


def stamp(*materials: Material | None) -> Stamp:
    """Return a value that changes when a file of a setting changes; bytes are compared directly and need none."""
    stamps = []
    for material in materials:
        if material is None or not _is_path(material):
            continue
        path = os.fsdecode(material)
        stamps.append(_stamp_of(path))
        if stat.S_ISDIR(stamps[-1][3]) and not _holds_hashes(path, _mtime(path)):
            # A file replaced in place does not change the time of its directory. (The library reads hashed
            # directories.)
            stamps.extend(_stamp_of(os.path.join(path, entry)) for entry in sorted(os.listdir(path)))
    return tuple(stamps)


def _stamp_of(path: str) -> tuple[str, int, int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return path, 0, 0, 0
    return path, status.st_mtime_ns ^ status.st_ino, status.st_size, status.st_mode


def system_stamp() -> Stamp:
    """Return a value that changes when the system's trust store changes."""
    paths = ssl.get_default_verify_paths()
    return tuple(_stamp_of(path) for path in (paths.cafile, paths.capath) if path)


def digest(material: Material | None) -> bytes:
    """Return a 32-byte digest of a material's content (for files: of path and change time)."""
    if material is None:
        return hashlib.sha256(repr(system_stamp()).encode()).digest()
    if _is_path(material):
        return hashlib.sha256(repr(stamp(material)).encode()).digest()
    return hashlib.sha256(material if isinstance(material, bytes) else str(material).encode()).digest()


class LruCache(Generic[_T]):
    """Cache objects that are expensive to make, by key; the least recently used one is removed first. Thread-safe.

    Args:
        limit: Maximum number of values.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[Hashable, _T] = OrderedDict()
        # Also held while a value is made: threads that need the same value wait instead of making it again.
        self._lock = threading.Lock()

    def get_or_create(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return the value of a key; make it if it is missing. Exceptions from `make` are not cached."""
        with self._lock:
            value = self._values.get(key)
            if value is None:
                value = self._values[key] = make()
                if len(self._values) > self._limit:
                    self._values.popitem(last=False)
            else:
                self._values.move_to_end(key)
            return value
