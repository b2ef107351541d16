# The inline C of octets.py: the same names, on pointers. The callers check the arguments.
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

cdef extern from "Python.h":
    Py_buffer *PyMemoryView_GET_BUFFER(object view)
    bint PyMemoryView_Check(object view)
    bint PyBuffer_IsContiguous(const Py_buffer *view, char order)
    bint PyUnicode_Check(object text)
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    void *PyUnicode_DATA(object text)
    object PyUnicode_DecodeUTF8(const char *data, Py_ssize_t size, const char *errors)
    PyObject *new_store "PyBytes_FromStringAndSize"(const char *data, Py_ssize_t size) except NULL
    char *store_start "PyBytes_AS_STRING"(PyObject *store)
    int _PyBytes_Resize(PyObject **store, Py_ssize_t size) except -1
    void Py_XDECREF(PyObject *store)

ctypedef const unsigned char *Data
ctypedef PyObject *Store
ctypedef uint32_t Key


cdef inline object readable(object data):
    if PyBytes_CheckExact(data):
        return data
    cdef object view = data if PyMemoryView_Check(data) else memoryview(data)
    cdef Py_buffer *buffer = PyMemoryView_GET_BUFFER(view)
    if buffer.itemsize == 1 and buffer.ndim == 1 and PyBuffer_IsContiguous(buffer, b"C"):
        return view
    return bytes(view)


cdef inline Data start_of(object owner) noexcept:
    if PyBytes_CheckExact(owner):
        return <Data> PyBytes_AS_STRING(owner)
    if PyUnicode_Check(owner):
        return <Data> PyUnicode_DATA(owner)
    return <Data> PyMemoryView_GET_BUFFER(owner).buf


cdef inline Data nowhere() noexcept:
    return NULL


cdef inline object sendable(object data):
    # The characters of an ASCII str are its UTF-8 octets: no copy.
    if PyUnicode_Check(data):
        return data if PyUnicode_IS_COMPACT_ASCII(data) else (<str> data).encode()
    if PyBytes_CheckExact(data):
        return data
    return bytes(data)


cdef inline bytes copy_bytes(Data data, Py_ssize_t start, Py_ssize_t end):
    return PyBytes_FromStringAndSize(<const char *> data + start, end - start)


cdef inline str text_of(Data data, Py_ssize_t start, Py_ssize_t end):
    return PyUnicode_DecodeUTF8(<const char *> data + start, end - start, NULL)


cdef inline Py_ssize_t skip_characters(Data data, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    cdef uint64_t word
    while start + 8 <= end:
        memcpy(&word, data + start, 8)
        if word & <uint64_t> 0x8080808080808080:
            break
        start += 8
    while start < end and data[start] < 0x80:
        start += 1
    return start


cdef inline Key load_key(Data data, Py_ssize_t at) noexcept:
    cdef Key key
    memcpy(&key, data + at, 4)
    return key


cdef inline Key no_key() noexcept:
    return 0


cdef inline Key rotate_key(Key key, Py_ssize_t by) noexcept:
    cdef unsigned char old[4]
    cdef unsigned char new[4]
    cdef int i
    memcpy(old, &key, 4)
    for i in range(4):
        new[i] = old[(i + by) & 3]
    memcpy(&key, new, 4)
    return key


cdef inline void xor_into(unsigned char *out, Data data, Py_ssize_t size, Key key) noexcept nogil:
    # Eight octets at a time through memcpy: no alignment is needed, and gcc -O3 vectorizes the loop.
    cdef uint64_t wide = (<uint64_t> key << 32) | key
    cdef uint64_t word
    cdef Py_ssize_t whole = size & ~<Py_ssize_t> 7
    cdef Py_ssize_t i = 0
    while i < whole:
        memcpy(&word, data + i, 8)
        word ^= wide
        memcpy(out + i, &word, 8)
        i += 8
    while i < size:
        out[i] = data[i] ^ (<unsigned char *> &wide)[i & 7]
        i += 1


cdef inline bytes mask_bytes(Data data, Py_ssize_t start, Py_ssize_t end, Key key):
    cdef bytes out = PyBytes_FromStringAndSize(NULL, end - start)
    xor_into(<unsigned char *> PyBytes_AS_STRING(out), data + start, end - start, key)
    return out


cdef inline str mask_text(Data data, Py_ssize_t start, Py_ssize_t end, Key key):
    cdef unsigned char small[1024]
    cdef bytes large
    if end - start <= 1024:
        xor_into(small, data + start, end - start, key)
        return PyUnicode_DecodeUTF8(<const char *> small, end - start, NULL)
    large = mask_bytes(data, start, end, key)
    return PyUnicode_DecodeUTF8(PyBytes_AS_STRING(large), end - start, NULL)


cdef inline Store no_store() noexcept:
    return NULL


cdef inline Store grow_store(Store store, Py_ssize_t used, Py_ssize_t capacity, Py_ssize_t wanted) except NULL:
    if store == NULL:
        return new_store(NULL, wanted)
    if wanted > capacity:
        _PyBytes_Resize(&store, wanted)
    return store


cdef inline void put(Store store, Py_ssize_t used, Data data, Py_ssize_t start, Py_ssize_t end) noexcept:
    memcpy(store_start(store) + used, data + start, end - start)


cdef inline void put_masked(
    Store store, Py_ssize_t used, Data data, Py_ssize_t start, Py_ssize_t end, Key key
) noexcept:
    xor_into(<unsigned char *> store_start(store) + used, data + start, end - start, key)


cdef inline Py_ssize_t put_header(
    Store store, Py_ssize_t used, unsigned char first, unsigned char mask_bit, Py_ssize_t size
) noexcept:
    cdef unsigned char *out = <unsigned char *> store_start(store) + used
    cdef int i
    out[0] = first
    if size < 126:
        out[1] = mask_bit | <unsigned char> size
        return 2
    if size < 65536:
        out[1] = mask_bit | 126
        out[2] = <unsigned char> (size >> 8)
        out[3] = <unsigned char> (size & 255)
        return 4
    out[1] = mask_bit | 127
    for i in range(8):
        out[2 + i] = <unsigned char> ((<uint64_t> size >> (56 - 8 * i)) & 255)
    return 10


cdef inline void put_key(Store store, Py_ssize_t used, Key key) noexcept:
    memcpy(store_start(store) + used, &key, 4)


cdef inline bytes finish_store(Store store, Py_ssize_t used, Py_ssize_t capacity):
    cdef bytes result
    if store == NULL:
        return b""
    if used != capacity:
        _PyBytes_Resize(&store, used)
    result = <bytes> store
    Py_XDECREF(store)
    return result


cdef inline Data store_data(Store store) noexcept:
    if store == NULL:
        return NULL
    return <Data> store_start(store)


cdef inline str text_within(Store store, Py_ssize_t end):
    if store == NULL:
        return ""
    return PyUnicode_DecodeUTF8(store_start(store), end, NULL)


cdef inline void drop(Store store) noexcept:
    Py_XDECREF(store)
