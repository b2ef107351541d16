"""The host field contains more than a host name, or something else.

What it does:
    Finds a scheme, a path, user info, white space, a query, a trailing dot or characters outside ASCII in `host`. A
    port (`name:port`) is allowed.

Why is this bad:
    libwebsockets sends `host` as SNI up to its first colon, unchanged: `wss://name/` becomes the server name "wss", and
    `name/path`, ` name`, `user@name` and `name.` are sent unchanged, on OpenSSL and Mbed TLS alike. The server has no
    site with that name, and the certificate is compared with that text too. Write a name outside ASCII as its A-label
    (`xn--`).

Example:
    i.host = "wss://echo.example.net";

Use instead:
    i.host = "echo.example.net";

References:
    * RFC 6066 section 3: the name is ASCII, without a trailing dot
    * RFC 5890 section 2.3.2.1 (A-label)
"""

from wssure.tools.lint.edit import replace_text
from wssure.tools.lint.hostname import fault_of, host_in
from wssure.tools.lint.model import Info
from wssure.tools.lint.rule import CERTAIN, LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.value import HOLE, Found


@rule("lws.host-not-a-name", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each host that is not a host name."""
    for client in code.clients:
        bad_address = {item.start for item in client.text("address")}
        for item in client.text("host"):
            fault = fault_of(item.value) if item.kind == "text" else None
            # The rule for addresses reports the same text in address; only a name with a trailing dot still resolves.
            if fault and item.start >= 0 and (item.start not in bad_address or fault in ("a trailing dot",)):
                yield _report(code, client, item, fault)


def _report(code: Code, client: Info, item: Found, fault: str) -> Hit:
    host = host_in(item.value)
    sure = client.surely("host", item)
    sent = item.value.partition(":")[0].replace(HOLE, "...")
    edit = (
        replace_text(code.unit.source, item.start, item.end, f'"{host}"')
        if host and sure and item.via in ("", "host")
        else None
    )
    return Hit(
        item.span,
        f'host "{item.value.replace(HOLE, "...")}" contains {fault}: "{sent}" is sent as server_name and compared with the certificate',
        f'pass the bare name "{host}" as host'
        if host
        else "pass the bare name as host; a name outside ASCII as its xn-- form",
        CERTAIN if sure else LIKELY,
        edit=edit,
    )
