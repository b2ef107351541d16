r"""The server requires credentials.

What happened:
    The server answered the upgrade with 401 Unauthorized.

Why:
    No token, cookie or password was sent, or it expired. Browsers send cookies automatically; a program must set them.

Fix:
    * wssure: `connect(url, additional_headers={"Authorization": "Bearer ..."})`, or `wss://USER:PASSWORD@NAME/` for Basic.
    * libwebsockets: add the header in `LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER` with `lws_add_http_header_by_name()`.
    * ESP-IDF: `.headers = "Authorization: Bearer ...\r\n"`, or `.username` and `.password`.

References:
    * RFC 9110 sections 11 and 15.5.2
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe


@probe("repeat with credentials")
@cause("http.auth-required", Fault.CALLER, shows=("endpoint.url", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match status 401."""
    if evidence.is_server or evidence.status != 401:
        return None
    scheme = evidence.header("www-authenticate").partition(" ")[0]
    return Match(f"{evidence.peer} requires credentials{f' ({scheme})' if scheme else ''} for the upgrade (401)")
