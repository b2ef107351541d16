"""A device on the path blocks connections by their server name.

What happened:
    With this server name the connection is reset or not answered after the hello; with another name, on the same
    address, it is answered. The name in the hello is not encrypted.

Why:
    A firewall, a school or company filter, a provider or a state blocks the name. The hello never reached the server.

Fix:
    * Confirm: `wssure check wss://OTHER-NAME/ --address SAME_ADDRESS` answers, and from another network your name works too.
    * Ask the owner of the network; use another network or a permitted proxy.

References:
    * RFC 8744 (issues and requirements for SNI encryption)
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import flipped_result


@probe("repeat on the same address with another server name")
@cause("tls.sni-filtered", Fault.PATH, shows=("tls.client_hello", "os.error", "tls.eof", "timeout"))
def match(evidence: Evidence) -> Match | None:
    """Match an experiment that got further with another name alone; one connection alone never shows this."""
    if not flipped_result(evidence, match.id):
        return None
    name = evidence.sni or evidence.host
    return Match(
        f'connections that name "{name}" are dropped on the way; another name on the same address is answered',
        None,
        LIKELY,
    )
