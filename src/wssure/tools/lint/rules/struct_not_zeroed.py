"""The struct passed to libwebsockets is not zeroed before it is filled.

What it does:
    Finds a local `lws_client_connect_info` or `lws_context_creation_info` that is declared without a value and passed
    without a `memset`, initialiser or copy before. Static and global structs are zero.

Why is this bad:
    Both structs have dozens of fields, and more with each version. Old bytes on the stack become flags and pointers to
    names and vhosts. The connection may work today and crash after a rebuild.

Example:
    struct lws_client_connect_info i;
    i.address = "echo.example.net";

Use instead:
    struct lws_client_connect_info i = {0};
    i.address = "echo.example.net";

References:
    * libwebsockets lws-client.h: members added at the end are expected to be zero
    * ISO C17 section 6.7.9 paragraph 10 (indeterminate values)
"""

from wssure.tools.lint.model import Info
from wssure.tools.lint.rule import Code, Edit, Hit, Hits, Severity, rule


@rule("lws.struct-not-zeroed", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each struct that certainly has garbage in its fields."""
    for info in (*code.clients, *code.contexts):
        where = info.declaration
        if info.zeroed is not False or info.event is None or where is None:
            continue
        yield Hit(
            where.node.byte_range,
            f"struct {info.kind} is not zeroed: the fields that are not set hold whatever was in memory",
            "write = {0} here, or memset it to 0 before the first assignment",
            edit=_edit(code, info),
        )


def _edit(code: Code, info: Info) -> Edit | None:
    where = info.declaration
    if where is None or where.node.type != "identifier" or not code.unit.source.editable:
        return None
    return Edit(where.node.end_byte, where.node.end_byte, " = {}" if code.unit.is_cpp else " = {0}")
