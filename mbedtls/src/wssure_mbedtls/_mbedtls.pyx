# distutils: language = c
"""Python objects for `shim/`: one connection on Mbed TLS, and the objects shared by connections.

This file only converts C values to Python values; `wssure_mbedtls.facts` makes facts from them.
"""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_FillInfo
from cpython.buffer cimport PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint8_t
from libc.string cimport strcmp

from wssure_mbedtls._shim cimport *

from wssure.facts import CertificateRequested, LibraryWords, OwnError, VerifyDefect
from wssure.tls.defects import path_defect
from wssure.tls.contract import EngineFailed, EngineInfo, PeerChain, Verified

from wssure_mbedtls import errors, facts, first_flight

# The return values of the contract, as C integers.
cdef enum:
    DONE = 0
    WANT = -1
    CLOSED = -2


# -- the library --

def start():
    """Initialise the library once per process; returns its error number, 0 for none."""
    return wsm_start()


def after_fork():
    """Reseed the random numbers of a forked child; returns an error number, 0 for none."""
    return wsm_after_fork()


def versions():
    """Return the version numbers of the linked library and of the headers used at compile time."""
    return wsm_version_linked(), wsm_version_compiled()


def has(str feature):
    """Return True if the library has a compile-time feature; None if the library cannot report it."""
    answer = wsm_has(feature.encode())
    return None if answer < 0 else bool(answer)


def options():
    """Return the options of the headers that determine the layout of structures: name -> compiled in."""
    cdef int compiled = 0
    cdef const char* name = wsm_option(0, &compiled)
    found = {}
    while name != NULL:
        found[name.decode()] = bool(compiled)
        name = wsm_option(len(found), &compiled)
    return found


def compiled():
    """Return (size of the record buffer in bytes, TLS 1.3 support, export of traffic secrets)."""
    return wsm_in_content_len(), bool(wsm_tls13()), bool(wsm_keylog())


def describe(int number):
    """Describe an error number in one line: the library's own text and the number."""
    cdef char text[200]
    wsm_strerror(number, text, sizeof(text))
    return errors.describe(number, text.decode("latin-1"), wsm_version_linked())


class ConfigError(Exception):
    """The library refused a part of a configuration: `number` is its error, `part` the refused part."""

    def __init__(self, number, part=0):
        super().__init__(number, part)
        self.number = number
        self.part = part


# -- objects shared by connections --

@cython.final
cdef class Trust:
    """Trust anchors, shared by configurations."""

    cdef wsm_trust* _trust
    cdef readonly list certificates

    def __cinit__(self):
        self.certificates = []
        self._trust = wsm_trust_new()
        if self._trust == NULL:
            raise MemoryError

    def __dealloc__(self):
        wsm_trust_free(self._trust)

    def add(self, bytes der not None):
        """Trust one certificate; False if the library cannot read it."""
        if wsm_trust_add(self._trust, der, len(der)) != 0:
            return False
        self.certificates.append(der)
        return True


@cython.final
cdef class Config:
    """The configuration shared by connections. It is set up once and then completed by `ready`.

    Args:
        server: True for servers.
    """

    cdef wsm_config* _config
    cdef readonly bint server
    cdef Trust _trust
    cdef readonly bint tls13
    cdef readonly bint strict
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
        """Trust only these anchors; without anchors, no peer is trusted."""
        self._trust = trust
        wsm_config_trust(self._config, trust._trust)

    def own(self, bytes chain_pem not None, bytes key_pem not None):
        """Use this certificate chain (PEM) with this key (PEM)."""
        cdef int part = 0
        # The length of a PEM text includes its final NUL; Python's bytes always have one.
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
        """Set the protocol versions: 12 or 13."""
        self.tls13 = maximum >= 13 and wsm_tls13() != 0
        wsm_config_versions(self._config, minimum, maximum)

    def demand_strict(self):
        """Check the formal rules of RFC 5280 in each path, too."""
        self.strict = True

    def group(self, int number):
        """Add a key exchange group (IANA, TLS Supported Groups); the first replaces the default groups."""
        if wsm_config_group(self._config, <uint16_t> number) != 0:
            raise ConfigError(0)

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
        """Complete the configuration."""
        cdef int error = wsm_config_ready(self._config, verify_peer)
        if error != 0:
            raise ConfigError(error)


@cython.final
cdef class Session:
    """A session to offer next time. It contains secrets and does not show them.

    It is valid only with the same settings and the same name, because it replaces a verified certificate.
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
        config: The configuration, shared by connections.
        note: Receives the observations of the engine.
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
    cdef object _policy
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
            # A session that the library refuses is not offered: a full handshake follows.
            if wsm_engine_offer(self._engine, session._session) == 0:
                self._offered = session

    def __dealloc__(self):
        wsm_engine_free(self._engine)

    # The data path.

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
        """Decrypt into `buffer`; returns the count, WANT or CLOSED."""
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
        """Encrypt; returns the number of bytes taken, or WANT."""
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

    def unsent(self):
        """Return how much ciphertext is to be sent."""
        cdef size_t ready = 0
        wsm_outgoing(self._engine, &ready)
        return ready

    def consume(self, Py_ssize_t count):
        """Remove bytes that were sent."""
        cdef size_t ready = 0
        wsm_outgoing(self._engine, &ready)
        if count < 0 or <size_t> count > ready:
            raise ValueError(f"consume got {count}, expected 0 to {ready}")
        wsm_consume(self._engine, count)

    def __getbuffer__(self, Py_buffer* view, int flags):
        # The view keeps the engine alive, and the engine keeps the memory while a view exists.
        cdef size_t size = 0
        cdef const uint8_t* data = wsm_outgoing(self._engine, &size)
        PyBuffer_FillInfo(view, self, <void*> data, size, 1, flags)
        wsm_pin_outgoing(self._engine)

    def __releasebuffer__(self, Py_buffer* view):
        wsm_unpin_outgoing(self._engine)

    # The handshake and closing.

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
        """Check the ClientHello before the library gets it; False if there is no common version."""
        cdef size_t size = 0
        cdef const uint8_t* data = wsm_incoming(self._engine, &size)
        if size == 0:
            return True
        self._greeted = True
        flight = self._flight = data[:size]
        whole = first_flight.join_records(flight)
        if whole is not None and wsm_replace_incoming(self._engine, whole, len(whole)) != 0:
            raise MemoryError
        return self.config.tls13 or first_flight.offers_tls12(flight)

    def close_notify(self):
        """Append a close_notify to `outgoing()`."""
        wsm_close_notify(self._engine)
        self._observe()

    def eof(self):
        """Record the peer's EOF."""
        wsm_eof(self._engine)

    # Results of the handshake.

    def chain(self):
        """Return the peer's certificates as DER, its own first; also after a failure."""
        cdef size_t size = 0
        cdef const uint8_t* data = wsm_chain(self._engine, &size)
        return facts.split_chain(data[:size] if size else b"")

    def session(self):
        """Return the session to offer next time, or None if there is none yet."""
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
        """Return the agreed parameters."""
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
        """Return the proof of the peer's verification; None if the shim has none."""
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
        """Note the observations of the library's callbacks since the last call."""
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
            trust = self.config._trust
            anchors = () if trust is None else trust.certificates
            self._note(
                facts.verify_defect(verdict.depth, verdict.flag, verdict.reason, self._policy, self.chain(), anchors)
            )
        if not self._request_noted and wsm_certificate_requested(self._engine):
            self._request_noted = True
            # In TLS 1.2 the request is unencrypted: the common layer decodes it, with the names of the authorities.
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
        """Note the error of the library and return the exception to raise."""
        agreed = b"" if self.config.server else wsm_version_name(self._engine)
        defect = errors.known_defect(number, wsm_version_linked(), agreed == b"TLSv1.2")
        text = describe(number) + defect
        own = errors.own_error(number, wsm_version_linked(), wsm_own_cause(self._engine), self.config.server)
        if defect and own is None:
            own = "rsa-pss-refused"
        if own == "no-shared-cipher" and self._flight is not None and not first_flight.shares_group(self._flight):
            own = "no-common-group"
        unread = errors.unreadable(number) if self._verdicts_noted == 0 else None
        if unread is not None:
            self._note(VerifyDefect(None, unread[0], number, unread[1], unread[2]))
        elif own is not None and self._verdicts_noted == 0:
            self._note(OwnError(own))
        self._note(LibraryWords("mbedtls", errors.hexadecimal(number), text))
        return EngineFailed(text, number, verification=self._verdicts_noted > 0 or unread is not None)


cdef int judge_path(void* context, const wsm_der* path, size_t count) noexcept with gil:
    """Check name constraints and, if asked for, the strict rules. Called during a handshake, with the interpreter lock."""
    cdef Engine engine = <Engine> context
    cdef size_t index
    try:
        ders = [path[index].data[:path[index].size] for index in range(count)]
        # Applications still identify clients by their common name; for servers it is not used (RFC 9525 section 2).
        engine._policy = path_defect(ders, common_name=engine.config.server, strict=engine.config.strict)
    except Exception as error:
        engine._policy = VerifyDefect(0, "other", None, f"the path cannot be checked: {type(error).__name__}")
    return -1 if engine._policy is None else engine._policy.depth
