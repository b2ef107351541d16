"""One parsed file: its functions, its macros, and the variables of the two structs."""

import re
from collections.abc import Iterator
from typing import Final

from wssure.frozen import frozen
from wssure.tools.lint.comment import without_comments
from wssure.tools.lint.condition import fold
from wssure.tools.lint.grammar import is_cpp
from wssure.tools.lint.repair import parse_repaired
from wssure.tools.lint.source import Source
from wssure.tools.lint.syntax import Node, children, declaration, field_child, find, flat, strip, text
from wssure.tools.lint.target import Target
from wssure.tools.lint.trace import CLIENT, CONTEXT, Function, Guard, Guards

# The words of client code, by the first part of the ids of the rules for it.
_CLIENT_CODE: Final = {
    "lws": re.compile(rb"\b(?:lws_client_connect_info|lws_client_connect_via_info|lws_context_creation_info)\b"),
    "esp": re.compile(
        rb"\b(?:skip_common_name|skip_cert_common_name_check|esp_transport_ssl_skip_common_name_check)\b"
    ),
    "ix": re.compile(rb"\bdisable_hostname_validation\b"),
    "tls": re.compile(
        rb"\b(?:SSL_set1_host|X509_VERIFY_PARAM_set1_host|wolfSSL_check_domain_name|gnutls_session_set_verify_cert)\b"
    ),
}
# Functions to trace when they are called: those that use tracked structs or fields.
_RELEVANT: Final = re.compile(
    rb"lws_client_connect|lws_context_creation_info|lws_create_(?:context|vhost)|ssl_connection|LCCSCF_|client_ssl_ca"
)
_WORD: Final = re.compile(rb"[A-Za-z_]\w+")
_TELLING: Final = (
    b"lws_client_connect",
    b"lws_context_creation",
    b"lws_create_",
    b"LCCSCF_",
    b"LWS_SERVER_OPTION_",
    b"ssl_connection",
    b"client_ssl_",
)
_SMALL_BYTES: Final = 1500
# Macros of every build with TLS and a client; a condition on one of them has no meaning here.
_ALWAYS: Final = frozenset(
    (
        "LWS_WITH_TLS",
        "LWS_WITH_CLIENT",
        "LWS_OPENSSL_SUPPORT",
        "LWS_LIBRARY_VERSION_NUMBER",
        "LWS_LIBRARY_VERSION_MAJOR",
    )
)
# Constants of enums in libwebsockets: they are no macros, so `#ifdef` of one is false.
_ENUMERATED: Final = ("LCCSCF_", "LWS_SERVER_OPTION_", "LWS_CALLBACK_")
# Tests of the library's version read as for a new library.
_VERSIONS: Final = ("LWS_LIBRARY_VERSION_NUMBER", "LWS_LIBRARY_VERSION_MAJOR")
_NEW: Final = 1 << 40
# An option that every sdkconfig of ESP-IDF has: an option that is missing there is not set. Files of defaults do not have it.
_WHOLE_CONFIG: Final = "CONFIG_IDF_FIRMWARE_CHIP_ID"
_DEEPEST_MACRO: Final = 8
_PREPROCESSOR: Final = ("preproc_if", "preproc_ifdef", "preproc_elif", "preproc_elifdef")
_CONDITIONAL: Final = ("if_statement", "conditional_expression", *_PREPROCESSOR)
_NAMES: Final = re.compile(r"[A-Za-z_]\w*")


@frozen
class Macro:
    """One object-like `#define`.

    Args:
        body: The replacement text, with comments blanked and offsets kept.
        offset: Offset of the replacement in the file; -1 for a macro from an included file.
        guards: The `#if` conditions around it.
    """

    body: bytes
    offset: int
    guards: Guards


def stacks_in(data: bytes) -> frozenset[str]:
    """Return the stacks with client code in the text of a file, such as `lws`; a fast check before parsing."""
    return frozenset(stack for stack, pattern in _CLIENT_CODE.items() if pattern.search(data))


class Unit:
    """One parsed file with the tables that the tracer needs.

    Args:
        source: The text.
        target: The build of the code, as far as it is known.
        outside: Macros of included files beside this one.

    Attributes:
        outside: Macros of included files beside this one.
        functions: Functions by unqualified name; of several definitions the first.
        macros: All definitions of each object-like macro.
        kinds: Type of struct by member or file-scope variable name: `CLIENT` or `CONTEXT`.
        structs: The same by lvalue, filled while tracing.
        aliases: The same by `typedef` name.
        buffers: Lvalues of character arrays, which a call may fill.
        variables: Names of the variables of the file's own scope, filled while tracing it.
    """

    def __init__(self, source: Source, target: Target, outside: dict[str, list[Macro]] | None = None) -> None:
        self.source = source
        self.target = target
        self.outside = outside or {}
        self.root, self.loose = parse_repaired(source.data, source.path)
        self.macros: dict[str, list[Macro]] = {name: list(definitions) for name, definitions in self.outside.items()}
        self.functions: dict[str, Function] = {}
        self.kinds: dict[str, str] = {}
        self.structs: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.buffers: set[str] = set()
        self.variables: set[bytes] = set()
        self.file_scope = Function("", self.root, self.root, [])
        self._survey()

    @property
    def is_cpp(self) -> bool:
        """True if the file name is that of a C++ file."""
        return is_cpp(self.source.path)

    def _survey(self) -> None:
        for node in _landmarks(self.root):
            if node.type == "preproc_def":
                self._note_macro(node)
            elif node.type == "function_definition":
                self._note_function(node)
            else:
                self._note_member(node)

    def _note_macro(self, node: Node) -> None:
        name, value = field_child(node, "name"), field_child(node, "value")
        if name is None:
            return
        guards = self.surrounding(node)
        if guards is None:
            return
        body = without_comments(value.text or b"") if value is not None else b""
        offset = value.start_byte if value is not None else node.end_byte
        definitions = self.macros.setdefault(text(name), [])
        if definitions and definitions[0].offset < 0:
            definitions.clear()  # the file's own definition overrides an included one
        definitions.append(Macro(body.replace(b"\\\n", b"  ").replace(b"\\\r\n", b"   "), offset, guards))

    def surrounding(self, node: Node, *, runtime: bool = False) -> Guards | None:
        """Return the conditions of the `#if` branches around a node, the innermost first; None if one never holds.

        Args:
            node: A node of the tree.
            runtime: Include the conditions of `if` and `?:`.
        """
        branches = [self.guards(*branch) for branch in self._branches(node, _CONDITIONAL if runtime else _PREPROCESSOR)]
        return None if None in branches else tuple(guard for guards in branches for guard in guards or ())

    def constant(self, node: Node) -> int | None:
        """Return the value of an expression of numbers and macros; None if it is unknown."""
        return fold(flat(strip(node)).split(), lambda name, defined: self._value(name, defined, node.start_byte))[1]

    def options_around(self, node: Node) -> Iterator[str]:
        """Yield the names in the `#if` conditions around a node."""
        for words, _, _ in self._branches(node, _PREPROCESSOR):
            yield from _NAMES.findall(words)

    def loose_at(self, offset: int) -> Guards:
        """Return the conditions of an offset that are not in the tree (see `wssure.tools.lint.repair`)."""
        around = (loose for loose in self.loose if loose.start <= offset < loose.end)
        return tuple(guard for loose in around for guard in self.guards(loose.condition, "then", loose.start) or ())

    def guards(self, condition: str, branch: str, offset: int) -> Guards | None:
        """Return the guards of a branch: empty if it always runs, None if it never runs.

        Args:
            condition: The tokens of the condition.
            branch: `then` or `else`.
            offset: Where the condition stands; a macro that is defined later does not count.
        """
        words, value = fold(condition.split(), lambda name, defined: self._value(name, defined, offset))
        if value is not None:
            return () if bool(value) == (branch == "then") else None
        if len(words) == 2 and words[0] == "!":
            words, branch = words[1:], "else" if branch == "then" else "then"
        return (Guard(" ".join(words), branch),)

    def deciding_macro(self, offset: int) -> tuple[str, Macro] | None:
        """Return the macro that turns on the code at an offset: with 0 as its value the code would never run."""
        for words, branch, start in self._branches(self._node_at(offset), _CONDITIONAL):
            for name in dict.fromkeys(_NAMES.findall(words)):
                macro = next((macro for macro in reversed(self.macros.get(name, ())) if not macro.guards), None)
                if macro is not None and macro.body.strip() and self._needs(words, branch, start, name):
                    return name, macro
        return None

    def is_dead(self, offset: int) -> bool:
        """Return True if the code at an offset never runs, or is a comment."""
        node = self._node_at(offset)
        comment = node is not None and node.type == "comment"
        return comment or any(self.guards(*branch) is None for branch in self._branches(node, _CONDITIONAL))

    def _node_at(self, offset: int) -> Node | None:
        return self.root.descendant_for_byte_range(offset, offset)

    def _branches(self, node: Node | None, kinds: tuple[str, ...]) -> Iterator[tuple[str, str, int]]:
        """Yield condition, branch and offset of the conditional code of some kinds around a node, the innermost first."""
        child = node
        while child is not None and (parent := child.parent) is not None:
            condition = field_child(parent, "condition")
            if parent.type in kinds and child != condition:
                words = flat(condition) if condition is not None else ""
                if parent.type in _PREPROCESSOR:
                    words = preproc_condition(parent)
                yield words, "else" if field_child(parent, "alternative") == child else "then", parent.start_byte
            child = parent

    def _needs(self, words: str, branch: str, offset: int, macro: str) -> bool:
        """Return True if a branch runs with the value of a macro, and never with the value 0."""

        def without(name: str, defined: bool) -> int | None:
            return 0 if name == macro and not defined else self._value(name, defined, offset)

        value = fold(words.split(), without)[1]
        return (
            value is not None and bool(value) != (branch == "then") and self.guards(words, branch, offset) is not None
        )

    def _value(self, name: str, defined: bool, offset: int, depth: int = 0) -> int | None:
        """Return the value of a name in a condition, or of `defined NAME`; None if it is unknown."""
        here = [macro for macro in self.macros.get(name, ()) if not macro.guards]
        if defined:
            if here:
                # `#ifndef X`, `#define X`: a default value or an include guard; the enclosed text is read.
                return int(any(macro.offset < offset for macro in here))
            tls = name.removeprefix("LWS_WITH_").lower()
            if tls in ("mbedtls", "gnutls", "wolfssl") and self.target.tls:
                return int(tls == self.target.tls)
            if name.startswith("CONFIG_") and _WHOLE_CONFIG in self.macros:
                return 0
            return 0 if name.startswith(_ENUMERATED) else 1 if name in _ALWAYS else None
        earlier = [macro for macro in here if macro.offset < offset]
        if earlier and depth < _DEEPEST_MACRO:
            words = earlier[-1].body.decode("utf-8", "replace").replace("(", " ( ").replace(")", " ) ").split()
            return fold(words, lambda inner, asked: self._value(inner, asked, offset, depth + 1))[1] if words else None
        if name in _VERSIONS:
            return _NEW
        if name.startswith("CONFIG_") and _WHOLE_CONFIG in self.macros:
            return 0
        return self._value(name, True, offset) if name in _ALWAYS or name.startswith("LWS_WITH_") else None

    def _note_function(self, node: Node) -> None:
        declarator, body = field_child(node, "declarator"), field_child(node, "body")
        inside = node.parent is not None and node.parent.type == "compound_statement"
        if declarator is None or body is None or inside:
            return  # a function inside another function is a macro with a block, such as FOR_EACH(a, b) { ... }
        name, _ = declaration(declarator)
        listed = next(find(declarator, "parameter_list"), None)
        parameters = []
        for parameter in children(listed) if listed is not None else []:
            kind, inner = field_child(parameter, "type"), field_child(parameter, "declarator")
            word, shape = declaration(inner) if inner is not None else ("", set())
            parameters.append((word, text(kind) if kind is not None else "", shape))
        self.functions.setdefault(name or f"@{node.start_byte}", Function(name, node, body, parameters))

    def _note_member(self, node: Node) -> None:
        kind, declarator = field_child(node, "type"), field_child(node, "declarator")
        struct = self.struct_of(text(kind)) if kind is not None else None
        if not struct or declarator is None:
            return
        if node.type == "type_definition":
            self.aliases[text(declarator)] = struct
        else:
            self.kinds[declaration(declarator)[0]] = struct

    def struct_of(self, type_text: str) -> str | None:
        """Return the struct that a type names, also through a `typedef` of the file."""
        return struct_of(type_text) or self.aliases.get(type_text.strip())

    def kind(self, lvalue: str) -> str | None:
        """Return the struct type of a shared lvalue, by the name of its last member."""
        last = re.split(r"\.|::|~", lvalue)[-1].removesuffix("[]")
        return self.kinds.get(last) if is_plain(lvalue) else None

    def relevant(self) -> list[str]:
        """Return the functions to trace: they use tracked structs or a variable of the file, or call such a function."""
        words = {
            name: set(_WORD.findall(self.source.data, function.node.start_byte, function.node.end_byte))
            for name, function in self.functions.items()
        }
        telling = {
            word for functions in words.values() for word in functions if word.startswith(_TELLING)
        } | self.variables
        chosen: set[str] = set()
        while True:
            more = {name for name in words if name not in chosen and not telling.isdisjoint(words[name])}
            if not more:
                return [name for name in self.functions if name in chosen]
            chosen |= more
            telling |= {name.encode() for name in more}

    def is_worth_following(self, name: str) -> bool:
        """Return True if calls of a function of this file are traced."""
        function = self.functions.get(name)
        if function is None:
            return False
        body = self.source.data[function.body.start_byte : function.body.end_byte]
        return len(body) < _SMALL_BYTES or _RELEVANT.search(body) is not None


def is_plain(lvalue: str) -> bool:
    """Return True if the name of an lvalue consists of globals and members only."""
    return lvalue.lstrip("*").startswith(("::", "~"))


def struct_of(type_text: str) -> str | None:
    """Return the struct that a type names directly."""
    return CLIENT if CLIENT in type_text else CONTEXT if CONTEXT in type_text else None


def preproc_condition(node: Node) -> str:
    """Return the condition of an `#if`, `#ifdef` or `#ifndef` as tokens."""
    if node.type in ("preproc_ifdef", "preproc_elifdef"):
        name = field_child(node, "name")
        negated = node.children[0].type in ("#ifndef", "#elifndef")
        return ("! " if negated else "") + f"defined {flat(name) if name is not None else ''}"
    condition = field_child(node, "condition")
    return flat(condition) if condition is not None else ""


def _landmarks(root: Node) -> Iterator[Node]:
    """Yield all macro definitions, functions and struct members; function bodies are searched for macros only."""
    todo = [root]
    while todo:
        node = todo.pop()
        kind = node.type
        if kind in ("preproc_def", "field_declaration", "type_definition"):
            yield node
        elif kind == "function_definition":
            yield node
            body = field_child(node, "body")
            if body is not None and (b"#" in (body.text or b"") or node.has_error):
                todo.append(body)
        elif (
            kind not in ("declaration", "expression_statement", "parameter_list", "comment", "preproc_function_def")
            or node.has_error
        ):
            todo.extend(reversed(node.named_children))
