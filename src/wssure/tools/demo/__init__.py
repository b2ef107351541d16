"""The demonstration: the libwebsockets SNI incident and healthy connections, without a network."""
