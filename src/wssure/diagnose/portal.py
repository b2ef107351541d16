"""Read an answer in plain HTTP that may come from a captive portal instead of the server."""

from typing import Final
from urllib.parse import urlsplit

from wssure.diagnose.view import Evidence
from wssure.facts import NotTlsSeen

_STATUS_AT: Final = slice(9, 12)


def plain_status(evidence: Evidence) -> int | None:
    """Return the status of the HTTP answer that came instead of TLS; None if there is none."""
    first = evidence.first_bytes(NotTlsSeen).lstrip()
    status = first[_STATUS_AT]
    return int(status) if first.startswith(b"HTTP/1.") and status.isdigit() else None


def portal_redirect(evidence: Evidence) -> str:
    """Return the Location of a redirect by a sender without a proven name; "" for none.

    An answer over TLS is the server's own. An https page is where servers redirect their own requests to, so only a plain
    page counts after a request in plain HTTP.
    """
    seen = evidence.last(NotTlsSeen)
    if seen is not None:
        return seen.location or ""
    if evidence.secure or evidence.status not in (301, 302, 303, 307, 308):
        return ""
    location = evidence.header("location")
    return location if location.startswith("http://") else ""


def foreign(target: str, host: str) -> bool:
    """Tell whether a URL leads to another site than a host: no common name of two labels."""
    try:
        other = urlsplit(target).hostname or ""
    except ValueError:
        return False
    return bool(other and host) and other.split(".")[-2:] != host.split(".")[-2:]
