cdef class Engine(RawEngine):
    """The TLS state of one connection. `wssure.tls.contract.Engine` documents the methods.

    Args:
        context: The context, shared by connections.
        note: Receives the observations.
        sni: Client: the name to send; None sends none.
        host: Client: the DNS name to check the certificate for; None checks none.
        address: Client: the IP address to check the certificate for; None checks none.
        session: Client: a session from an earlier engine's `session()`.
    """

    cdef SSL* ssl
    cdef State state
    cdef Context context
    cdef object note
    cdef object name
    cdef Session offered
    cdef tuple failure
    cdef bint broken
    cdef bint close_sent
    cdef bint close_seen
    cdef size_t made_before

    def __cinit__(
        self, Context context not None, note, bytes sni=None, bytes host=None, bytes address=None, session=None
    ):
        cdef BIO* bio
        memset(&self.state, 0, sizeof(State))
        self.context = context
        self.note = note
        self.name = (sni, host, address)
        self.state.policy = &context.policy
        ERR_clear_error()
        self.ssl = SSL_new(context.handle)
        bio = BIO_new(pipe_method)
        if self.ssl == NULL or bio == NULL:
            if bio != NULL:
                BIO_free(bio)
            raise MemoryError
        BIO_set_data(bio, &self.state)
        BIO_set_init(bio, 1)
        SSL_set_bio(self.ssl, bio, bio)
        if SSL_set_ex_data(self.ssl, state_index, &self.state) != 1:
            raise MemoryError
        SSL_ctrl(self.ssl, SSL_CTRL_SET_MSG_CALLBACK_ARG, 0, &self.state)
        if context.server:
            SSL_set_accept_state(self.ssl)
            return
        SSL_set_connect_state(self.ssl)
        self.expect(sni, host, address)
        if isinstance(session, Session):
            self.offer(session)

    cdef int expect(self, bytes sni, bytes host, bytes address) except -1:
        # The name to send and the name to check are set separately: neither is derived from the other here.
        cdef X509_VERIFY_PARAM* param = SSL_get0_param(self.ssl)
        if sni is not None and SSL_ctrl(
            self.ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_HOST_NAME, <char*> sni
        ) != 1:
            raise refusal("sni")
        if host is not None and X509_VERIFY_PARAM_set1_host(param, host, len(host)) != 1:
            raise refusal("host")
        if address is not None and X509_VERIFY_PARAM_set1_ip_asc(param, address) != 1:
            raise refusal("address")
        return 0

    cdef int offer(self, Session session) except -1:
        # A session includes an earlier verification: offered to another server, it would skip this one silently.
        if session.context is self.context and session.name == self.name:
            if SSL_set_session(self.ssl, session.handle) == 1:
                self.offered = session
            ERR_clear_error()
        return 0

    def __dealloc__(self):
        if self.ssl != NULL:
            if not self.broken:
                # A connection that ended without close_notify may still be resumed (RFC 5246 section 7.2.1).
                SSL_set_shutdown(self.ssl, SSL_SENT_AND_RECEIVED_SHUTDOWN)
            SSL_free(self.ssl)
        free_chain(&self.state)
        forget_accepted(&self.state)
        if self.state.session != NULL:
            SSL_SESSION_free(self.state.session)
        release(&self.state.inbound)
        release(&self.state.outbound)

    # The data path.

    def feed(self, data):
        """Copy received ciphertext in; returns the number of bytes taken."""
        cdef Py_buffer view
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            return self.feed_raw(<const char*> view.buf, view.len)
        finally:
            PyBuffer_Release(&view)

    cdef Py_ssize_t feed_raw(self, const char* data, Py_ssize_t size) except -1:
        cdef size_t count = min(<size_t> size, MAX_INBOUND - waiting(&self.state.inbound))
        if count:
            if not reserve(&self.state.inbound, count):
                raise MemoryError
            memcpy(self.state.inbound.data + self.state.inbound.end, data, count)
            self.state.inbound.end += count
        return <Py_ssize_t> count

    def read_into(self, buffer):
        """Decrypt all complete records that fit into `buffer`; returns the count, `WANT` or `CLOSED`."""
        cdef Py_buffer view
        PyObject_GetBuffer(buffer, &view, PyBUF_WRITABLE)
        try:
            return self.read_raw(<char*> view.buf, view.len)
        finally:
            PyBuffer_Release(&view)

    cdef Py_ssize_t read_raw(self, char* data, Py_ssize_t capacity) except? -3:
        cdef Py_ssize_t count
        if not self.state.done:
            raise AssertionError("read before the handshake is done")
        if self.failure is not None:
            raise self.failed()
        if self.idle():
            return WANT
        count = self.decrypt(data, capacity)
        if self.state.alert_count:
            self.note_alerts()
        if count == WANT and self.failure is not None:
            raise self.failed()
        return count

    cdef inline bint idle(self) noexcept:
        # A caller reads until the result is WANT, so this result must be cheap.
        return (
            waiting(&self.state.inbound) == 0
            and not self.state.eof
            and not self.close_seen
            and not SSL_has_pending(self.ssl)
        )

    cdef Py_ssize_t decrypt(self, char* data, Py_ssize_t capacity) except? -3:
        cdef Bytes* inbound = &self.state.inbound
        cdef Py_ssize_t count = 0
        cdef Py_ssize_t answer = WANT
        cdef int result, error
        self.made_before = waiting(&self.state.outbound)
        clean_queue()
        while count < capacity:
            result = SSL_read(self.ssl, data + count, <int> min(capacity - count, INT_MAX))
            if result > 0:
                count += result
                if inbound.start == inbound.end and not SSL_has_pending(self.ssl):
                    break
                continue
            error = SSL_get_error(self.ssl, result)
            if error == SSL_ERROR_ZERO_RETURN:
                self.close_seen = True
                answer = CLOSED
            elif error != SSL_ERROR_WANT_READ and error != SSL_ERROR_WANT_WRITE:
                # Earlier plaintext is delivered first; the next call raises the failure.
                self.fail()
            break
        if inbound.start == inbound.end and inbound.capacity > SMALL_BUFFER:
            release(inbound)
        return count if count else answer

    def write(self, data):
        """Encrypt; returns the number of plaintext bytes taken, at most 256 KiB, or `WANT`."""
        cdef Py_buffer view
        cdef int count, result, error
        if not self.state.done:
            raise AssertionError("write before the handshake is done")
        if self.failure is not None:
            raise self.failed()
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            if view.len == 0:
                return 0
            count = <int> min(view.len, MAX_WRITE)
            if not reserve(&self.state.outbound, count + (count // RECORD_BYTES + 1) * RECORD_COST):
                raise MemoryError
            clean_queue()
            result = SSL_write(self.ssl, view.buf, count)
        finally:
            PyBuffer_Release(&view)
        if result > 0:
            return result
        error = SSL_get_error(self.ssl, result)
        if error == SSL_ERROR_WANT_READ or error == SSL_ERROR_WANT_WRITE:
            return WANT
        self.fail()
        raise self.failed()

    def outgoing(self):
        """Return a view of the ciphertext to send."""
        if waiting(&self.state.outbound) == 0:
            return NOTHING  # called after each read and each write: usually there is nothing
        return PyMemoryView_FromObject(self)

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        cdef Bytes* outbound = &self.state.outbound
        cdef Block* block
        if outbound.data == NULL:
            PyBuffer_FillInfo(buffer, self, b"", 0, True, flags)
            buffer.internal = NULL
            return
        PyBuffer_FillInfo(buffer, self, outbound.data + outbound.start, waiting(outbound), True, flags)
        block = <Block*> outbound.data - 1
        block.exports += 1
        buffer.internal = block

    def __releasebuffer__(self, Py_buffer* buffer):
        cdef Block* block = <Block*> buffer.internal
        if block == NULL:
            return
        block.exports -= 1
        if block.dropped and block.exports == 0:
            free(block)

    def consume(self, Py_ssize_t count):
        """Remove the first `count` bytes of `outgoing()`."""
        if not 0 <= count <= <Py_ssize_t> waiting(&self.state.outbound):
            raise ValueError(f"consume got {count}, expected 0 to {waiting(&self.state.outbound)}")
        self.consume_raw(count)

    cdef void consume_raw(self, Py_ssize_t count) noexcept:
        cdef Bytes* outbound = &self.state.outbound
        drop(outbound, <size_t> count)
        if outbound.end == 0 and outbound.capacity > SMALL_BUFFER:
            release(outbound)

    cdef const char* outgoing_raw(self, Py_ssize_t* size) noexcept:
        cdef Bytes* outbound = &self.state.outbound
        size[0] = <Py_ssize_t> waiting(outbound)
        if size[0] == 0:
            return NULL
        return <const char*> outbound.data + outbound.start

    # The handshake and its observations.

    def handshake(self):
        """Advance the handshake: `DONE` or `WANT`."""
        cdef int result
        cdef int error = 0
        if self.failure is not None:
            raise self.failed()
        if self.state.done:
            return DONE
        self.made_before = waiting(&self.state.outbound)
        with nogil:
            ERR_clear_error()
            result = SSL_do_handshake(self.ssl)
            if result != 1:
                error = SSL_get_error(self.ssl, result)
        if result == 1:
            self.note_peer()
            self.state.done = True
            return DONE
        if error == SSL_ERROR_WANT_READ or error == SSL_ERROR_WANT_WRITE:
            self.note_peer()
            return WANT
        self.fail()
        raise self.failed()

    cdef int note_peer(self) except -1:
        cdef tuple chain
        if self.state.chain != NULL:
            chain = certificates_of(self.state.chain)
            free_chain(&self.state)
            self.note(PeerChain(chain))
        if self.state.certificate_requested:
            self.state.certificate_requested = False
            self.note(CertificateRequested(names_of(SSL_get0_peer_CA_list(self.ssl))))
        if self.state.alert_count:
            self.note_alerts()
        return 0

    cdef int note_alerts(self) except -1:
        cdef AlertSeen* alert
        cdef int index
        for index in range(self.state.alert_count):
            alert = &self.state.alerts[index]
            self.note(facts.alert(
                "sent" if alert.direction == SENT else "received",
                alert.number,
                level=alert.level,
                encrypted=bool(alert.encrypted),
                after_done=bool(alert.after_done),
            ))
        self.state.alert_count = 0
        return 0

    cdef int fail(self) except -1:
        # The library failed: note all observations, and keep its error, which every later call raises again.
        cdef int index
        cdef bint verification = self.state.refused and not self.state.done
        self.broken = True
        code, text = drain_errors()
        if openssl_errors.is_end_of_file(code) or (code == 0 and self.state.eof):
            # The library answers an EOF with a misleading alert, which is neither sent nor noted.
            self.take_back_alert()
        self.note_peer()
        if self.state.pin_mismatch:
            text = openssl_errors.PIN_MISMATCH
            self.note(VerifyDefect(0, "pin-mismatch", None, text))
        for index in range(self.state.error_count):
            depth, number = self.state.errors[index].depth, self.state.errors[index].code
            words = X509_verify_cert_error_string(number).decode("utf-8", "replace")
            flag, defect = openssl_errors.verify_defect(number)
            self.note(VerifyDefect(depth if depth >= 0 else None, flag, number, words, defect))
            if index == 0:
                text = words
        if not text:
            text = "unexpected end of file" if self.state.eof else "the library gave no reason"
        own = openssl_errors.own_error(code)
        if own is not None:
            self.note(OwnError(own))
        self.note(LibraryWords("openssl", code or None, text))
        self.failure = text, code or None, verification
        return 0

    cdef object failed(self):
        # A new exception each time: a stored one would keep its traceback, and so this connection, in a reference
        # cycle.
        text, code, verification = self.failure
        return EngineFailed(text, code, verification=verification)

    cdef void take_back_alert(self) noexcept:
        cdef int last = self.state.alert_count - 1
        cdef Bytes* outbound = &self.state.outbound
        if last >= 0 and self.state.alerts[last].direction == SENT:
            self.state.alert_count = last
            outbound.end = outbound.start + min(self.made_before, waiting(outbound))

    # Closing.

    def close_notify(self):
        """Append a close_notify to `outgoing()`."""
        if not self.state.done or self.close_sent or self.failure is not None:
            return
        self.close_sent = True
        ERR_clear_error()
        SSL_shutdown(self.ssl)
        ERR_clear_error()
        self.note_alerts()

    def eof(self):
        """Record the peer's EOF."""
        self.state.eof = True

    # Results of the handshake.

    def session(self):
        """Return the session to offer next time, or None."""
        cdef Session session
        if self.context.server:
            return None
        if self.state.session == NULL:
            # TLS 1.2 continues with the resumed session; a ticket of TLS 1.3 is for one use (RFC 8446 appendix C.4).
            return self.offered if self.state.done and self.resumed() and not self.is_tls13() else None
        if SSL_SESSION_up_ref(self.state.session) != 1:
            return None
        session = Session.__new__(Session)
        session.handle = self.state.session
        session.context = self.context
        session.name = self.name
        return session

    cdef bint resumed(self) noexcept:
        return SSL_session_reused(self.ssl) == 1

    cdef bint is_tls13(self) noexcept:
        return SSL_get_version(self.ssl) == b"TLSv1.3"

    def info(self):
        """Return the agreed parameters."""
        cdef const SSL_CIPHER* cipher = SSL_get_current_cipher(self.ssl)
        cdef const unsigned char* alpn = NULL
        cdef unsigned int alpn_bytes = 0
        cdef const char* server_name = SSL_get_servername(self.ssl, TLSEXT_NAMETYPE_HOST_NAME)
        cdef const char* cipher_name = NULL
        cdef X509* own = SSL_get1_peer_certificate(self.ssl)
        cdef tuple chain = certificates_of(SSL_get_peer_cert_chain(self.ssl))
        SSL_get0_alpn_selected(self.ssl, &alpn, &alpn_bytes)
        if cipher != NULL:
            cipher_name = SSL_CIPHER_standard_name(cipher)
            if cipher_name == NULL:
                cipher_name = SSL_CIPHER_get_name(cipher)
        if own != NULL:
            leaf = der_of(own)
            X509_free(own)
            if not chain or chain[0] != leaf:
                chain = (leaf, *chain)  # OpenSSL's list on a server does not include the client's own certificate.
        return EngineInfo(
            version=SSL_get_version(self.ssl).decode(),
            cipher=cipher_name.decode() if cipher_name != NULL else "",
            alpn=alpn[:alpn_bytes].decode("latin-1") if alpn_bytes else None,
            resumed=self.resumed(),
            peer_certificate=chain[0] if chain else None,
            peer_chain=chain,
            server_name=server_name.decode("latin-1") if server_name != NULL else None,
            verified=self.verified(),
        )

    cdef object verified(self):
        # The result of this connection's callback; a resumed session has the result of its own handshake.
        cdef const Policy* policy = &self.context.policy
        if not policy.verifies:
            return Verified("nothing")
        if SSL_get_verify_result(self.ssl) != X509_V_OK:
            return None
        if self.resumed():
            return Verified("session", session=self.offered)
        if self.state.accepted == NULL:
            return None
        how = "pins" if policy.pin_count else "nothing" if policy.accept_all else "chain"
        return Verified(how, der_of(self.state.accepted))


cdef bytes der_of(X509* certificate):
    cdef int count = i2d_X509(certificate, NULL)
    cdef bytes der
    cdef unsigned char* end
    if count <= 0:
        return b""
    der = PyBytes_FromStringAndSize(NULL, count)
    end = <unsigned char*> PyBytes_AS_STRING(der)
    i2d_X509(certificate, &end)
    return der


cdef tuple certificates_of(const STACK* stack):
    cdef int index
    if stack == NULL:
        return ()
    return tuple([der_of(<X509*> OPENSSL_sk_value(stack, index)) for index in range(OPENSSL_sk_num(stack))])


cdef list names_of(const STACK* stack):
    cdef int index
    if stack == NULL:
        return []
    return [name_of(<const X509_NAME*> OPENSSL_sk_value(stack, index)) for index in range(OPENSSL_sk_num(stack))]


cdef object name_of(const X509_NAME* name):
    cdef unsigned char* end
    cdef int count = i2d_X509_NAME(name, NULL)
    cdef bytes der
    if count <= 0:
        return ""
    der = PyBytes_FromStringAndSize(NULL, count)
    end = <unsigned char*> PyBytes_AS_STRING(der)
    i2d_X509_NAME(name, &end)
    try:
        return decode_name(der)
    except DecodeError:
        return f"({count} bytes that are no name)"
