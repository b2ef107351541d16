"""Mbed TLS as a backend of wssure; found through the entry point `wssure.backends`."""

from wssure_mbedtls.backend import MbedTLSBackend

__all__ = ["MbedTLSBackend"]
