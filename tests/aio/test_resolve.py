"""Looking names up: in bounded daemon threads, which nothing waits for once a lookup is abandoned."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time

import pytest

from wssure.aio.resolve import Lookups, code_name, in_thread, resolve
from wssure.evidence import Recorder
from wssure.facts import ResolveAnswers

V4, V6 = int(socket.AF_INET), int(socket.AF_INET6)


def recorder() -> Recorder:
    return Recorder(time.perf_counter_ns)


async def test_an_ip_address_needs_no_lookup():
    record = recorder()
    assert await resolve("127.0.0.1", 443, record) == [(V4, ("127.0.0.1", 443))]
    assert record.facts() == ()


async def test_a_lookup_notes_its_answers():
    record = recorder()
    addresses = await resolve("localhost", 443, record)
    assert addresses
    (fact,) = record.facts()
    assert isinstance(fact, ResolveAnswers)
    assert list(fact.addresses) == [address[1][0] for address in addresses]


async def test_a_cancelled_lookup_is_abandoned_and_its_thread_is_a_daemon():
    release, entered = threading.Event(), threading.Event()
    lookups = Lookups(1)
    threads = []

    def hang():
        threads.append(threading.current_thread())
        entered.set()
        release.wait(10)

    task = asyncio.create_task(in_thread(hang, lookups))
    while not entered.is_set():
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert threads[0].daemon
    release.set()
    # The one thread there may be is free again, and serves the next lookup.
    assert await in_thread(lambda: 7, lookups) == 7


async def test_an_error_of_a_lookup_reaches_who_asked():
    def fail():
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(socket.gaierror):
        await in_thread(fail)


@pytest.mark.parametrize(
    ("code", "name"),
    [(socket.EAI_NONAME, "EAI_NONAME"), (socket.EAI_AGAIN, "EAI_AGAIN"), (-4711, "EAI_-4711"), (None, "EAI")],
)
def test_a_code_has_its_symbol(code, name):
    assert code_name(code) == name


async def test_an_ipv6_address_keeps_its_zone():
    index, name = socket.if_nameindex()[0]
    ((family, address),) = await resolve(f"fe80::1%{name}", 443, recorder())
    assert family == V6
    assert (address[1], address[3]) == (443, index)


async def test_addresses_are_given_once_though_the_system_repeats_them():
    addresses = await resolve("localhost", 443, recorder())
    assert len(addresses) == len(set(addresses))


async def test_a_hung_lookup_holds_up_none_below_the_limit():
    release = threading.Event()
    lookups = Lookups(2)
    hung = asyncio.create_task(in_thread(release.wait, lookups))
    assert [await in_thread(lambda: "done", lookups) for _ in range(3)] == ["done"] * 3
    assert not hung.done()
    release.set()
    assert await hung


async def test_lookups_beyond_the_limit_wait_and_all_of_them_run():
    running, most, lock = 0, 0, threading.Lock()
    everyone = threading.Barrier(3)

    def look_up(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        everyone.wait(60)  # Three at a time, or it breaks.
        with lock:
            running -= 1
        return number

    lookups = Lookups(3)
    found = await asyncio.gather(*(in_thread(lambda number=number: look_up(number), lookups) for number in range(9)))
    assert found == list(range(9))
    assert most == 3


PROGRAM = """
import asyncio, threading
from wssure.aio.resolve import in_thread

async def main():
    entered = threading.Event()
    def hang():
        entered.set()
        threading.Event().wait()  # For ever.
    task = asyncio.create_task(in_thread(hang))
    while not entered.is_set():
        await asyncio.sleep(0)
    task.cancel()

asyncio.run(main())
print("ended")
"""


def test_the_exit_of_a_program_waits_for_no_lookup():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "ended\n"


FORKED = """
import asyncio, os
from wssure.aio.resolve import in_thread

asyncio.run(in_thread(lambda: 1))
child = os.fork()
if child == 0:
    os._exit(asyncio.run(in_thread(lambda: 7)))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_looks_names_up_in_threads_of_its_own():
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "7\n"
