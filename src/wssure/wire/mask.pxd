cimport cython
from wssure.wire.octets cimport load_key, mask_bytes, readable, start_of


@cython.locals(owner=object)
cpdef bytes apply_mask(object data, bytes key)
