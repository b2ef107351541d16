"""The demonstration: the founding incident on this machine, then healthy connections, without a network."""
