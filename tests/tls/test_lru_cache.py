"""The cache of contexts: bounded, made once, and nothing kept of a failure."""

from __future__ import annotations

import threading

import pytest

from wssure.tls.trust import LruCache


def test_a_value_is_made_once() -> None:
    cache: LruCache[object] = LruCache(2)
    first = cache.get_or_create("a", object)
    assert cache.get_or_create("a", object) is first


def test_what_was_used_longest_ago_goes_first() -> None:
    cache: LruCache[object] = LruCache(2)
    first, second = cache.get_or_create("a", object), cache.get_or_create("b", object)
    cache.get_or_create("a", object)
    cache.get_or_create("c", object)
    assert cache.get_or_create("a", object) is first
    assert cache.get_or_create("b", object) is not second


def test_a_failure_is_not_kept() -> None:
    cache: LruCache[object] = LruCache(2)
    with pytest.raises(ZeroDivisionError):
        cache.get_or_create("a", lambda: 1 / 0)
    assert cache.get_or_create("a", lambda: "made") == "made"


def test_threads_that_want_the_same_value_wait_for_it() -> None:
    cache: LruCache[object] = LruCache(2)
    begun, go_on = threading.Event(), threading.Event()
    found: list[object] = []

    def slow() -> object:
        begun.set()
        assert go_on.wait(10)
        return object()

    threads = [threading.Thread(target=lambda: found.append(cache.get_or_create("a", slow))) for _ in range(3)]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(found) == 3
    assert len(set(map(id, found))) == 1
