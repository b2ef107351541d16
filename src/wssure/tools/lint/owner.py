"""Find the code's own expression for a struct, for automatic fixes that need another field of it."""

from wssure.tools.lint.model import Info
from wssure.tools.lint.syntax import field_child, text


def own_address(client: Info) -> str | None:
    """Return the expression for `i.address` at the assignment of `host`; None if address is not certainly set before."""
    host, address = client.written("host"), client.written("address")
    if len(host) != 1 or len(address) != 1 or address[0].order > host[0].order or address[0].frame is not host[0].frame:
        return None
    if address[0].guards != host[0].guards or address[0].node.type != "assignment_expression":
        return None
    left = field_child(address[0].node, "left")
    return text(left) if left is not None else None
