"""The open connection without a loop: engine, protocol and message queue; bytes go in, messages and actions come out."""
