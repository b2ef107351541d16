"""Temporary certificates: a CA and sites for the life of the process, for the demo, `serve --site` and tests."""

from __future__ import annotations

from typing import Any

from wssure.errors import usage_error
from wssure.extras import install_command
from wssure.frozen import frozen
from wssure.tls.settings import Site


@frozen
class ThrowawayCA:
    """A temporary certificate authority.

    Args:
        authority: The `trustme.CA`.
    """

    authority: Any

    @classmethod
    def make(cls) -> ThrowawayCA:
        """Make a new CA.

        Raises:
            UsageError: The extra `demo` is not installed.
        """
        try:
            import trustme
        except ImportError as error:
            raise usage_error(
                "demo",
                "throw-away certificates need the package trustme, which is not installed",
                install_command("demo"),
            ) from error
        return cls(trustme.CA(organization_name="wssure throw-away CA"))

    @property
    def pem(self) -> bytes:
        """The CA certificate, for `ca=`."""
        return bytes(self.authority.cert_pem.bytes())

    def site(self, *names: str, client_ca: bytes | None = None) -> Site:
        """Make a site with a new certificate for these names (DNS names, wildcards or IP addresses)."""
        leaf = self.authority.issue_cert(*names)
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        return Site(names=names, cert=chain, key=leaf.private_key_pem.bytes(), client_ca=client_ca)
