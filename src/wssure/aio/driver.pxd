cimport cython
from wssure.aio.socket_io cimport current_thread
from wssure.aio.stream cimport ByteStream
from wssure.aio.waiter cimport Waiter
from wssure.protocol.connection cimport Connection
from wssure.session.queue cimport MessageQueue
from wssure.session.session cimport Session
from wssure.tls.drive cimport unsent


cdef class Driver


@cython.final
@cython.freelist(16)
cdef class Send:
    cdef Driver driver
    cdef object owner
    cdef object message
    cdef object steps

    @cython.locals(driver=Driver)
    cdef _begin(self)


@cython.final
cdef class Driver:
    cdef readonly ByteStream stream
    cdef readonly object tls_connection
    cdef readonly Connection connection
    cdef readonly Session session
    cdef readonly MessageQueue queue
    cdef readonly Waiter waiter
    cdef readonly Py_ssize_t write_limit
    cdef public object close_s
    cdef readonly bint paused
    cdef public unsigned long thread
    cdef object _cipher
    cdef object _plain
    cdef object _on_event
    cdef object _on_lost
    cdef bint _entered
    cdef bint _due
    cdef bint _idle
    cdef Py_ssize_t _corked_bytes
    cdef bint _corks
    cdef bint _holds

    @cython.locals(stream=ByteStream)
    cdef _watch(self)
    @cython.locals(stream=ByteStream, count=Py_ssize_t, space=Py_ssize_t, ahead=bint)
    cpdef on_readable(self)
    @cython.locals(queue=MessageQueue)
    cpdef next_message(self)
    @cython.locals(queue=MessageQueue)
    cpdef message_waiter(self)
    @cython.locals(session=Session, stream=ByteStream)
    cdef _settle(self, int outcome)
    cdef _report(self, list events)
    cpdef release(self)
    cpdef wake(self)
    cdef _pause(self)
    cpdef resume(self)
    cpdef bint speaks(self) except -1
    cpdef Py_ssize_t send_message(self, object message) except -1
    cpdef send_soon(self, Py_ssize_t size)
    cpdef _uncork(self)
    cdef _flush(self)
    @cython.locals(stream=ByteStream)
    cdef _at_eof(self)
    cdef _lost(self, object error, object event)
    cpdef end(self, object event)


cpdef check_thread(Driver driver)
@cython.locals(send=Send)
cpdef Send sending(Driver driver, object owner, object message)
