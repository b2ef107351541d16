# An engine that compiled code calls with C pointers: no buffer object, no method look-up, no number object between
# calls.


cdef class RawEngine:
    cdef Py_ssize_t feed_raw(self, const char* data, Py_ssize_t size) except -1
    cdef Py_ssize_t read_raw(self, char* data, Py_ssize_t capacity) except? -3
    cdef const char* outgoing_raw(self, Py_ssize_t* size) noexcept
    cdef void consume_raw(self, Py_ssize_t count) noexcept
