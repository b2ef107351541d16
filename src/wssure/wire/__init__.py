"""Pure codecs: bytes into values with their byte spans, and values into bytes. Nothing here judges, waits or does I/O."""
