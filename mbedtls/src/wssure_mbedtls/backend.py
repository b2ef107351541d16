"""The Mbed TLS backend: `wssure.tls.contract.Backend` over the compiled engine."""

from __future__ import annotations

import ipaddress
import ssl
from typing import TYPE_CHECKING, Any

from wssure.errors import usage_error
from wssure.name import DnsName, IpName, ServerName
from wssure.tls.contract import Capabilities, EngineNote, silent
from wssure.tls.settings import Site, TLSSettings
from wssure_mbedtls._mbedtls import Config, ConfigError, Engine, Session, describe
from wssure_mbedtls.library import Library, examine, warn
from wssure_mbedtls.material import Configs

if TYPE_CHECKING:
    from wssure.tls.contract import Backend


class MbedTLSBackend:
    """TLS with the Mbed TLS library against which this package was compiled.

    Args:
        library: The capabilities of the library; None detects them.
    """

    name: str = "mbedtls"
    version: str
    capabilities: Capabilities

    def __init__(self, library: Library | None = None) -> None:
        self.library = library if library is not None else examine()
        self.version = self.library.version
        self.capabilities = self.library.capabilities
        self._configs = Configs(self.library)
        self._warned = False

    def warn(self) -> None:
        """Warn about an outdated library and missing features; called for each connection, effective once."""
        if not self._warned:
            self._warned = True
            warn(self.library)

    def client(
        self,
        settings: TLSSettings,
        server_name: ServerName,
        *,
        session: object | None = None,
        note: EngineNote = silent,
    ) -> Engine:
        """Make a client engine; see `wssure.tls.contract.Backend.client`."""
        _refuse_context(settings)
        self.library.refuse_name(server_name)
        config = self._configs.client(settings)
        proves = server_name.proves
        return self._engine(
            config,
            note,
            sni=server_name.sni,
            name=proves.name if isinstance(proves, DnsName) else None,
            ip=ipaddress.ip_address(proves.ip).packed if isinstance(proves, IpName) else None,
            session=session if isinstance(session, Session) else None,
        )

    def effective(self, settings: TLSSettings) -> TLSSettings:
        """Return the settings: they are in force as they are; see `wssure.tls.contract.Backend.effective`."""
        return settings

    def server(self, site: Site, settings: TLSSettings, *, note: EngineNote = silent) -> Engine:
        """Make a server engine for one site; see `wssure.tls.contract.Backend.server`."""
        _refuse_context(settings)
        return self._engine(self._configs.server(site, settings), note)

    def _engine(self, config: Config, note: EngineNote, **names: Any) -> Engine:
        """Make an engine; a library that takes no such connection is a matter of settings, and said in words."""
        try:
            return Engine(config, note, **names)
        except ConfigError as error:
            raise usage_error(
                "tls",
                f"{self.version} makes no connection with these settings: {describe(error.number)}",
                'change min_version or max_version, or use backend="openssl"',
            ) from error


def _refuse_context(settings: object) -> None:
    """Refuse an OpenSSL context: its settings cannot be read, so they would be silently ignored."""
    if isinstance(settings, ssl.SSLContext):
        raise usage_error(
            "tls",
            "tls got an ssl.SSLContext, which belongs to OpenSSL, together with the mbedtls backend",
            'write TLSSettings(...) instead, or backend="stdlib" to use the context',
        )


if TYPE_CHECKING:
    _: type[Backend] = MbedTLSBackend
