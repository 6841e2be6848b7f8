"""An event-sourcing kernel that knows nothing of games."""
