"""The direct OpenSSL engine: one connection's SSL object between two queues of bytes, and the contexts it is made from.

Theory of operation. OpenSSL reads and writes through a BIO of our own (`_openssl_callbacks.pxi`) between two memory
queues: `feed` appends to one, `outgoing` returns the other, and no call ever blocks. During a handshake, OpenSSL
reports alerts, verification errors, certificates and sessions to callbacks. These store them in the connection's
`State` (`_openssl_state.pxi`) without using Python; the engine (`_openssl_engine.pxi`) turns them into notes after the
call. So the cryptography of a handshake runs without the interpreter lock, and a record in the steady state needs no
Python call.

The error queue belongs to the thread and is shared with Python's own `_ssl`. It is cleared before every call that
reports errors through it, and after every failure.
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
    # The return values of wssure.tls.contract.
    DONE = 0
    WANT = -1
    CLOSED = -2
    # The limit for a caller that feeds without reading: room for many records, and little memory.
    MAX_INBOUND = 1 << 20
    # Maximum plaintext encrypted by one call: several records per call, with a limit on the ciphertext.
    MAX_WRITE = 1 << 18
    # The overhead of a record of 16 KiB in the cipher suite with the largest overhead (RFC 5246 section 6.2.3.3: a
    # header, an explicit nonce or IV, a MAC, padding), rounded up.
    RECORD_BYTES = 16384
    RECORD_COST = 128
    SESSION_LIFETIME_S = 7200
    MIN_VERSION_NUMBER = 0x30000000
    # OpenSSL may change its ABI only with the major version.
    UNTESTED_VERSION_NUMBER = 0x40000000

include "_openssl_state.pxi"
include "_openssl_callbacks.pxi"


class LibraryError(Exception):
    """OpenSSL refused an input.

    Args:
        what: The kind of input: `certificate`, `key`, `pair`, `anchor` ...
        code: The packed error number of the library; 0 if it gave none.
        text: The error text of the library.
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
    # The oldest error is the original one; the queue is empty afterwards.
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


cdef int need_library() except -1:
    """Refuse a call before `load`: the functions of the library are not known yet, and a call would end the process."""
    if state_index < 0:
        raise RuntimeError("OpenSSL is not loaded: call load first")
    return 0


cdef str version_text():
    return OpenSSL_version(OPENSSL_VERSION).decode()


def load(path):
    """Find OpenSSL through the object file of Python's `_ssl`.

    Args:
        path: The object file.

    Returns:
        None on success, else the reason why this backend cannot be used.
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
        return f"{version_text()} is older than 3.0"
    if OpenSSL_version_num() >= UNTESTED_VERSION_NUMBER:
        return f"{version_text()} is newer than the versions this engine was tested with (3.0 to 3.6)"
    pipe_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, b"wssure queues")
    if pipe_method == NULL:
        return "OpenSSL has no memory"
    BIO_meth_set_write(pipe_method, pipe_write)
    BIO_meth_set_read(pipe_method, pipe_read)
    BIO_meth_set_ctrl(pipe_method, pipe_ctrl)
    state_index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, NULL, NULL, NULL, NULL)
    return None


def version():
    """Return the name and version of the library."""
    need_library()
    return version_text()


def version_number():
    """Return the version of the library as a number, 0xMNN00PP0."""
    need_library()
    return OpenSSL_version_num()


include "_openssl_context.pxi"


cdef class Session:
    """A client session, opaque; it is offered again only with the same context and the same name."""

    cdef SSL_SESSION* handle
    cdef Context context
    cdef object name

    def __dealloc__(self):
        if self.handle != NULL:
            SSL_SESSION_free(self.handle)


include "_openssl_engine.pxi"
