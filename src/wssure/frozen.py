"""Frozen classes with slots, made faster than `dataclass(frozen=True, slots=True)` makes them.

That compiles six functions for each class, which was more than half of the cost of `import wssure`. Here `dataclass` collects the fields
and makes the slots, one function is compiled (`__init__`), and the others are shared. `fields`, `replace`, `asdict`, pattern matching, copies
and pickles work as with a dataclass.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, Never, TypeVar, dataclass_transform

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[_Class]) -> type[_Class]:
    """Make a class with immutable instances; its annotations are its fields.

    Args:
        cls: The class. A `__repr__`, `__eq__` or `__hash__` of its own is kept.

    Returns:
        A new class with slots and the same name.
    """
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    every = fields(made)  # type: ignore[arg-type]
    own = vars(cls)
    key = _key(every)

    def equal(self: object, other: object) -> bool:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(key(self))

    methods: dict[str, Callable[..., Any]] = {
        "__init__": _init(made, every),
        "__setattr__": _refuse_set,
        "__delattr__": _refuse_delete,
        "__getstate__": _state,
        "__setstate__": _set_state,
    }
    if "__repr__" not in own:
        methods["__repr__"] = _repr
    if "__eq__" not in own:
        methods["__eq__"] = equal
        if "__hash__" not in own:
            methods["__hash__"] = hashed
    for name, method in methods.items():
        setattr(made, name, method)
    return made


def _key(every: tuple[Field[Any], ...]) -> Callable[[object], object]:
    """Return a function that maps an instance to the values that are compared and hashed."""
    names = [each.name for each in every if each.compare]
    return attrgetter(*names) if names else lambda _: ()


def _init(made: type, every: tuple[Field[Any], ...]) -> Callable[..., None]:
    """Compile `__init__`, which sets the slots directly: `__setattr__` refuses."""
    space: dict[str, Any] = {"_MISSING": MISSING}
    body = []
    parameters: dict[bool, list[str]] = {False: [], True: []}
    for each in every:
        name = each.name
        space[f"_set_{name}"] = getattr(made, name).__set__
        space[f"_default_{name}"] = each.default
        space[f"_make_{name}"] = each.default_factory
        argument = name if each.init else f"_default_{name}"
        if each.default_factory is not MISSING:
            argument = f"_make_{name}() if {argument} is _MISSING else {argument}"
        body.append(f"    _set_{name}(self, {argument})\n")
        if each.init:
            optional = each.default is not MISSING or each.default_factory is not MISSING
            parameters[bool(each.kw_only)].append(f"{name}=_default_{name}" if optional else name)
    if hasattr(made, "__post_init__"):
        body.append("    self.__post_init__()\n")
    named = ["*", *parameters[True]] if parameters[True] else []
    source = f"def __init__(self, {', '.join(parameters[False] + named)}):\n{''.join(body) or '    pass'}"
    exec(source, space)  # noqa: S102 - as `dataclasses` does; the names are those of our own fields
    init: Callable[..., None] = space["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    init.__module__ = made.__module__
    return init


def _refuse_set(self: object, name: str, value: object) -> Never:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: object, name: str) -> Never:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


def _repr(self: Any) -> str:
    shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({shown})"
