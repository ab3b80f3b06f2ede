"""What the Ethos-U85 does in its own way: blocks, output engine, memory channels, chaining."""
