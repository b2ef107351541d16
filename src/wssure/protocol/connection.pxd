cimport cython
from wssure.protocol.utf8 cimport Utf8Check
from wssure.wire.builder cimport ByteBuilder
from wssure.wire.frame cimport FrameReader, FrameWriter


@cython.final
cdef class Connection:
    cdef bint _client
    cdef object _mask_key
    cdef bytes _keys
    cdef Py_ssize_t _key_at
    cdef Py_ssize_t _max_size
    cdef Py_ssize_t _max_fragments
    cdef public bint deliver_fragments
    cdef readonly bint inflates
    cdef public bint hold_pongs
    cdef object _unanswered
    cdef object _deflater
    cdef object _inflater
    cdef readonly FrameReader reader
    cdef FrameWriter _writer
    cdef list _events
    cdef object _phase
    cdef bint _hears
    cdef readonly bint speaks
    cdef readonly object role
    cdef readonly object close_rcvd
    cdef readonly object close_sent
    cdef readonly object rcvd_then_sent
    cdef bint _in_message
    cdef bint _text
    cdef bint _compressed
    cdef bint _streamed
    cdef Py_ssize_t _fragments
    cdef Py_ssize_t _received
    cdef Py_ssize_t _inflated_bytes
    cdef ByteBuilder _inflated
    cdef Utf8Check _utf8
    cdef object _decoder
    cdef readonly int sending
    cdef bint _hold
    cdef object _held
    cdef object __weakref__

    cpdef receive(self, object data)
    @cython.locals(reader=FrameReader, events=list, max_size=Py_ssize_t, opcode=cython.int)
    cdef _parse(self)
    @cython.locals(reader=FrameReader, message=ByteBuilder)
    cdef _data_frame(self)
    @cython.locals(reader=FrameReader, at=Py_ssize_t, limit=Py_ssize_t)
    cdef _admit(self)
    cdef _control(self, int opcode)
    cpdef list events(self)
    @cython.locals(first=cython.int)
    cpdef send_message(self, object data)
    @cython.locals(at=Py_ssize_t)
    cdef _write(self, int first, object payload)
    cpdef bytes data_to_send(self)
