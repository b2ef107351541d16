"""An embedded certificate is no certificate, or its length is that of a pointer.

What it does:
    Finds a text in `client_ssl_ca_mem` that is a placeholder: empty, without the lines BEGIN CERTIFICATE and END CERTIFICATE,
    or with other text between them than a certificate. Finds `sizeof` of a pointer as the length of `client_ssl_ca_mem`,
    `client_ssl_cert_mem` or `client_ssl_key_mem`. A text or type of another file is not known and not reported.

Why is this bad:
    The library cannot read the CA, so no server certificate can be verified. `sizeof` of a pointer is 4 or 8, so only the
    first bytes of the text are read. The flags that disable checks then look like a fix, and one of them also removes SNI
    on Mbed TLS (`lws.skip-hostname-check`).

Example:
    static const char *ca_pem = PEM_OF_THE_CA;
    info.client_ssl_ca_mem = ca_pem;
    info.client_ssl_ca_mem_len = sizeof(ca_pem);

Use instead:
    info.client_ssl_ca_mem = ca_pem;                      /* the complete text of the CA's certificate */
    info.client_ssl_ca_mem_len = strlen(ca_pem) + 1;      /* with the final 0 of a PEM text */

References:
    * libwebsockets lws-context-vhost.h, struct lws_context_creation_info
    * RFC 7468 section 5 (textual encoding of certificates)
"""

from wssure.tools.lint.relax import is_certificate
from wssure.tools.lint.rule import CERTAIN, LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.syntax import declaration, field_child, find, flat, strip
from wssure.tools.lint.value import HOLE

_FIELDS = ("client_ssl_ca_mem", "client_ssl_cert_mem", "client_ssl_key_mem")


@rule("lws.embedded-certificate", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each placeholder of a CA, and for each length of a pointer."""
    for context in code.contexts:
        for item in context.text("client_ssl_ca_mem"):
            if item.kind == "text" and item.start >= 0 and HOLE not in item.value and not is_certificate(item.value):
                words = "this text is no certificate, so no server can be verified"
                fix = "embed the complete PEM text of the CA that signed the server's certificate"
                yield Hit(item.span, words, fix, LIKELY if item.guards else CERTAIN)
        for field in _FIELDS:
            for event in context.written(f"{field}_len"):
                size = strip(event.value) if event.value is not None else None
                operand = field_child(size, "value") if size is not None and size.type == "sizeof_expression" else None
                if (
                    size is not None
                    and operand is not None
                    and _is_pointer(code, name := flat(strip(operand)).replace(" ", ""))
                ):
                    words = f"sizeof({name}) is the size of a pointer, not of the text: {field} is cut off"
                    yield Hit(size.byte_range, words, f"write strlen({name}) + 1, or declare the text as an array")


def _is_pointer(code: Code, name: str) -> bool:
    """Return True if every declaration of a name in the file makes it a pointer; a parameter that is an array is one, too."""
    if name.endswith(_FIELDS):
        return True
    found = []
    for node in find(code.unit.root, "declaration", "parameter_declaration"):
        pointers = ({"pointer"}, {"array"}) if node.type == "parameter_declaration" else ({"pointer"},)
        declared = [declaration(declarator) for declarator in node.children_by_field_name("declarator")]
        found += [shape in pointers for word, shape in declared if word == name]
    return bool(found) and all(found)
