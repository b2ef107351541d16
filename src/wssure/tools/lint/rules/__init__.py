"""The lint rules, one file each, in the order of the list in the documentation."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Final

from wssure.tools.lint.rule import Rule

__all__ = ["ORDER", "RULES", "ids"]

ORDER: Final = (
    "skip_hostname_check",
    "url_in_address",
    "port_in_address",
    "host_unset",
    "host_empty",
    "host_not_a_name",
    "host_ip_literal",
    "host_own_name",
    "set_hostname_workaround",
    "no_ca_mbedtls",
    "embedded_certificate",
    "mbedtls_no_sni",
    "mbedtls_small_buffer",
    "allow_selfsigned",
    "allow_expired",
    "allow_insecure",
    "magic_ssl_connection",
    "struct_not_zeroed",
    "no_global_init",
    "scheme_as_protocol",
    "scheme_in_origin",
    "placeholder_origin",
    "no_error_handler",
    "retry_without_backoff",
    "ineffective_field",
    "suppression",
    "esp_skip_common_name",
    "ix_hostname_validation_off",
    "tls_checked_not_sent",
)
RULES: Final[tuple[Rule, ...]] = tuple(importlib.import_module(f"{__name__}.{name}").check for name in ORDER)


@cache
def ids() -> frozenset[str]:
    """Return the ids of all rules."""
    return frozenset(rule.id for rule in RULES)
