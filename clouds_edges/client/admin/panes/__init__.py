"""What the operator looks at, a pane a noun."""
