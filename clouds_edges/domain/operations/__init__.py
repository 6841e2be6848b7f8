"""What admins do to the whole server: freeze it, and let it go on."""
