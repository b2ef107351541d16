# The steps of drive.py, compiled.
from wssure.tls.raw cimport RawEngine

cdef extern from "Python.h":
    Py_buffer *PyMemoryView_GET_BUFFER(object view)


cdef inline Py_ssize_t feed_engine(object engine, object buffer, Py_ssize_t start, Py_ssize_t end) except -1:
    cdef char *data
    if isinstance(engine, RawEngine):
        data = <char *> PyMemoryView_GET_BUFFER(buffer).buf
        return (<RawEngine> engine).feed_raw(data + start, end - start)
    return engine.feed(buffer[start:end])


cdef inline Py_ssize_t read_engine(object engine, object buffer, Py_ssize_t start) except? -3:
    cdef Py_buffer *view
    if isinstance(engine, RawEngine):
        view = PyMemoryView_GET_BUFFER(buffer)
        return (<RawEngine> engine).read_raw(<char *> view.buf + start, view.len - start)
    return engine.read_into(buffer[start:])


cdef inline Py_ssize_t unsent(object engine) except -1:
    cdef Py_ssize_t size = 0
    if isinstance(engine, RawEngine):
        (<RawEngine> engine).outgoing_raw(&size)
        return size
    return engine.unsent()
