cimport cython
from wssure.aio.pump cimport current_thread, receive
from wssure.aio.transport cimport Transport
from wssure.aio.waiter cimport Waiter
from wssure.protocol.connection cimport Connection
from wssure.session.queue cimport MessageQueue
from wssure.session.session cimport Session
from wssure.tls.drive cimport unsent


cdef class Stream


@cython.final
@cython.freelist(16)
cdef class Send:
    cdef Stream stream
    cdef object owner
    cdef object message
    cdef object steps

    @cython.locals(stream=Stream)
    cdef bint _begin(self) except -1


cdef class Stream(Transport):
    cdef readonly Connection connection
    cdef object _on_event
    cdef object _on_lost
    cdef readonly MessageQueue queue
    cdef readonly Session session
    cdef public bint paused
    cdef readonly Waiter waiter
    cdef public Py_ssize_t write_limit
    cdef public unsigned long thread
    cdef public object given
    cdef public Py_ssize_t progress
    cdef public Py_ssize_t received_bytes
    cdef object _cipher
    cdef object _inbox
    cdef bint _fresh
    cdef bint _entered
    cdef bint _due
    cdef bint _idle
    cdef Py_ssize_t _corked_bytes
    cdef object _flush_handle
    cdef object _held_timer
    cdef object _write_error

    @cython.locals(count=Py_ssize_t)
    cdef _take_opening(self, Py_ssize_t count)
    @cython.locals(count=Py_ssize_t, mode=cython.int, space=Py_ssize_t, ahead=bint)
    cpdef on_readable(self)
    @cython.locals(message=object)
    cpdef next_message(self)
    @cython.locals(queue=MessageQueue)
    cpdef arrival(self)
    cdef _take(self, Py_ssize_t count)
    @cython.locals(session=Session)
    cdef _settle(self, int outcome)
    cdef _report(self, list events)
    cpdef release(self)
    cdef _at_eof(self)
    cdef _read_failed(self, object error)
    cdef _lost(self, object error, object event)
    cpdef _time_over(self)
    cpdef wake(self)
    cdef _pause(self)
    cpdef resume(self)
    cpdef Py_ssize_t send_message(self, object message) except -1
    cpdef bint sends_now(self) except -1
    cpdef send_soon(self, Py_ssize_t size)
    cpdef _uncork(self)
    cdef _flush(self)
    cpdef retry(self)
    cpdef on_broken(self, object error)
    cdef _cancel_flush(self)
    cpdef on_gone(self)


cpdef check_thread(Stream stream)
@cython.locals(send=Send)
cpdef Send sending(Stream stream, object owner, object message)
