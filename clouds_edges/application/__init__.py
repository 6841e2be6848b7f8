"""The server's use of the domain: what reacts to events, and what is kept for reading."""
