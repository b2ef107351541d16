"""The direct OpenSSL engine: one connection's SSL object between two queues of bytes, and the contexts it is made from.

Theory of operation. OpenSSL reads and writes through a BIO of our own (`_openssl_callbacks.pxi`) whose two ends are
plain memory queues: `feed` appends to one, `outgoing` shows the other, and no call below ever waits. What OpenSSL
reports during a handshake (alerts, verification errors, certificates, sessions) its callbacks leave in the connection's
`State` (`_openssl_state.pxi`) without touching Python; the engine (`_openssl_engine.pxi`) turns it into notes after the
call that caused it. So a handshake's arithmetic runs without the interpreter lock, and a record in the steady state
costs no Python call.

The error queue is the thread's and is shared with Python's own `_ssl`: it is emptied before every call whose outcome is
read from it, and after every failure.
"""

from cpython.buffer cimport (
    PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_FillInfo, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.memoryview cimport PyMemoryView_FromObject
from libc.limits cimport INT_MAX
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy, memset, strlen
from posix.unistd cimport close, write

from wssure.tls._libssl cimport *
from wssure.tls.raw cimport RawEngine

from os import fsencode, urandom

from wssure.facts import CertificateRequested, LibraryWords, OwnError, VerifyDefect
from wssure.tls import facts, openssl_errors
from wssure.tls.contract import EngineFailed, EngineInfo, PeerChain, Verified
from wssure.wire.decode import DecodeError
from wssure.wire.x509 import decode_name

cdef enum:
    # The answers of wssure.tls.contract.
    DONE = 0
    WANT = -1
    CLOSED = -2
    # A caller that feeds without reading is stopped here: many records, few enough to hold.
    MAX_INBOUND = 1 << 20
    # Plaintext encrypted by one call: several records share it, and the ciphertext stays bounded.
    MAX_WRITE = 1 << 18
    # What a record of 16 KiB costs beyond its content in the dearest cipher suite (RFC 5246 section 6.2.3.3: a header,
    # an explicit nonce or IV, a MAC, padding), rounded up.
    RECORD_BYTES = 16384
    RECORD_COST = 128
    SESSION_LIFETIME_S = 7200
    MIN_VERSION_NUMBER = 0x30000000
    # OpenSSL may change its ABI with the major version only.
    UNTESTED_VERSION_NUMBER = 0x40000000

include "_openssl_state.pxi"
include "_openssl_callbacks.pxi"


class LibraryError(Exception):
    """OpenSSL refused something it was given.

    Args:
        what: What it was given: `certificate`, `key`, `pair`, `anchor` ...
        code: The library's packed error number; 0 where it gave none.
        text: The library's own words.
    """

    def __init__(self, what, code, text):
        super().__init__(what, code, text)
        self.what = what
        self.code = code
        self.text = text


cdef object NOTHING = memoryview(b"")


cdef inline void clean_queue() noexcept nogil:
    if ERR_peek_error() != 0:
        ERR_clear_error()


cdef tuple drain_errors():
    # The oldest error says what went wrong first; the queue is left empty.
    cdef unsigned long code = ERR_get_error()
    cdef const char* reason = NULL
    if code == 0:
        return 0, ""
    reason = ERR_reason_error_string(code)
    text = reason.decode("utf-8", "replace") if reason != NULL else f"error {code:#x}"
    ERR_clear_error()
    return code, text


cdef object refusal(str what):
    code, text = drain_errors()
    return LibraryError(what, code, text)


def load(path):
    """Find OpenSSL through the object file of Python's `_ssl`.

    Args:
        path: That file.

    Returns:
        None where all is well, else the reason why this backend cannot be used.
    """
    global state_index, pipe_method
    cdef const char* missing
    cdef bytes encoded = fsencode(path)
    if state_index >= 0:
        return None
    missing = libssl_load(encoded)
    if missing != NULL:
        name = missing.decode("utf-8", "replace")
        if name == path:
            return "the library that Python's _ssl module loaded was not found"
        return f"the library behind Python's _ssl module has no {name}"
    if OpenSSL_version_num() < MIN_VERSION_NUMBER:
        return f"{version()} is older than 3.0"
    if OpenSSL_version_num() >= UNTESTED_VERSION_NUMBER:
        return f"{version()} is newer than the versions this engine was tested with (3.0 to 3.6)"
    pipe_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, b"wssure queues")
    if pipe_method == NULL:
        return "OpenSSL has no memory"
    BIO_meth_set_write(pipe_method, pipe_write)
    BIO_meth_set_read(pipe_method, pipe_read)
    BIO_meth_set_ctrl(pipe_method, pipe_ctrl)
    state_index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, NULL, NULL, NULL, NULL)
    return None


def version():
    """Return the library's own name and version."""
    return OpenSSL_version(OPENSSL_VERSION).decode()


def version_number():
    """Return its version as a number, 0xMNN00PP0."""
    return OpenSSL_version_num()


include "_openssl_context.pxi"


cdef class Session:
    """A client session, opaque; it is offered again only on the context and for the name it was made with."""

    cdef SSL_SESSION* handle
    cdef Context context
    cdef object name

    def __dealloc__(self):
        if self.handle != NULL:
            SSL_SESSION_free(self.handle)


include "_openssl_engine.pxi"
