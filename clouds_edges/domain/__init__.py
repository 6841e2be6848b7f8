"""What can be asked and what can happen: pure, and shared by server and client."""
