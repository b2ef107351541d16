"""A server in a process of its own that may open few descriptors: `python -m tests.hostile.scarce LIMIT`.

Prints its port, logs errors to standard error, echoes until its standard input ends. Openings have no limit in seconds.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import sys

from tests.aio.serving import echo

from wssure import serve


async def main(limit: int) -> None:
    """Serve until standard input ends."""
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    async with serve(echo, "127.0.0.1", open_timeout=None, timeouts={"first_byte": None}) as server:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        print(server.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
