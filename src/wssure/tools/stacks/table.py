"""Read the data about client stacks: the settings that lose the server name (facts.toml), and known hellos (senders.toml)."""

from __future__ import annotations

import datetime
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from wssure.frozen import frozen


@frozen
class StackFact:
    """The effect of one setting of one program. facts.toml describes each field.

    Args:
        stack: The key of the program.
        tls: The TLS libraries, by family.
        versions: The versions that were measured or read.
        setting: The setting, as the program spells it.
        name: `kept`, `lost` or `falsified`.
        checked: `yes`, `no` or `unknown`: whether the name in the certificate is checked.
        write: The right way to write it.
        zh: The same in Chinese.
        source: The evidence.
        date: The day of the evidence.
        fixed: The first version without the fault; "" if there is none.
        log: A line that the program prints; "" for none.
        cause: The cause that the line names; "" if it names none.
        see: How to see it in that program; "" for the general way.
        flight: The recorded hello; "" if it was only read.
        empty: True if a name is sent, but an empty one.
        last: True for a tool rather than a program: other explanations come first.
    """

    stack: str
    tls: tuple[str, ...]
    versions: str
    setting: str
    name: str
    checked: str
    write: str
    zh: str
    source: str
    date: datetime.date
    fixed: str = ""
    log: str = ""
    cause: str = ""
    see: str = ""
    flight: str = ""
    empty: bool = False
    last: bool = False

    @property
    def program(self) -> str:
        """The program's name for messages."""
        return programs()[self.stack]


@cache
def facts() -> tuple[StackFact, ...]:
    """Return all facts, in the order of the file."""
    return tuple(StackFact(**row) for row in load("facts")["fact"])


def programs() -> dict[str, str]:
    """Return the programs' names for messages, by key."""
    names: dict[str, str] = load("facts")["stacks"]
    return names


def libraries(stack: str) -> frozenset[str]:
    """Return the TLS libraries that a program is known to use, by family."""
    return frozenset(tls for fact in facts() if fact.stack == stack for tls in fact.tls)


@cache
def load(name: str) -> dict[str, Any]:
    """Return the tables of one file of data, its lists as tuples."""
    text = files("wssure.tools.stacks").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return {key: _frozen(value) for key, value in tomllib.loads(text).items()}


def _frozen(value: object) -> object:
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return {key: _frozen(item) for key, item in value.items()} if isinstance(value, dict) else value
