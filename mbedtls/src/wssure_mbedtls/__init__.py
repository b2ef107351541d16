"""The Mbed TLS backend of wssure, loaded through the entry point `wssure.backends`."""

from wssure_mbedtls.backend import MbedTLSBackend

__all__ = ["MbedTLSBackend"]
