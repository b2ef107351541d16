"""Select the site of a server by the decoded ClientHello, before an engine is made."""

from collections.abc import Iterable
from typing import Final, Literal

from wssure.errors import UsageError, usage_error, wrong_value
from wssure.frozen import frozen
from wssure.name import DnsName, IpName, normalise_host
from wssure.text import printable
from wssure.tls.contract import Backend
from wssure.tls.settings import Site, TLSSettings
from wssure.wire.hello import ClientHello

StrictSNI = bool | Literal["close"]
Refusal = Literal["unknown-name", "no-name"]
# RFC 6066 section 3 and RFC 8446 section 9.2.
_UNRECOGNIZED_NAME: Final = 112
_MISSING_EXTENSION: Final = 109
_TLS13: Final = 0x0304


@frozen
class Choice:
    """The site selected for a ClientHello, or the refusal.

    Args:
        site: The site; None if the hello is refused.
        server_name: The server name as received, not safe to print; None if absent.
        refused: The reason of the refusal; None if a site was selected.
        alert: The alert of the refusal; None to close without an alert, or if a site was selected.
    """

    site: Site | None
    server_name: str | None
    refused: Refusal | None = None
    alert: int | None = None


class SiteTable:
    """The sites of one server.

    Args:
        sites: The sites, at least one; the first is used if no name matches.
        default_site: The site to use if no name matches: one of `sites`, or one of its names.
        strict_sni: True refuses hellos without a matching name with an alert, `close` closes without an alert.

    Raises:
        UsageError: There is no site, two sites have the same name, or the default is not one of them.
    """

    def __init__(
        self, sites: Iterable[Site], default_site: Site | str | None = None, strict_sni: StrictSNI = False
    ) -> None:
        self.sites = tuple(sites)
        if not self.sites:
            raise usage_error("sites", "sites is empty, expected at least one Site", "give sites=[Site(...)]")
        if strict_sni not in (True, False, "close"):
            raise wrong_value("strict_sni", strict_sni, "True, False or close", "correct it")
        if strict_sni and default_site is not None:
            raise usage_error(
                "default_site",
                "default_site came with strict_sni, which lets no site answer for other names",
                "give one of the two",
            )
        self.strict_sni = strict_sni
        self._by_name: dict[str, Site] = {}
        for site in self.sites:
            for name in site.names:
                if self._by_name.setdefault(name, site) is not site:
                    raise usage_error("sites", f"two sites answer for {name}", "give each name to one site")
        self.default = self._default(default_site)

    def _default(self, wanted: Site | str | None) -> Site:
        if wanted is None:
            return self.sites[0]
        site = self._by_name.get(wanted) if isinstance(wanted, str) else wanted
        if site is None or site not in self.sites:
            raise usage_error(
                "default_site",
                f"default_site got {printable(wanted) if isinstance(wanted, str) else 'a Site'}, which is not in sites",
                "give one of the sites, or one of their names as written there",
            )
        return site

    def check(self, backend: Backend, settings: TLSSettings) -> None:
        """Make an engine for each site, so that a bad certificate is found before the first client connects.

        Raises:
            UsageError: The certificate or key of a site cannot be used; the error names it.
        """
        for site in self.sites:
            backend.server(site, settings)

    def find(self, name: DnsName | IpName) -> Site | None:
        """Find the site of a name: by the exact name first, then by a wildcard for its first label."""
        text = str(name)
        site = self._by_name.get(text)
        if site is None and isinstance(name, DnsName):
            site = self._by_name.get("*." + text.partition(".")[2])
        return site

    def choose(self, hello: ClientHello, *, tls13: bool = True) -> Choice:
        """Select the site for a ClientHello, or the reason and the alert of a refusal.

        Args:
            hello: The first ClientHello of the connection.
            tls13: True if this server supports TLS 1.3.
        """
        name = hello.server_name
        if name:
            # The usual case first: the received name is one of ours. (A hello must not contain a wildcard.)
            site = self._by_name.get(name) if name[0] != "*" else None
            site = site or self._named(name)
            refused: Refusal = "unknown-name"
            alert = _UNRECOGNIZED_NAME
        else:
            site = None
            refused = "no-name"
            # RFC 8446 section 9.2: "Servers MAY require clients to send a valid "server_name" extension. Servers
            # requiring this extension SHOULD respond to a ClientHello lacking a "server_name" extension by terminating
            # the connection with a "missing_extension" alert." TLS 1.2 does not have that alert.
            alert = _MISSING_EXTENSION if tls13 and _TLS13 in hello.supported_versions else _UNRECOGNIZED_NAME
        if site is not None:
            return Choice(site, name)
        if not self.strict_sni:
            return Choice(self.default, name)
        return Choice(None, name, refused, None if self.strict_sni == "close" else alert)

    def _named(self, text: str) -> Site | None:
        try:
            return self.find(normalise_host(text))
        except UsageError:
            return None  # A malformed name matches no site.
