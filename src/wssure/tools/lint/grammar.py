"""Parse C and C++ with tree-sitter; the grammars are loaded at the first parse."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Tree


_CPP_SUFFIXES: Final = (".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".ino", ".c++", ".h++", ".tpp", ".ipp")


class GrammarMissing(RuntimeError):
    """tree-sitter or a grammar is not installed."""

    def __init__(self) -> None:
        super().__init__("reading C needs tree-sitter, which is not installed")


@cache
def _language(name: str) -> Language:
    try:
        import tree_sitter  # an optional dependency: imported on first use
        import tree_sitter_c
        import tree_sitter_cpp
    except ImportError as error:
        raise GrammarMissing from error
    module = tree_sitter_cpp if name == "cpp" else tree_sitter_c
    return tree_sitter.Language(module.language())


def _tree(data: bytes, name: str) -> Tree:
    language = _language(name)
    import tree_sitter  # installed: the language was made with it

    return tree_sitter.Parser(language).parse(data)


def parse(data: bytes, path: str) -> Node:
    """Parse code and return the root of its syntax tree; malformed code gives ERROR nodes, never an exception.

    A header and a `.c` file may contain C++. If the C grammar reports errors, the C++ grammar is tried too, and the
    tree with fewer bytes in errors is returned.

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
    """Return True if the file name is that of a C++ file."""
    return path.lower().endswith(_CPP_SUFFIXES) or path.endswith((".C", ".H"))


def broken_bytes(root: Node) -> int:
    """Count the bytes of the text in ERROR nodes."""
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
