cdef class Waiter:
    cdef object _loop
    cdef public bint _asyncio_future_blocking
    cdef object _callback
    cdef object _context
    cdef object _message
    cdef bint _debug
    cdef bint _done
    cdef bint _cancelled
    cdef readonly bint waiting
    cdef readonly bint engaged

    cpdef Waiter begin(self)
    cpdef wake(self, bint at_once)
    cpdef close(self)
