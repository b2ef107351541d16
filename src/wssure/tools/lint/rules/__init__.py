"""The lint rules, one file each, in the order of the list in the documentation."""

from __future__ import annotations

from functools import cache
from typing import Final

from wssure.diagnose.page import docstring
from wssure.tools.lint.rule import Rule
from wssure.tools.lint.rules import (
    allow_expired,
    allow_insecure,
    allow_selfsigned,
    host_empty,
    host_ip_literal,
    host_not_a_name,
    host_own_name,
    host_unset,
    ineffective_field,
    magic_ssl_connection,
    mbedtls_no_sni,
    mbedtls_small_buffer,
    no_ca_mbedtls,
    no_error_handler,
    no_global_init,
    placeholder_origin,
    port_in_address,
    retry_without_backoff,
    scheme_as_protocol,
    scheme_in_origin,
    set_hostname_workaround,
    skip_hostname_check,
    struct_not_zeroed,
    suppression,
    url_in_address,
)

__all__ = ["RULES", "ids"]

_MODULES: Final = (
    skip_hostname_check,
    url_in_address,
    port_in_address,
    host_unset,
    host_empty,
    host_not_a_name,
    host_ip_literal,
    host_own_name,
    set_hostname_workaround,
    no_ca_mbedtls,
    mbedtls_no_sni,
    mbedtls_small_buffer,
    allow_selfsigned,
    allow_expired,
    allow_insecure,
    magic_ssl_connection,
    struct_not_zeroed,
    no_global_init,
    scheme_as_protocol,
    scheme_in_origin,
    placeholder_origin,
    no_error_handler,
    retry_without_backoff,
    ineffective_field,
    suppression,
)

RULES: Final = tuple(Rule(module.ID, module.SEVERITY, docstring(module), module.check) for module in _MODULES)


@cache
def ids() -> frozenset[str]:
    """Return the ids of all rules."""
    return frozenset(rule.id for rule in RULES)
