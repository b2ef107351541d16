cimport cython
from wssure.aio.pump cimport current_thread, feed_engine, read_engine, receive, unsent
from wssure.aio.transport cimport Transport
from wssure.aio.waiter cimport Waiter
from wssure.protocol.connection cimport Connection


cdef class Stream


@cython.final
@cython.freelist(16)
cdef class Send:
    cdef Stream stream
    cdef object message
    cdef object steps

    @cython.locals(stream=Stream)
    cdef bint _begin(self) except -1


cdef class Stream(Transport):
    cdef readonly Connection connection
    cdef object _on_event
    cdef object _on_lost
    cdef readonly object messages
    cdef readonly Py_ssize_t high
    cdef readonly Py_ssize_t low
    cdef readonly Py_ssize_t keep
    cdef public bint paused
    cdef public bint ended
    cdef readonly Waiter waiter
    cdef public object owner
    cdef public Py_ssize_t write_limit
    cdef public bint streaming
    cdef Py_ssize_t _ahead
    cdef public Py_ssize_t received_bytes
    cdef object _cipher
    cdef object _plain
    cdef object _inbox
    cdef bint _fresh
    cdef bint _entered
    cdef bint _due
    cdef bint _idle
    cdef Py_ssize_t _corked_bytes
    cdef object _flush_handle
    cdef bint _sliced
    cdef bytes _kept_back
    cdef object _held
    cdef object _held_timer

    @cython.locals(count=Py_ssize_t)
    cdef _take_opening(self, Py_ssize_t count)
    @cython.locals(count=Py_ssize_t, mode=cython.int, space=Py_ssize_t, ahead=bint)
    cpdef on_readable(self)
    @cython.locals(message=object)
    cpdef next_message(self)
    cpdef arrival(self)
    @cython.locals(ahead=Py_ssize_t)
    cdef Py_ssize_t _space_ahead(self) except? -1
    cdef bint _must_read(self) except -1
    @cython.locals(taken=Py_ssize_t)
    cdef _take(self, Py_ssize_t count)
    @cython.locals(status=Py_ssize_t, filled=Py_ssize_t)
    cdef _decrypt(self)
    @cython.locals(at=Py_ssize_t, size=Py_ssize_t)
    cdef _receive(self, object data)
    @cython.locals(connection=Connection)
    cdef _parse(self, object data)
    cdef _violated(self, object violation)
    cpdef release(self)
    cdef _at_eof(self)
    cdef _read_failed(self, object error)
    cdef _lost(self, object error)
    cpdef wake(self)
    cdef _pause(self)
    cpdef resume(self)
    cpdef Py_ssize_t send_message(self, object message) except -1
    cpdef bint sends_now(self) except -1
    @cython.locals(send=Send)
    cpdef Send sending(self, object message)
    cpdef send_soon(self, Py_ssize_t size)
    cpdef _uncork(self)
    cdef _flush(self)
    cpdef retry(self)
    cpdef on_broken(self, object error)
    cpdef _give_up(self, object error)
    cdef _cancel_flush(self)
    cpdef on_gone(self)
