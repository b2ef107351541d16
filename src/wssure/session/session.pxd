cimport cython
from wssure.protocol.connection cimport Connection
from wssure.session.queue cimport MessageQueue
from wssure.tls.drive cimport feed_engine, read_engine


@cython.final
cdef class Session:
    cdef readonly Connection connection
    cdef readonly MessageQueue queue
    cdef readonly object engine
    cdef readonly object failed
    cdef readonly object held
    cdef readonly object ending
    cdef object _plain
    cdef Py_ssize_t _plain_bytes
    cdef readonly list events
    cdef bint _sliced
    cdef bytes _kept_back
    cdef bytes _unwritten

    @cython.locals(taken=Py_ssize_t, outcome=cython.int)
    cpdef int receive(self, object data, Py_ssize_t count) except -1
    @cython.locals(outcome=cython.int)
    cpdef int begin(self, bytes data) except -1
    cpdef int go_on(self) except -1
    @cython.locals(status=Py_ssize_t, filled=Py_ssize_t, size=Py_ssize_t)
    cpdef int decrypt(self) except -1
    @cython.locals(at=Py_ssize_t)
    cdef _receive(self, object data)
    @cython.locals(connection=Connection, queue=MessageQueue, before=Py_ssize_t)
    cdef _parse(self, object data)
    cpdef bint may_read(self) except -1
    cpdef bint reads_on(self) except -1
    @cython.locals(ahead=Py_ssize_t)
    cpdef Py_ssize_t space_ahead(self) except? -1
    cpdef list take_events(self)
    cpdef release(self)
