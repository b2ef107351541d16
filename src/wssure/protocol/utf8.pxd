cimport cython
from wssure.wire.builder cimport ByteBuilder
from wssure.wire.octets cimport Data, skip_characters


@cython.final
cdef class Utf8Check:
    cdef int _owed
    cdef int _low
    cdef int _high
    cdef Py_ssize_t _at

    cpdef restart(self)
    cpdef rewind(self)
    @cython.locals(data=Data, i=Py_ssize_t, end=Py_ssize_t)
    cpdef bint advance(self, ByteBuilder body) except -1
    cpdef bint at_boundary(self) except -1
    cdef bint _lead(self, int octet) noexcept
