"""The proxy answered our CONNECT with an unexpected status.

What happened:
    The answer to our CONNECT is HTTP, but neither a 2xx, which opens the tunnel, nor one of the usual refusals (403, 405, 407,
    502 to 504). Or it is a 2xx with a web page behind it, which is the proxy's own. No connection to the target server was made.

Why:
    Usually the port belongs to a web server, not a proxy: many answer CONNECT with 400, 404 or 501. A redirect (3xx) is
    the login page of a captive portal. A 429 or 500 is an error of the proxy itself. A 200 with a page is the page by which a
    proxy says that it blocks a site.

Fix:
    * Check host and port of the proxy: the headers under "saw" often name the software.
    * 3xx: open any http page in a browser on this network, log in, and try again.

References:
    * RFC 9110 sections 9.3.6 and 15
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, alternative, cause, probe
from wssure.diagnose.proxy import own_page, proxy_answer
from wssure.fixes import fix

_SPOKEN_FOR = frozenset({403, 405, 407, 502, 503, 504})


@probe("ask the same address for a web page: a web server shows one")
@cause("proxy.unexpected-status", Fault.CALLER, shows=("endpoint.proxy", "proxy.response"))
def match(evidence: Evidence) -> Match | None:
    """Match a status without its own cause that does not open a tunnel, or a page instead of one."""
    page = own_page(evidence)
    if page:
        return Match(
            f'{evidence.proxy} answered our CONNECT with "{page}" and a page of its own instead of a tunnel',
            fix("proxy.own-page", host=evidence.host, port=evidence.port),
            LIKELY,
            (alternative("tls.not-tls-http", "the server behind the tunnel may send a page without TLS"),),
            fault=Fault.PATH,
        )
    answer = proxy_answer(evidence)
    if answer.status is None or answer.status < 300 or answer.status in _SPOKEN_FOR:
        return None
    where = evidence.proxy or evidence.peer
    if answer.status < 400:
        what, todo = "a redirect: a login page stands in the way", fix("proxy.log-in")
    elif answer.status in (429, 500):
        what, todo = "trouble of its own", fix("proxy.later")
    else:
        what, todo = "mostly a web server that is no proxy", None
    transient = answer.status in (429, 500)
    return Match(f"{where} answered our CONNECT with {answer.text}: {what}", todo, LIKELY, transient=transient)
