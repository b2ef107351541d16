# distutils: language = c
"""One connection on Mbed TLS, and what connections share: `shim/` as Python objects, nothing more.

What an engine saw becomes facts in `wssure_mbedtls.facts`; here only C values are turned into Python ones.
"""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_FillInfo
from cpython.buffer cimport PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint8_t
from libc.string cimport strcmp

from wssure_mbedtls._shim cimport *

from wssure.facts import CertificateRequested, LibraryWords, OwnError, VerifyDefect
from wssure.tls.constraints import constraint_defect
from wssure.tls.contract import EngineFailed, EngineInfo, PeerChain, Verified

from wssure_mbedtls import errors, facts, first_flight

# The contract's answers, as C integers.
cdef enum:
    DONE = 0
    WANT = -1
    CLOSED = -2


# -- the library --

def start():
    """Start the library once per process; returns its error number, 0 for none."""
    return wsm_start()


def after_fork():
    """Give a forked child random numbers of its own; returns an error number, 0 for none."""
    return wsm_after_fork()


def versions():
    """Return (number of the library that is linked, number of the headers this was compiled with)."""
    return wsm_version_linked(), wsm_version_compiled()


def has(str feature):
    """Tell whether a compile-time feature is in the library; None where the library cannot tell."""
    answer = wsm_has(feature.encode())
    return None if answer < 0 else bool(answer)


def options():
    """Return the options that decide the layout of structures, as the headers have them: name -> compiled in."""
    cdef int compiled = 0
    cdef const char* name = wsm_option(0, &compiled)
    found = {}
    while name != NULL:
        found[name.decode()] = bool(compiled)
        name = wsm_option(len(found), &compiled)
    return found


def compiled():
    """Return (bytes of one record this build can take in, TLS 1.3 is in, traffic secrets can be had)."""
    return wsm_in_content_len(), bool(wsm_tls13()), bool(wsm_keylog())


def describe(int number):
    """Return one line about an error number: the library's own words and the number."""
    cdef char text[200]
    wsm_strerror(number, text, sizeof(text))
    return errors.describe(number, text.decode("latin-1"), wsm_version_linked())


class ConfigError(Exception):
    """The library refused a part of a configuration: `number` is its error, `part` what it was about."""

    def __init__(self, number, part=0):
        super().__init__(number, part)
        self.number = number
        self.part = part


# -- what connections share --

@cython.final
cdef class Trust:
    """Trust anchors, shared by every configuration that has them."""

    cdef wsm_trust* _trust

    def __cinit__(self):
        self._trust = wsm_trust_new()
        if self._trust == NULL:
            raise MemoryError

    def __dealloc__(self):
        wsm_trust_free(self._trust)

    def add(self, bytes der not None):
        """Trust one certificate; False where the library cannot read it."""
        return wsm_trust_add(self._trust, der, len(der)) == 0


@cython.final
cdef class Config:
    """What many connections share. Filled once, then closed by `ready`.

    Args:
        server: Whether it is for servers.
    """

    cdef wsm_config* _config
    cdef readonly bint server
    cdef Trust _trust
    cdef readonly bint tls13
    cdef readonly object keylog_path

    def __cinit__(self, bint server):
        cdef int error = 0
        self.server = server
        self._config = wsm_config_new(server, &error)
        if self._config == NULL:
            raise ConfigError(error)

    def __dealloc__(self):
        wsm_config_free(self._config)

    def trust(self, Trust trust not None):
        """Trust these anchors and no others; without, nobody is trusted."""
        self._trust = trust
        wsm_config_trust(self._config, trust._trust)

    def own(self, bytes chain_pem not None, bytes key_pem not None):
        """Show this chain (PEM) and prove it with this key (PEM)."""
        cdef int part = 0
        # A PEM text is handed over with the NUL that ends it; Python's bytes always have one.
        cdef int error = wsm_config_own(
            self._config, chain_pem, len(chain_pem) + 1, key_pem, len(key_pem) + 1, &part
        )
        if error != 0:
            raise ConfigError(error, part)

    def alpn(self, names):
        """Offer or accept these protocols, in order."""
        cdef const char* pointers[16]
        cdef size_t count = 0
        kept = [name.encode() for name in names]
        if len(kept) > 16:
            raise ConfigError(0)
        for name in kept:
            pointers[count] = name
            count += 1
        cdef int error = wsm_config_alpn(self._config, pointers, count)
        if error != 0:
            raise ConfigError(error)

    def versions(self, int minimum, int maximum):
        """Speak these versions: 12 or 13."""
        self.tls13 = maximum >= 13 and wsm_tls13() != 0
        wsm_config_versions(self._config, minimum, maximum)

    def relax(self, bint everything, bint name, bint dates):
        """Skip a part of verification."""
        wsm_config_relax(self._config, everything, name, dates)

    def pin(self, bint whole_certificate, bytes digest not None):
        """Accept this SHA-256 of a certificate, or of a public key."""
        if len(digest) != 32 or wsm_config_pin(self._config, whole_certificate, digest) != 0:
            raise ConfigError(0)

    def keylog(self, str path not None):
        """Let engines append their traffic secrets to this file."""
        self.keylog_path = path
        wsm_config_keylog(self._config)

    def ready(self, bint verify_peer):
        """Close the configuration."""
        cdef int error = wsm_config_ready(self._config, verify_peer)
        if error != 0:
            raise ConfigError(error)


@cython.final
cdef class Session:
    """A session to offer next time. It holds secrets and shows none.

    It is good only for the settings and the name it was made with: it stands in for a verified certificate.
    """

    cdef wsm_session* _session
    cdef Config _config
    cdef object _identity

    def __dealloc__(self):
        wsm_session_free(self._session)


# -- one connection --

@cython.final
cdef class Engine:
    """One connection's state; see `wssure.tls.contract.Engine`.

    Args:
        config: What it shares with others.
        note: Takes the engine's observations.
        sni: Client: the server_name to send; None for none.
        name: The DNS name the peer must prove; None for none.
        ip: The IP address the peer must prove, as 4 or 16 bytes; None for none.
        session: A session to offer; None for none.
    """

    cdef wsm_engine* _engine
    cdef readonly Config config
    cdef object _note
    cdef object _sni
    cdef object _identity
    cdef object _constraint
    cdef bint _chain_noted
    cdef size_t _verdicts_noted
    cdef bint _request_noted
    cdef bint _done
    cdef bint _greeted
    cdef bytes _flight
    cdef Session _offered

    def __cinit__(
        self, Config config not None, note, *, str sni=None, str name=None, bytes ip=None, Session session=None
    ):
        cdef int error = 0
        self.config = config
        self._note = note
        self._sni = sni
        self._identity = (sni, name, ip)
        self._engine = wsm_engine_new(config._config, &error)
        if self._engine == NULL:
            raise ConfigError(error)
        wsm_engine_policy(self._engine, judge_path, <void*> self)
        if config.server:
            return
        cdef const char* sni_text = NULL
        cdef const char* name_text = NULL
        cdef const uint8_t* ip_bytes = NULL
        if sni is not None:
            sni_kept = sni.encode("ascii")
            sni_text = sni_kept
        if name is not None:
            name_kept = name.encode("ascii")
            name_text = name_kept
        if ip is not None:
            ip_bytes = ip
        error = wsm_engine_name(self._engine, sni_text, name_text, ip_bytes, 0 if ip is None else len(ip))
        if error != 0:
            raise ConfigError(error)
        if session is not None and session._config is config and session._identity == self._identity:
            # One the library will not take is not offered: a full handshake follows.
            if wsm_engine_offer(self._engine, session._session) == 0:
                self._offered = session

    def __dealloc__(self):
        wsm_engine_free(self._engine)

    # The path of every byte.

    def feed(self, data):
        """Copy received ciphertext in."""
        cdef Py_buffer view
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            if wsm_feed(self._engine, <const uint8_t*> view.buf, view.len) != 0:
                raise MemoryError
            return view.len
        finally:
            PyBuffer_Release(&view)

    def read_into(self, buffer):
        """Decrypt into `buffer`: the count, WANT or CLOSED."""
        cdef Py_buffer view
        cdef size_t done = 0
        cdef int status
        PyObject_GetBuffer(buffer, &view, PyBUF_WRITABLE)
        try:
            if not self._done or view.len == 0:
                return WANT
            status = wsm_read(self._engine, <uint8_t*> view.buf, view.len, &done)
        finally:
            PyBuffer_Release(&view)
        if status == WSM_OK:
            return done
        if status == WSM_WANT:
            return WANT
        self._observe()
        if status == WSM_CLOSED:
            return CLOSED
        raise self._failed(status)

    def write(self, data):
        """Encrypt: the number of bytes taken, or WANT."""
        cdef Py_buffer view
        cdef size_t done = 0
        cdef int status
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            if not self._done:
                return WANT
            status = wsm_write(self._engine, <const uint8_t*> view.buf, view.len, &done)
        finally:
            PyBuffer_Release(&view)
        if status == WSM_OK or done > 0:
            return done
        if status == WSM_WANT:
            return WANT
        self._observe()
        raise self._failed(status)

    def outgoing(self):
        """Return the ciphertext to send; valid until `consume`, `write` or `handshake`."""
        return memoryview(self)

    def consume(self, Py_ssize_t count):
        """Drop what was sent."""
        cdef size_t ready = 0
        wsm_outgoing(self._engine, &ready)
        if count < 0 or <size_t> count > ready:
            raise ValueError(f"consume got {count}, expected 0 to {ready}")
        wsm_consume(self._engine, count)

    def __getbuffer__(self, Py_buffer* view, int flags):
        # The view keeps the engine alive, and the engine keeps the memory while a view is out.
        cdef size_t size = 0
        cdef const uint8_t* data = wsm_outgoing(self._engine, &size)
        PyBuffer_FillInfo(view, self, <void*> data, size, 1, flags)
        wsm_pin_outgoing(self._engine)

    def __releasebuffer__(self, Py_buffer* view):
        wsm_unpin_outgoing(self._engine)

    # The handshake and the end.

    def handshake(self):
        """Advance the handshake: DONE or WANT."""
        cdef int status
        if self._done:
            return DONE
        if self.config.server and not self._greeted and not self._greet():
            status = wsm_refuse_version(self._engine)
        else:
            status = wsm_handshake(self._engine)
        self._observe()
        if status == WSM_WANT:
            return WANT
        if status != WSM_OK:
            raise self._failed(status)
        self._done = True
        self._flight = None
        return DONE

    cdef bint _greet(self):
        """Look at the ClientHello before the library does; False where it shares no version with us."""
        cdef size_t size = 0
        cdef const uint8_t* data = wsm_incoming(self._engine, &size)
        if size == 0:
            return True
        self._greeted = True
        flight = self._flight = data[:size]
        whole = first_flight.joined(flight)
        if whole is not None and wsm_replace_incoming(self._engine, whole, len(whole)) != 0:
            raise MemoryError
        return self.config.tls13 or first_flight.offers_tls12(flight)

    def close_notify(self):
        """Put a close_notify into `outgoing()`."""
        wsm_close_notify(self._engine)
        self._observe()

    def eof(self):
        """Take the peer's end of file."""
        wsm_eof(self._engine)

    # What came of it.

    def chain(self):
        """Return what the peer sent as DER, its own certificate first; also after a failure."""
        cdef size_t size = 0
        cdef const uint8_t* data = wsm_chain(self._engine, &size)
        return facts.split_chain(data[:size] if size else b"")

    def session(self):
        """Return the session to offer next time, or None while there is none."""
        cdef wsm_session* taken = wsm_session_take(self._engine)
        cdef Session session
        if taken == NULL:
            return None
        session = Session.__new__(Session)
        session._session = taken
        session._config = self.config
        session._identity = self._identity
        return session

    def info(self):
        """Return what was agreed."""
        cdef const char* alpn = wsm_alpn_name(self._engine)
        cdef const char* cipher = wsm_cipher_name(self._engine)
        cdef const char* server_name = wsm_server_name(self._engine)
        chain = self.chain()
        if self.config.server:
            named = None if server_name == NULL else server_name.decode("latin-1")
        else:
            named = self._sni
        return EngineInfo(
            version=wsm_version_name(self._engine).decode("ascii"),
            cipher="" if cipher == NULL else facts.iana_cipher(cipher.decode("ascii")),
            alpn=None if alpn == NULL else alpn.decode("latin-1"),
            resumed=bool(wsm_resumed(self._engine)),
            peer_certificate=chain[0] if chain else None,
            peer_chain=chain,
            server_name=named,
            verified=self._verified(chain),
        )

    cdef object _verified(self, tuple chain):
        """Return how the peer was verified; None if the shim cannot show it."""
        cdef int how = wsm_verified_by(self._engine)
        cdef object own = chain[0] if chain else None
        if how == WSM_BY_SESSION:
            return Verified("session", session=self._offered)
        if how == WSM_BY_CHAIN:
            return Verified("chain", own)
        if how == WSM_BY_PINS:
            return Verified("pins", own)
        return Verified("nothing", own) if how == WSM_BY_NOTHING else None

    cdef _observe(self):
        """Note what the library's callbacks left since the last call."""
        cdef wsm_alert alerts[8]
        cdef const wsm_verdict* verdicts
        cdef size_t count = wsm_verdicts(self._engine, &verdicts)
        cdef size_t size = 0
        cdef const uint8_t* data
        if not self._chain_noted:
            wsm_chain(self._engine, &size)
            if size:
                self._chain_noted = True
                self._note(PeerChain(self.chain()))
        while self._verdicts_noted < count:
            verdict = verdicts[self._verdicts_noted]
            self._verdicts_noted += 1
            self._note(facts.verify_defect(verdict.depth, verdict.flag, verdict.reason, self._constraint))
        if not self._request_noted and wsm_certificate_requested(self._engine):
            self._request_noted = True
            # In TLS 1.2 the request is in the clear, and the link's own reading of it names the authorities, too.
            if strcmp(wsm_version_name(self._engine), b"TLSv1.3") == 0:
                self._note(CertificateRequested())
        for index in range(wsm_take_alerts(self._engine, alerts)):
            alert = alerts[index]
            self._note(facts.alert(alert.sent, alert.level, alert.number, alert.encrypted, alert.after_done))
        if self.config.keylog_path is not None:
            data = wsm_keylog_lines(self._engine, &size)
            if size:
                facts.write_keylog(self.config.keylog_path, data[:size])
                wsm_keylog_taken(self._engine)

    cdef _failed(self, int number):
        """Note the library's words and return the exception to raise."""
        agreed = b"" if self.config.server else wsm_version_name(self._engine)
        text = describe(number) + errors.known_defect(number, wsm_version_linked(), agreed == b"TLSv1.2")
        own = errors.own_error(number, wsm_version_linked(), wsm_own_cause(self._engine), self.config.server)
        if own == "no-shared-cipher" and self._flight is not None and not first_flight.shares_group(self._flight):
            own = "no-common-group"
        unread = errors.unreadable(number) if self._verdicts_noted == 0 else None
        if unread is not None:
            self._note(VerifyDefect(None, unread[0], number, unread[1]))
        elif own is not None and self._verdicts_noted == 0:
            self._note(OwnError(own))
        self._note(LibraryWords("mbedtls", errors.hexadecimal(number), text))
        return EngineFailed(text, number, verification=self._verdicts_noted > 0 or unread is not None)


cdef int judge_path(void* context, const wsm_der* path, size_t count) noexcept with gil:
    """Judge the name constraints of a path; the shim calls it in the middle of a handshake, with the interpreter lock held."""
    cdef Engine engine = <Engine> context
    cdef size_t index
    try:
        ders = [path[index].data[:path[index].size] for index in range(count)]
        # Applications still know clients by their common name; a server's proves nothing (RFC 9525 section 2).
        defect = constraint_defect(ders, common_name=engine.config.server)
    except Exception as error:
        defect = 0, f"name constraints: {type(error).__name__}"
    if defect is None:
        return -1
    engine._constraint = defect[1]
    return defect[0]
