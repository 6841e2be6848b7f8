"""The operator's view: a running server on the whole screen, for who looks after it."""
