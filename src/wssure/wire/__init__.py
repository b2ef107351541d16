"""Pure codecs: decode bytes into values with byte spans, and encode values into bytes. No policy, no I/O."""
