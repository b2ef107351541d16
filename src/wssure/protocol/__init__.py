"""State machines without I/O: the opening handshake, and the connection after it. They decide what is allowed now."""
