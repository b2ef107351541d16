"""A server counts why connections failed, and a stranger can neither fill its log nor choose a label."""

from __future__ import annotations

import asyncio
import logging
import re

import pytest
from tests.aio.serving import Loopback, hold, turns

from wssure import Headers, Response
from wssure.aio.metrics import Metrics
from wssure.evidence import Failure, Fault, Stage
from wssure.fixes import fix

LINE = re.compile(r'(?:# (?:HELP|TYPE) wssure_\w+ .+|wssure_\w+(?:\{(?:cause|reason)="[a-z0-9.-]+"\})? \d+)\Z')


def failure(cause: str = "tls.sni-unknown") -> Failure:
    return Failure(Stage.TLS, cause, Fault.PEER, "it failed", (fix("tls.sni-unknown"),))


def values(text: str) -> dict[str, int]:
    return {line.rpartition(" ")[0]: int(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}


class Logged(logging.Handler):
    """A logger's records."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.logger = logging.Logger("tests.tally")
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def metrics(logged: Logged, **limits: float) -> Metrics:
    return Metrics(logged.logger, **limits)


async def test_a_flood_of_one_cause_is_a_few_records_and_one_line():
    logged, rendered = Logged(), []
    counted = metrics(logged, records=3, interval_s=60)

    def render(one: Failure) -> str:
        rendered.append(one)
        return "explained"

    for _ in range(1000):
        counted.count_failure("192.0.2.7:1", failure(), render)
    assert logged.lines == ["no connection with 192.0.2.7:1: explained"] * 3
    assert len(rendered) == 3, "what is not logged is not rendered"
    counted.close()
    assert logged.lines[3:] == [
        "997 more connections failed with tls.sni-unknown within 60 s and were not logged one by one"
    ]
    assert counted.failures == {"tls.sni-unknown": 1000}
    assert counted.unlogged == 997


async def test_each_cause_has_a_limit_of_its_own():
    logged = Logged()
    counted = metrics(logged, records=1)
    for cause in ("tls.version", "tls.version", "tls.alpn"):
        counted.count_failure("192.0.2.7:1", failure(cause), lambda one: one.cause)
    assert [line.rpartition(" ")[2] for line in logged.lines] == ["tls.version", "tls.alpn"]
    counted.close()


async def test_the_next_interval_logs_again():
    logged = Logged()
    counted = metrics(logged, records=1, interval_s=0.001)
    counted.count_failure("192.0.2.7:1", failure(), lambda _: "one")
    counted.count_failure("192.0.2.7:1", failure(), lambda _: "two")
    await turns(lambda: len(logged.lines) == 2)
    counted.count_failure("192.0.2.7:1", failure(), lambda _: "three")
    assert logged.lines[0].endswith("one")
    assert logged.lines[1].startswith("1 more connections failed")
    assert logged.lines[2].endswith("three")
    counted.close()


async def test_a_quiet_interval_says_nothing():
    logged = Logged()
    counted = metrics(logged, records=5, interval_s=60)
    counted.count_failure("192.0.2.7:1", failure(), lambda _: "one")
    counted.close()
    counted.close()
    assert len(logged.lines) == 1


async def test_the_metrics_of_a_server(loopback: Loopback, caplog):
    async with loopback.server(hold) as server:
        assert values(server.metrics())["wssure_accepted_total"] == 0
        async with loopback.connect(server):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b'"}\n\x00evil{cause="x"} 7\r\n\r\n')
            await turns(lambda: server._policy.metrics.failures)
            text = server.metrics()
            writer.close()
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.close()
        await turns(lambda: server._policy.metrics.left_early)
    found = values(text)
    assert (found["wssure_accepted_total"], found["wssure_opened_total"], found["wssure_connections"]) == (2, 1, 1)
    assert sum(count for name, count in found.items() if name.startswith("wssure_failures_total{")) == 1
    assert "evil" not in text


async def test_every_line_is_in_the_format_of_prometheus(plain: Loopback, caplog):
    async with plain.server() as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"garbage\r\n\r\n")
        await turns(lambda: server._policy.metrics.failures)
        writer.close()
        text = server.metrics()
    assert text.endswith("\n")
    assert [line for line in text.splitlines() if not LINE.match(line)] == []
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


async def test_a_request_answered_otherwise_is_counted_and_no_failure(plain: Loopback):
    def busy(ws, request):
        return Response(503, "", "HTTP/1.1", Headers())

    async with plain.server(process_request=busy) as server:
        with pytest.raises(OSError, match="503"):
            await plain.connect(server)
        found = values(server.metrics())
    assert found["wssure_answered_total"] == 1
    assert not any(name.startswith("wssure_failures_total{") for name in found)


async def test_a_server_that_closes_says_what_it_owes(plain: Loopback, caplog):
    async with plain.server() as server:
        for _ in range(12):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"garbage\r\n\r\n")
            await reader.read()
            writer.close()
        await turns(lambda: sum(server._policy.metrics.failures.values()) == 12)
    assert len(caplog.records) == 11
    assert caplog.records[-1].getMessage().startswith("2 more connections failed with ")
