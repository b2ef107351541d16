"""The C and C++ grammars, loaded only when a file is really read."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Tree

__all__ = ["GrammarMissing", "broken_bytes", "is_cpp", "parse"]

_CPP_SUFFIXES: Final = (".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".ino", ".c++", ".h++", ".tpp", ".ipp")


class GrammarMissing(RuntimeError):
    """tree-sitter or a grammar is not installed."""

    def __init__(self) -> None:
        super().__init__("reading C needs tree-sitter, which is not installed: pip install 'wssure[lint]'")


@cache
def _language(name: str) -> Language:
    try:
        import tree_sitter  # an extra: imported when used
        import tree_sitter_c
        import tree_sitter_cpp
    except ImportError as error:
        raise GrammarMissing from error
    module = tree_sitter_cpp if name == "cpp" else tree_sitter_c
    return tree_sitter.Language(module.language())


def _tree(data: bytes, name: str) -> Tree:
    language = _language(name)
    import tree_sitter  # present: the language was made with it

    return tree_sitter.Parser(language).parse(data)


def parse(data: bytes, path: str) -> Node:
    """Return the root of the syntax tree; broken code gives a tree with ERROR nodes, never an exception.

    A header and a `.c` file may be C++ all the same: where the C grammar stumbles, the C++ one is tried too, and the tree
    with the smaller broken part is taken.

    Raises:
        GrammarMissing: The extra is not installed.
    """
    if is_cpp(path):
        return _tree(data, "cpp").root_node
    root = _tree(data, "c").root_node
    if not root.has_error:
        return root
    other = _tree(data, "cpp").root_node
    return other if broken_bytes(other) < broken_bytes(root) else root


def is_cpp(path: str) -> bool:
    """Return whether a file is C++ by its name."""
    return path.lower().endswith(_CPP_SUFFIXES) or path.endswith((".C", ".H"))


def broken_bytes(root: Node) -> int:
    """Return how many bytes of the text lie in ERROR nodes."""
    total, todo = 0, [root]
    while todo:
        node = todo.pop()
        if node.is_error:
            total += node.end_byte - node.start_byte
        elif node.is_missing:
            total += 1
        elif node.has_error:
            todo.extend(node.children)
    return total
