"""Own every socket, clock and task: resolve, dial, proxy, TLS stream, `connect`, `serve` and the open `WebSocket`."""
