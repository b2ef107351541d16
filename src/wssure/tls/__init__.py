"""TLS backends behind one contract, and the layer around them: SNI guard, verification proof, sites and sessions."""
