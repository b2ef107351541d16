# The functions called by OpenSSL: our BIO over two queues, and the callbacks of a handshake. They run without the
# interpreter lock and use no Python object.

cdef int pipe_write(BIO* bio, const char* data, int count) noexcept nogil:
    cdef State* state = <State*> BIO_get_data(bio)
    BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY)
    if count <= 0 or not reserve(&state.outbound, <size_t> count):
        return -1
    memcpy(state.outbound.data + state.outbound.end, data, <size_t> count)
    state.outbound.end += <size_t> count
    return count


cdef int pipe_read(BIO* bio, char* data, int count) noexcept nogil:
    cdef State* state = <State*> BIO_get_data(bio)
    cdef size_t taken = waiting(&state.inbound)
    BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY)
    if count <= 0:
        return 0
    if taken == 0:
        if state.eof:
            return 0
        BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        return -1
    if taken > <size_t> count:
        taken = <size_t> count
    memcpy(data, state.inbound.data + state.inbound.start, taken)
    drop(&state.inbound, taken)
    return <int> taken


cdef long pipe_ctrl(BIO* bio, int command, long number, void* pointer) noexcept nogil:
    cdef State* state = <State*> BIO_get_data(bio)
    if command == BIO_CTRL_FLUSH:
        return 1
    if command == BIO_CTRL_EOF:
        return state.eof and waiting(&state.inbound) == 0
    if command == BIO_CTRL_PENDING:
        return <long> waiting(&state.inbound)
    if command == BIO_CTRL_WPENDING:
        return <long> waiting(&state.outbound)
    return 0


cdef void see_message(
    int direction, int version, int content, const void* data, size_t count, SSL* ssl, void* connection
) noexcept nogil:
    # Called for every record; only an alert takes more than two stores.
    cdef State* state = <State*> connection
    cdef const unsigned char* octets = <const unsigned char*> data
    cdef AlertSeen* alert
    if content == SSL3_RT_HEADER:
        if count >= 5:
            state.header_type[direction] = octets[0]
            state.header_bytes[direction] = <size_t> octets[3] << 8 | octets[4]
        return
    if content != SSL3_RT_ALERT or count != 2 or state.alert_count == MAX_ALERTS:
        return
    alert = &state.alerts[state.alert_count]
    state.alert_count += 1
    alert.direction, alert.level, alert.number = direction, octets[0], octets[1]
    # The record header was reported just before. In TLS 1.3 (RFC 8446 section 5.2) a protected alert
    # looks like application data from outside; in TLS 1.2 it is longer than its two bytes.
    alert.encrypted = state.header_type[direction] != SSL3_RT_ALERT or state.header_bytes[direction] != 2
    alert.after_done = state.done


cdef int see_verify_error(int ok, X509_STORE_CTX* store) noexcept nogil:
    # Record the error and continue, so that an expired certificate of an unknown issuer is reported as both.
    cdef State* state
    cdef SSL* ssl
    if ok:
        return 1
    ssl = <SSL*> X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
    state = <State*> SSL_get_ex_data(ssl, state_index)
    note_verify_error(state, X509_STORE_CTX_get_error_depth(store), X509_STORE_CTX_get_error(store))
    return 1


cdef void note_verify_error(State* state, int depth, int code) noexcept nogil:
    cdef int index
    for index in range(state.error_count):
        if state.errors[index].depth == depth and state.errors[index].code == code:
            return
    if state.error_count == MAX_VERIFY_ERRORS:
        return
    state.errors[state.error_count].depth = depth
    state.errors[state.error_count].code = code
    state.error_count += 1


cdef bint pinned(const Policy* policy, X509* leaf) noexcept nogil:
    # Return 1 if the certificate, or its public key (SubjectPublicKeyInfo, RFC 7469 section 2.4), matches a pin.
    cdef unsigned char of_certificate[64]
    cdef unsigned char of_key[64]
    cdef unsigned char der[MAX_KEY_BYTES]
    cdef unsigned char* end = der
    cdef X509_PUBKEY* key = X509_get_X509_PUBKEY(leaf)
    cdef int count = i2d_X509_PUBKEY(key, NULL)
    cdef const unsigned char* digest
    cdef int index
    if X509_digest(leaf, EVP_sha256(), of_certificate, NULL) != 1:
        return False
    if not 0 < count <= MAX_KEY_BYTES or i2d_X509_PUBKEY(key, &end) != count:
        return False
    if EVP_Digest(der, <size_t> count, of_key, NULL, EVP_sha256(), NULL) != 1:
        return False
    for index in range(policy.pin_count):
        digest = &of_key[0] if policy.pins[index].of_key else &of_certificate[0]
        if memcmp(policy.pins[index].digest, digest, DIGEST_BYTES) == 0:
            return True
    return False


cdef int verify_certificate(X509_STORE_CTX* store, void* unused) noexcept nogil:
    # Replaces the library's own verification call: stores the peer's certificates, lets the library verify them, and
    # refuses after any error. If there are pins, only they decide.
    cdef SSL* ssl = <SSL*> X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
    cdef State* state = <State*> SSL_get_ex_data(ssl, state_index)
    cdef const Policy* policy = state.policy
    cdef STACK* sent = X509_STORE_CTX_get0_untrusted(store)
    cdef int code = X509_V_OK
    free_chain(state)
    forget_accepted(state)
    state.error_count = 0
    if sent != NULL:
        state.chain = X509_chain_up_ref(sent)
    if policy.pin_count:
        state.pin_mismatch = not pinned(policy, X509_STORE_CTX_get0_cert(store))
        if state.pin_mismatch:
            # The library sends the alert bad_certificate for this code.
            code = X509_V_ERR_CERT_REJECTED
    elif not policy.accept_all:
        X509_STORE_CTX_set_verify_cb(store, see_verify_error)
        if X509_verify_cert(store) <= 0 and state.error_count == 0:
            # The library failed before it verified anything.
            code = X509_STORE_CTX_get_error(store)
            note_verify_error(state, -1, code if code != X509_V_OK else X509_V_ERR_UNSPECIFIED)
        if state.error_count:
            code = state.errors[0].code
    state.refused = code != X509_V_OK
    if not state.refused and X509_up_ref(X509_STORE_CTX_get0_cert(store)) == 1:
        state.accepted = X509_STORE_CTX_get0_cert(store)
    X509_STORE_CTX_set_error(store, code)
    return not state.refused


cdef void free_certificate(void* certificate) noexcept nogil:
    X509_free(<X509*> certificate)


cdef void free_chain(State* state) noexcept nogil:
    if state.chain != NULL:
        OPENSSL_sk_pop_free(state.chain, free_certificate)
        state.chain = NULL


cdef void forget_accepted(State* state) noexcept nogil:
    if state.accepted != NULL:
        X509_free(state.accepted)
        state.accepted = NULL


cdef int see_session(SSL* ssl, SSL_SESSION* session) noexcept nogil:
    # Keep the newest session; 1 means that this side owns the reference.
    cdef State* state = <State*> SSL_get_ex_data(ssl, state_index)
    if state.session != NULL:
        SSL_SESSION_free(state.session)
    state.session = session
    return 1


cdef int see_certificate_request(SSL* ssl, void* unused) noexcept nogil:
    (<State*> SSL_get_ex_data(ssl, state_index)).certificate_requested = True
    return 1


cdef int accept_server_name(SSL* ssl, int* alert, void* unused) noexcept nogil:
    # Selects nothing: the site was selected before this connection began. It makes the library acknowledge the name
    # (RFC 6066 section 3: the server SHALL include the extension) and store it with the session.
    return SSL_TLSEXT_ERR_OK


cdef int select_alpn(
    SSL* ssl, const unsigned char** out, unsigned char* out_bytes, const unsigned char* offered, unsigned int count,
    void* unused
) noexcept nogil:
    cdef const Policy* policy = (<State*> SSL_get_ex_data(ssl, state_index)).policy
    # 1 is OPENSSL_NPN_NEGOTIATED. RFC 7301 section 3.2: "the server SHALL respond with a fatal
    # no_application_protocol alert" if it supports none of the protocols offered.
    if SSL_select_next_proto(<unsigned char**> out, out_bytes, policy.alpn, policy.alpn_bytes, offered, count) == 1:
        return SSL_TLSEXT_ERR_OK
    return SSL_TLSEXT_ERR_ALERT_FATAL


cdef void write_keylog(const SSL* ssl, const char* line) noexcept nogil:
    # One write for the whole line: the file may be shared with other processes, all appending.
    cdef State* state = <State*> SSL_get_ex_data(ssl, state_index)
    cdef char text[1024]
    cdef size_t count = strlen(line)
    if count + 1 > sizeof(text):
        return
    memcpy(text, line, count)
    text[count] = b"\n"
    write(state.policy.keylog_fd, text, count + 1)


cdef int refuse_password(char* buffer, int count, int writing, void* unused) noexcept nogil:
    # Without this callback the library would ask on the terminal.
    return -1
