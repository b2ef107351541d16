"""The base of engines of our own that are compiled: `wssure.tls.contract.Engine` by address, for `wssure.aio.pump`.

Each method does what the one of the same name without `_raw` does.
"""


cdef class RawEngine:
    """Derived from, never made."""

    cdef Py_ssize_t feed_raw(self, const char* data, Py_ssize_t size) except -1:
        raise AssertionError("an engine drives itself")

    cdef Py_ssize_t read_raw(self, char* data, Py_ssize_t room) except? -3:
        raise AssertionError("an engine drives itself")

    cdef const char* outgoing_raw(self, Py_ssize_t* size) noexcept:
        size[0] = 0
        return NULL

    cdef void consume_raw(self, Py_ssize_t count) noexcept:
        pass
