# Objects shared by connections: trust anchors, and an SSL_CTX made from them and the settings.

cdef class Trust:
    """Trust anchors, read once and shared by all contexts with the same anchors.

    Args:
        certificates: DER of each anchor.
        file: A PEM bundle to read, encoded for the file system; None for none.
        directory: A directory of hashed names, read lazily; None for none.
    """

    cdef X509_STORE* handle
    cdef readonly tuple certificates

    def __cinit__(self, tuple certificates not None, bytes file=None, bytes directory=None):
        cdef X509* certificate
        cdef int added
        need_library()
        self.certificates = certificates
        ERR_clear_error()
        self.handle = X509_STORE_new()
        if self.handle == NULL:
            raise MemoryError
        for der in certificates:
            certificate = read_certificate(der)
            added = X509_STORE_add_cert(self.handle, certificate)
            X509_free(certificate)
            if added != 1:
                raise refusal("anchor")
        if file is not None and X509_STORE_load_file(self.handle, file) != 1:
            raise refusal("anchor")
        if directory is not None and X509_STORE_load_path(self.handle, directory) != 1:
            raise refusal("anchor")
        # The library skips unsupported certificates of a bundle, but leaves their errors in the queue.
        ERR_clear_error()

    def __dealloc__(self):
        if self.handle != NULL:
            X509_STORE_free(self.handle)


cdef X509* read_certificate(bytes der) except NULL:
    cdef const unsigned char* data = der
    cdef X509* certificate = d2i_X509(NULL, &data, len(der))
    if certificate == NULL:
        raise refusal("certificate")
    return certificate


cdef class Context:
    """An SSL_CTX of our own for one settings value, or for one site of a server.

    Args:
        server: The role.
        min_version: The lowest protocol version, as on the wire.
        max_version: The highest.
        ciphers: Cipher suites up to TLS 1.2, in OpenSSL's notation.
        alpn: Protocols in their wire form (RFC 7301 section 3.1); empty for none.
        keylog: A file descriptor, owned by this object; -1 for none.
    """

    cdef SSL_CTX* handle
    cdef Policy policy
    cdef readonly bint server
    cdef bytes alpn

    def __cinit__(
        self, bint server, int min_version, int max_version, bytes ciphers not None, bytes alpn not None, int keylog=-1
    ):
        cdef SSL_CTX* handle
        need_library()
        memset(&self.policy, 0, sizeof(Policy))
        self.policy.keylog_fd = keylog
        self.server = server
        ERR_clear_error()
        handle = self.handle = SSL_CTX_new(TLS_server_method() if server else TLS_client_method())
        if handle == NULL:
            raise refusal("context")
        SSL_CTX_ctrl(handle, SSL_CTRL_SET_MIN_PROTO_VERSION, min_version, NULL)
        SSL_CTX_ctrl(handle, SSL_CTRL_SET_MAX_PROTO_VERSION, max_version, NULL)
        SSL_CTX_set_security_level(handle, 2)
        if SSL_CTX_set_cipher_list(handle, ciphers) != 1:
            raise refusal("ciphers")
        # An EOF without close_notify is truncation and must be distinguished (RFC 8446 section 6.1).
        SSL_CTX_clear_options(handle, SSL_OP_IGNORE_UNEXPECTED_EOF)
        # Padding (RFC 7685) avoids ClientHello sizes on which some load balancers hang.
        SSL_CTX_set_options(handle, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_TLSEXT_PADDING)
        if server:
            SSL_CTX_set_options(handle, SSL_OP_CIPHER_SERVER_PREFERENCE)
        # The peer gets exactly the given chain, not one completed from the trust anchors. An idle connection frees its
        # two record buffers of 17 KiB; allocating them again costs 50 ns per record.
        SSL_CTX_ctrl(handle, SSL_CTRL_MODE, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS, NULL)
        SSL_CTX_set_msg_callback(handle, see_message)
        SSL_CTX_set_timeout(handle, SESSION_LIFETIME_S)
        if keylog >= 0:
            SSL_CTX_set_keylog_callback(handle, write_keylog)
        self.set_alpn(alpn)
        if server:
            self.set_server_part()
        else:
            SSL_CTX_set_cert_cb(handle, see_certificate_request, NULL)
            SSL_CTX_ctrl(
                handle, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL, NULL
            )
            SSL_CTX_sess_set_new_cb(handle, see_session)

    def __dealloc__(self):
        if self.handle != NULL:
            SSL_CTX_free(self.handle)
        if self.policy.keylog_fd >= 0:
            close(self.policy.keylog_fd)

    cdef int set_alpn(self, bytes alpn) except -1:
        self.alpn = alpn
        self.policy.alpn = alpn
        self.policy.alpn_bytes = <unsigned int> len(alpn)
        if not alpn:
            return 0
        if self.server:
            SSL_CTX_set_alpn_select_cb(self.handle, select_alpn, NULL)
        elif SSL_CTX_set_alpn_protos(self.handle, self.policy.alpn, self.policy.alpn_bytes) != 0:  # 0 is success
            raise refusal("alpn")
        return 0

    cdef int set_server_part(self) except -1:
        # Sessions exist only in tickets, encrypted with keys of this context. No other site can decrypt them, and a
        # client uses no memory here. The context id also separates them.
        cdef bytes own = urandom(32)
        # A site without a CA for clients asks for no certificate, for any VerifyMode in OpenSSL's configuration.
        SSL_CTX_set_verify(self.handle, SSL_VERIFY_NONE, NULL)
        SSL_CTX_ctrl(self.handle, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, NULL)
        if SSL_CTX_set_session_id_context(self.handle, own, <unsigned int> len(own)) != 1:
            raise refusal("session id")
        SSL_CTX_set_num_tickets(self.handle, 1)
        SSL_CTX_callback_ctrl(self.handle, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, <generic_fn> accept_server_name)
        return 0

    def set_groups(self, bytes names not None):
        """Offer or accept these key exchange groups only, by their names with colons between."""
        ERR_clear_error()
        if SSL_CTX_ctrl(self.handle, SSL_CTRL_SET_GROUPS_LIST, 0, <char*> names) != 1:
            raise refusal("groups")

    def identify(self, tuple certificates not None, bytes key not None):
        """Use this certificate chain (DER, own certificate first) with this key (PEM)."""
        cdef X509* certificate
        cdef EVP_PKEY* private = NULL
        cdef BIO* bio
        cdef long taken
        ERR_clear_error()
        for index, der in enumerate(certificates):
            certificate = read_certificate(der)
            if index == 0:
                taken = SSL_CTX_use_certificate(self.handle, certificate)
            else:
                taken = SSL_CTX_ctrl(self.handle, SSL_CTRL_CHAIN_CERT, 1, certificate)
            X509_free(certificate)
            if taken != 1:
                raise refusal("certificate")
        bio = BIO_new_mem_buf(<const char*> key, <int> len(key))
        if bio != NULL:
            private = PEM_read_bio_PrivateKey(bio, NULL, refuse_password, NULL)
            BIO_free(bio)
        if private == NULL:
            raise refusal("key")
        taken = SSL_CTX_use_PrivateKey(self.handle, private)
        EVP_PKEY_free(private)
        if taken != 1 or SSL_CTX_check_private_key(self.handle) != 1:
            raise refusal("pair")

    def verify(self, Trust trust not None, *, bint any_time=False, bint strict=False):
        """Verify the peer up to one of these anchors; `any_time` skips the dates, `strict` demands RFC 5280's form."""
        cdef X509_VERIFY_PARAM* param = SSL_CTX_get0_param(self.handle)
        cdef X509* certificate
        SSL_CTX_set1_cert_store(self.handle, trust.handle)
        X509_VERIFY_PARAM_set_flags(
            param,
            X509_V_FLAG_PARTIAL_CHAIN
            | (X509_V_FLAG_NO_CHECK_TIME if any_time else 0)
            | (X509_V_FLAG_X509_STRICT if strict else 0),
        )
        # A client without a SAN is identified by its common name, so name constraints apply to it.
        X509_VERIFY_PARAM_set_hostflags(
            param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | (0 if self.server else X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
        )
        self.look_at_peer()
        if self.server:
            # A hashed directory is not read for this: RFC 8446 section 4.2.4 allows an empty list of authorities.
            for der in trust.certificates:
                certificate = read_certificate(der)
                SSL_CTX_add_client_CA(self.handle, certificate)
                X509_free(certificate)

    def accept_pins(self, keys, certificates):
        """Accept only a public key or certificate with one of these SHA-256 digests."""
        cdef Pin* pin
        for of_key, digests in ((True, keys), (False, certificates)):
            for digest in digests:
                if self.policy.pin_count == MAX_PIN_COUNT or len(digest) != DIGEST_BYTES:
                    raise ValueError("too many pins, or one that is no SHA-256")
                pin = &self.policy.pins[self.policy.pin_count]
                pin.of_key = of_key
                memcpy(pin.digest, <const char*> <bytes> digest, DIGEST_BYTES)
                self.policy.pin_count += 1
        self.look_at_peer()

    def accept_any(self):
        """Accept every peer; its certificates are still stored."""
        self.policy.accept_all = True
        self.look_at_peer()

    cdef void look_at_peer(self) noexcept:
        self.policy.verifies = True
        cdef int mode = SSL_VERIFY_PEER | (SSL_VERIFY_FAIL_IF_NO_PEER_CERT if self.server else 0)
        SSL_CTX_set_verify(self.handle, mode, NULL)
        SSL_CTX_set_cert_verify_callback(self.handle, verify_certificate, NULL)
