"""The base class of our compiled engines: `wssure.tls.contract.Engine` with C pointers, for `wssure.aio.socket_io`.

Each method is equivalent to the one of the same name without `_raw`.
"""


cdef class RawEngine:
    """An abstract base class."""

    cdef Py_ssize_t feed_raw(self, const char* data, Py_ssize_t size) except -1:
        raise AssertionError("an engine drives itself")

    cdef Py_ssize_t read_raw(self, char* data, Py_ssize_t capacity) except? -3:
        raise AssertionError("an engine drives itself")

    cdef const char* outgoing_raw(self, Py_ssize_t* size) noexcept:
        size[0] = 0
        return NULL

    def unsent(self):
        """Return how much ciphertext is to be sent."""
        cdef Py_ssize_t size = 0
        self.outgoing_raw(&size)
        return size

    cdef void consume_raw(self, Py_ssize_t count) noexcept:
        pass
