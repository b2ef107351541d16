cimport cython


@cython.final
cdef class MessageQueue:
    cdef readonly object messages
    cdef readonly Py_ssize_t high
    cdef readonly Py_ssize_t low
    cdef readonly Py_ssize_t keep
    cdef public bint ended
    cdef readonly bint in_parts
    cdef public Py_ssize_t ahead
    cdef readonly list pieces

    cdef bint full(self) except -1
    @cython.locals(limit=Py_ssize_t)
    cpdef drop(self, Py_ssize_t before)
    cpdef take(self)
