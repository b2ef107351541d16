cimport cython
from wssure.wire.octets cimport (
    Data, Key, Store, drop, finish_store, no_store, put, put_header, put_key, put_masked, grow_store, start_of,
    store_data, text_within,
)


@cython.final
cdef class ByteBuilder:
    cdef Store _store
    cdef readonly Py_ssize_t size
    cdef Py_ssize_t _capacity

    @cython.locals(wanted=Py_ssize_t, store=Store, size=Py_ssize_t, capacity=Py_ssize_t)
    cdef reserve(self, Py_ssize_t extra)
    cdef append(self, Data data, Py_ssize_t start, Py_ssize_t end)
    cpdef append_bytes(self, bytes data)
    cdef append_masked(self, Data data, Py_ssize_t start, Py_ssize_t end, Key key)
    cdef append_header(self, unsigned char first, unsigned char mask_bit, Py_ssize_t length, Key key)
    cdef Data start(self)
    cpdef str text(self)
    @cython.locals(store=Store, size=Py_ssize_t, capacity=Py_ssize_t)
    cpdef bytes take(self)
    cpdef clear(self)
