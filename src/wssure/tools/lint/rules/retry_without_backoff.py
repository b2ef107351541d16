"""A failed connection is retried at once.

What it does:
    Finds a connection made, directly or through a function of the file, in the handler of
    `LWS_CALLBACK_CLIENT_CONNECTION_ERROR` or `LWS_CALLBACK_CLIENT_CLOSED`, without a delay.

Why is this bad:
    While the server is down, every device retries as fast as it can: a thousand boards can prevent a server from
    restarting. It also recurses, because libwebsockets may report the next failure from inside the call.

Example:
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        connect_client();
        break;

Use instead:
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        lws_retry_sul_schedule_retry_wsi(wsi, &app->sul, connect_client, &app->retries);
        break;

References:
    * libwebsockets READMEs/README.lws_retry.md, lws_retry_bo_t
    * RFC 6455 section 7.2.3 (recovering from abnormal closure)
"""

from __future__ import annotations

import re

from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, calls_below, rule
from wssure.tools.lint.syntax import Node, callee, flat

_CASES = ("LWS_CALLBACK_CLIENT_CONNECTION_ERROR", "LWS_CALLBACK_CLIENT_CLOSED")
_CONNECTS = "lws_client_connect_via_info"
_DELAY = re.compile(
    r"sleep|retry|timer|backoff|back_off|delay|schedule|sul|time_t|interval|wait|timeout|attempt|tries|usecs|later",
    re.IGNORECASE,
)


@rule("lws.retry-without-backoff", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for each handler that connects at once."""
    for entry in code.cases(*_CASES):
        if not _DELAY.search(flat(entry)):
            yield from _connects(code, entry)


def _connects(code: Code, entry: Node) -> Hits:
    for call in calls_below(entry):
        function = code.unit.functions.get(callee(call))
        body = flat(function.body) if function is not None else ""
        direct = callee(call) == _CONNECTS
        if direct or (_CONNECTS in body and not _DELAY.search(body)):
            yield Hit(
                call.byte_range,
                "a failed connection is tried again at once, without a pause that grows",
                "schedule the next attempt with lws_retry_sul_schedule_retry_wsi() and an lws_retry_bo_t with jitter",
                LIKELY,
            )
