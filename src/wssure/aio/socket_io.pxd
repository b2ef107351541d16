# The steps of socket_io.py, compiled.
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.exc cimport PyErr_SetFromErrno
from wssure.tls.raw cimport RawEngine

cdef extern from "Python.h":
    unsigned long PyThread_get_thread_ident() nogil
    Py_buffer *PyMemoryView_GET_BUFFER(object view)

cdef extern from "sys/socket.h" nogil:
    Py_ssize_t recv(int descriptor, void *buffer, size_t size, int flags)
    Py_ssize_t send(int descriptor, const void *data, size_t size, int flags)


cdef inline Py_ssize_t receive(object sock, int descriptor, object buffer) except -1:
    cdef Py_buffer *view = PyMemoryView_GET_BUFFER(buffer)
    cdef Py_ssize_t count
    with nogil:
        count = recv(descriptor, view.buf, <size_t> view.len, 0)
    if count < 0:
        PyErr_SetFromErrno(OSError)
    return count


cdef inline Py_ssize_t transmit(object sock, int descriptor, object data) except -1:
    cdef Py_buffer view
    cdef Py_ssize_t count
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        with nogil:
            count = send(descriptor, view.buf, <size_t> view.len, 0)
        if count < 0:
            PyErr_SetFromErrno(OSError)
        return count
    finally:
        PyBuffer_Release(&view)


cdef inline unsigned long current_thread() noexcept:
    return PyThread_get_thread_ident()


cdef inline Py_ssize_t flush_engine(object engine, object sock, int descriptor) except -1:
    cdef Py_ssize_t size = 0
    cdef Py_ssize_t count
    cdef const char *data
    if isinstance(engine, RawEngine):
        data = (<RawEngine> engine).outgoing_raw(&size)
        if size == 0:
            return 0
        # The interpreter lock stays: it keeps the memory in place if a foreign thread sends, which is forbidden.
        count = send(descriptor, data, <size_t> size, 0)
        if count < 0:
            PyErr_SetFromErrno(OSError)
        (<RawEngine> engine).consume_raw(count)
        return size - count
    view = engine.outgoing()
    size = len(view)
    if size == 0:
        return 0
    count = transmit(sock, descriptor, view)
    engine.consume(count)
    return size - count
