"""The operator's view, on the server's side: every question, and what answers it."""
