"""Recognise other TLS stacks by their ClientHello: a table of recordings, and causes from a hello alone."""
