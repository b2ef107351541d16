cimport cython
from wssure.wire.builder cimport ByteBuilder
from wssure.wire.octets cimport (
    Data, Key, load_key, mask_bytes, mask_text, no_key, nowhere, readable, sendable, start_of, copy_bytes, text_of, rotate_key
)


@cython.final
cdef class FrameReader:
    cdef int _must_mask
    cdef bint _allow_rsv1
    cdef readonly ByteBuilder body
    cdef ByteBuilder _control
    cdef bytes _head
    cdef object _owner
    cdef Data _data
    cdef Py_ssize_t _pos
    cdef Py_ssize_t _end
    cdef Py_ssize_t _base
    cdef Py_ssize_t _start
    cdef Py_ssize_t _missing
    cdef bint _in_payload
    cdef Key _key
    cdef bint _masked
    cdef readonly bint complete
    cdef readonly bint whole
    cdef readonly bint fin
    cdef readonly bint rsv1
    cdef readonly int opcode
    cdef readonly Py_ssize_t length
    cdef readonly Py_ssize_t offset

    @cython.locals(owner=object)
    cpdef feed(self, object data)
    @cython.locals(
        data=Data, pos=Py_ssize_t, left=Py_ssize_t, first=cython.int, second=cython.int,
        length=Py_ssize_t, size=Py_ssize_t,
    )
    cpdef bint next(self) except -1
    cdef _check(self, int first, int second)
    @cython.locals(data=Data, length=Py_ssize_t, offset=Py_ssize_t, i=Py_ssize_t)
    cdef Py_ssize_t _long_length(self, Py_ssize_t at, Py_ssize_t end) except -1
    cdef bint _stop(self) except -1
    @cython.locals(body=ByteBuilder, have=Py_ssize_t)
    cdef bint _go_on(self) except -1
    cpdef bytes payload(self)
    cpdef str text(self)
    cpdef keep(self)
    cpdef abandon(self)
    cpdef list frames(self, object data)


@cython.final
cdef class FrameWriter:
    cdef ByteBuilder _buffer

    @cython.locals(data=object, length=Py_ssize_t)
    cpdef write(self, unsigned char first, object payload)
    @cython.locals(data=object, length=Py_ssize_t, key=Key)
    cpdef write_masked(self, unsigned char first, object payload, bytes keys, Py_ssize_t at)
    cpdef bytes take(self)
