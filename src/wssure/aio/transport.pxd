cimport cython
from wssure.aio.pump cimport flush_engine, transmit
from wssure.tls.drive cimport unsent


cdef class Transport:
    cdef readonly object loop
    cdef readonly object sock
    cdef readonly object note
    cdef public object link
    cdef public object engine
    cdef public int mode
    cdef public bint eof
    cdef public bint broken
    cdef public bint blocked
    cdef Py_ssize_t _kept_bytes
    cdef public object error
    cdef int _fd
    cdef bint _reading
    cdef bint _writer
    cdef object _pending
    cdef readonly object _drained
    cdef Py_ssize_t _low_water
    cdef object _linger
    cdef Py_ssize_t _linger_bytes
    cdef object _gone

    cpdef on_readable(self)
    cpdef Py_ssize_t pending(self) except -1
    @cython.locals(size=Py_ssize_t, taken=Py_ssize_t)
    cpdef write(self, object data)
    @cython.locals(size=Py_ssize_t, taken=Py_ssize_t, count=Py_ssize_t)
    cdef Py_ssize_t _push(self, object data) except -1
    @cython.locals(taken=Py_ssize_t)
    cdef Py_ssize_t _push_plain(self, object data) except -1
    cpdef bint send_outgoing(self) except -1
    cdef _block(self)
    cdef _unblock(self)
    cpdef retry(self)
    @cython.locals(taken=Py_ssize_t)
    cdef _push_pending(self)
    cdef _write_failed(self, object error)
    cpdef on_broken(self, object error)
    cdef _drop_pending(self)
    cdef _wake_drained(self)
    cpdef on_gone(self)
