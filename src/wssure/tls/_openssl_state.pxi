# The state that the callbacks of one connection read and write. All code here runs without the interpreter lock and
# uses no Python object: OpenSSL calls it during a handshake, and the engine reads the result afterwards.

cdef enum:
    MAX_ALERTS = 8
    MAX_VERIFY_ERRORS = 16
    MAX_PIN_COUNT = 64  # wssure.tls.settings.MAX_PINS
    DIGEST_BYTES = 32
    MAX_KEY_BYTES = 16384
    # The memory that an empty queue keeps.
    SMALL_BUFFER = 512
    # The two directions of a message callback: its `write_p`.
    RECEIVED = 0
    SENT = 1
    # RFC 8446 section 6: alert levels are warning (1) and fatal (2).
    FATAL_LEVEL = 2


cdef struct Block:
    # The header of every queue's memory. A memoryview may outlive the queue's use of the memory: the last user frees
    # it.
    size_t exports
    size_t dropped


cdef struct Bytes:
    # A queue of bytes: data[start:end] is waiting; data follows a Block.
    unsigned char* data
    size_t start
    size_t end
    size_t capacity


cdef struct Pin:
    bint of_key
    unsigned char digest[DIGEST_BYTES]


cdef struct Policy:
    # The settings that the callbacks need; owned by a Context.
    bint verifies
    bint accept_all
    int pin_count
    Pin pins[MAX_PIN_COUNT]
    unsigned char* alpn
    unsigned int alpn_bytes
    int keylog_fd


cdef struct AlertSeen:
    int direction
    int level
    int number
    bint encrypted
    bint after_done


cdef struct VerifyError:
    int depth
    int code


cdef struct State:
    Bytes inbound
    Bytes outbound
    const Policy* policy
    bint eof
    bint done
    int header_type[2]
    size_t header_bytes[2]
    int alert_count
    AlertSeen alerts[MAX_ALERTS]
    int error_count
    VerifyError errors[MAX_VERIFY_ERRORS]
    bint refused
    bint pin_mismatch
    bint certificate_requested
    STACK* chain
    X509* accepted
    SSL_SESSION* session


cdef int state_index = -1
cdef BIO_METHOD* pipe_method = NULL


cdef inline size_t waiting(const Bytes* queue) noexcept nogil:
    return queue.end - queue.start


cdef inline void drop(Bytes* queue, size_t count) noexcept nogil:
    queue.start += count
    if queue.start == queue.end:
        queue.start = 0
        queue.end = 0


cdef void discard(unsigned char* data) noexcept nogil:
    cdef Block* block
    if data == NULL:
        return
    block = <Block*> data - 1
    if block.exports:
        block.dropped = 1
    else:
        free(block)


cdef void release(Bytes* queue) noexcept nogil:
    discard(queue.data)
    memset(queue, 0, sizeof(Bytes))


cdef bint reserve(Bytes* queue, size_t count) noexcept nogil:
    # Reserve space for count more bytes at the end; False if there is no memory.
    cdef size_t held = waiting(queue)
    cdef size_t capacity
    cdef Block* block
    if queue.capacity - queue.end >= count:
        return True
    if queue.capacity - held >= count and queue.start >= held:
        memcpy(queue.data, queue.data + queue.start, held)
        queue.start, queue.end = 0, held
        return True
    capacity = max(held + count, queue.capacity * 2, <size_t> SMALL_BUFFER)
    block = <Block*> malloc(sizeof(Block) + capacity)
    if block == NULL:
        return False
    block.exports = block.dropped = 0
    if held:
        memcpy(block + 1, queue.data + queue.start, held)
    discard(queue.data)
    queue.data, queue.start, queue.end, queue.capacity = <unsigned char*> (block + 1), 0, held, capacity
    return True
