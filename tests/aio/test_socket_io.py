"""Between socket and engine: whatever the size of a message, every byte passes once and in order."""

from __future__ import annotations

import pytest
from tests.aio.serving import Loopback, echo

from wssure.aio.stream import SCRATCH_BYTES

pytestmark = pytest.mark.matrix

# RFC 8446 section 5.1: a record holds at most 2^14 bytes of plaintext.
RECORD = 2**14
LIMITS = (RECORD, SCRATCH_BYTES)
SIZES = sorted({limit + more for limit in LIMITS for more in (-14, -1, 0, 1)} | {0, 1, 3 * SCRATCH_BYTES + 1})


@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_messages_around_the_size_of_a_record_and_of_the_buffers_pass_whole(loopback: Loopback, compression):
    messages = [bytes(number % 251 for number in range(size)) for size in SIZES]
    async with (
        loopback.server(echo, compression=compression) as server,
        loopback.connect(server, compression=compression) as ws,
    ):
        for message in messages:
            await ws.send(message)
            assert await ws.recv() == message


async def test_many_messages_in_one_burst_pass_in_order(loopback: Loopback):
    async with loopback.server(echo, max_queue=None) as server, loopback.connect(server, max_queue=None) as ws:
        for number in range(3000):
            await ws.send(b"%d" % number)
        assert [await ws.recv() for _ in range(3000)] == [b"%d" % number for number in range(3000)]
