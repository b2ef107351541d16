cimport cython
from wssure.aio.socket_io cimport flush_engine, receive, transmit
from wssure.tls.drive cimport unsent


@cython.final
cdef class ByteStream:
    cdef readonly object loop
    cdef readonly object sock
    cdef readonly object note
    cdef public object owner
    cdef public object engine
    cdef public bint eof
    cdef public object error
    cdef readonly object write_error
    cdef readonly bint reading
    cdef public Py_ssize_t received_bytes
    cdef readonly Py_ssize_t progress
    cdef readonly list at_close
    cdef int _fd
    cdef readonly int blocked
    cdef object _kept
    cdef Py_ssize_t _kept_bytes
    cdef readonly object _drained
    cdef object _timer
    cdef Py_ssize_t _discards

    cpdef unwatch(self)
    @cython.locals(count=Py_ssize_t)
    cpdef Py_ssize_t receive(self, object buffer) except -2
    cpdef Py_ssize_t pending(self) except -1
    @cython.locals(size=Py_ssize_t, taken=Py_ssize_t)
    cpdef write(self, object data)
    @cython.locals(size=Py_ssize_t, taken=Py_ssize_t, count=Py_ssize_t)
    cdef Py_ssize_t _push(self, object data) except -1
    @cython.locals(taken=Py_ssize_t)
    cdef Py_ssize_t _push_plain(self, object data) except -1
    cpdef bint send_outgoing(self) except -1
    @cython.locals(watched=bint)
    cdef _await(self, int what)
    cpdef send_on(self)
    @cython.locals(taken=Py_ssize_t)
    cdef _push_kept(self)
    cdef _write_failed(self, object error)
    cdef _drop_kept(self)
    @cython.locals(pending=Py_ssize_t)
    cdef _wake_drained(self)
    cdef _delivered(self)
    cdef _close(self)
