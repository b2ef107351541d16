r"""The reason of a failed connection is not handled.

What it does:
    Finds a callback that handles `LWS_CALLBACK_CLIENT_ESTABLISHED` in a file that connects, without
    `LWS_CALLBACK_CLIENT_CONNECTION_ERROR` anywhere in the file.

Why is this bad:
    A failed connection is reported only to this callback, with the reason as text in `in`. Without it the program waits
    for ever and logs nothing.

Example:
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        connected = 1;
        break;
    }

Use instead:
    switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        lwsl_err("connect: %s\n", in ? (char *)in : "(no reason)");
        break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        connected = 1;
        break;
    }

References:
    * libwebsockets lws-callbacks.h, LWS_CALLBACK_CLIENT_CONNECTION_ERROR
"""

from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.syntax import field_child

_HANDLED = b"LWS_CALLBACK_CLIENT_CONNECTION_ERROR"


@rule("lws.no-error-handler", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for the first callback that handles only success."""
    if not code.calls("lws_client_connect_via_info") or code.mentions(_HANDLED):
        return
    for case in code.cases("LWS_CALLBACK_CLIENT_ESTABLISHED")[:1]:
        value = field_child(case, "value") or case
        yield Hit(
            value.byte_range,
            "no LWS_CALLBACK_CLIENT_CONNECTION_ERROR is handled: a failed connection is never noticed, and its reason is lost",
            "handle LWS_CALLBACK_CLIENT_CONNECTION_ERROR and log the text in `in`",
            LIKELY,
        )
