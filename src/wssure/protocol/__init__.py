"""State machines without I/O for the opening handshake and the connection: they decide which actions are allowed."""
