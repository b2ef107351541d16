"""Fold the known parts of C conditions: `is_ssl && ALLOW` is `is_ssl` if ALLOW is a macro with the value 1.

A condition is a list of tokens. The result has its remaining tokens and, if everything is known, its value. What is no `||`, `&&`, `!`,
comparison, number or name (a call, an assignment, arithmetic) stays as it is and has no value.
"""

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Final

# Returns the value of a name, or of `defined NAME`; None if it is unknown.
Value = Callable[[str, bool], int | None]

# Deeper conditions stay as they are: each level of brackets reads its tokens again.
_DEEPEST: Final = 20
_COMPARES: Final = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_OPAQUE: Final = frozenset(("?", ",", "=", "|=", "&=", "+=", "-="))
_WORDS: Final = {"true": 1, "TRUE": 1, "false": 0, "FALSE": 0}


def number(word: str) -> int | None:
    """Return the value of an integer constant, None for any other text."""
    word = word.strip().rstrip("uUlL")
    try:
        return _WORDS.get(word) if word in _WORDS else int(word, 8 if word[:1] == "0" and word.isdigit() else 0)
    except ValueError:
        return None


def fold(tokens: Sequence[str], value: Value, depth: int = 0) -> tuple[list[str], int | None]:
    """Fold a condition.

    Args:
        tokens: Its tokens.
        value: Returns the value of a name.
        depth: The number of brackets around it.

    Returns:
        The remaining tokens, and the value if it is known.
    """
    words = list(tokens)
    while len(words) > 2 and words[0] == "(" and _closing(words) == len(words) - 1:
        words = words[1:-1]
    if depth > _DEEPEST or not words or any(word in _OPAQUE for word in _outside(words)):
        return words, None
    for joint, absorbing in (("||", 1), ("&&", 0)):
        parts = list(_split(words, joint))
        if len(parts) > 1:
            return _joined([fold(part, value, depth + 1) for part in parts], joint, absorbing)
    if words[0] == "!":
        inner, atom = fold(words[1:], value, depth + 1)
        return (["!", *_bracketed(inner)], None) if atom is None else ([str(int(not atom))], int(not atom))
    atom = _atom(words, value, depth)
    return words, atom


def _joined(parts: list[tuple[list[str], int | None]], joint: str, absorbing: int) -> tuple[list[str], int | None]:
    """Join folded parts; one with the absorbing value decides, and parts with the other value drop out."""
    left = [words for words, known in parts if known is None]
    if any(known is not None and bool(known) == bool(absorbing) for _, known in parts):
        return [str(absorbing)], absorbing
    if not left:
        return [str(1 - absorbing)], 1 - absorbing
    if len(left) == 1:
        return left[0], None
    kept = [left[0] if joint == "||" else _bracketed(left[0], "||")]
    for words in left[1:]:
        kept.append([joint, *(_bracketed(words, "||") if joint == "&&" else words)])
    return [word for words in kept for word in words], None


def _bracketed(words: list[str], *joints: str) -> list[str]:
    """Put brackets around tokens that need them below `!` (no joints named) or beside `&&`."""
    needed = len(words) > 1 if not joints else any(word in joints for word in _outside(words))
    return ["(", *words, ")"] if needed and not (words[0] == "(" and _closing(words) == len(words) - 1) else words


def _atom(words: list[str], value: Value, depth: int) -> int | None:
    if words[0] == "defined":
        name = words[2:3] if words[1:2] == ["("] else words[1:2]
        return value(name[0], True) if name else None
    if len(words) == 1:
        parsed = number(words[0])
        return value(words[0], False) if parsed is None else parsed
    for index, word in _outside_at(words):
        if word in _COMPARES:
            (_, left), (_, right) = fold(words[:index], value, depth + 1), fold(words[index + 1 :], value, depth + 1)
            return None if left is None or right is None else int(_COMPARES[word](left, right))
    return None


def _outside_at(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the tokens outside of any brackets, with their positions."""
    depth = 0
    for index, word in enumerate(words):
        depth -= word in (")", "]", "}")
        if depth == 0:
            yield index, word
        depth += word in ("(", "[", "{")


def _outside(words: Sequence[str]) -> Iterator[str]:
    return (word for _, word in _outside_at(words))


def _split(words: Sequence[str], joint: str) -> Iterator[Sequence[str]]:
    start = 0
    for index, word in _outside_at(words):
        if word == joint:
            yield words[start:index]
            start = index + 1
    yield words[start:]


def _closing(words: Sequence[str]) -> int:
    """Return the position of the bracket that closes the first token; -1 if none does."""
    return next((index for index, word in _outside_at(words) if index and word == ")"), -1)
