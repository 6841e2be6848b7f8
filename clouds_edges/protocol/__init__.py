"""Everything that crosses the socket: messages, and the text frames that carry them."""
