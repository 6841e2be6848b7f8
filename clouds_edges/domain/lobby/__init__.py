"""The lobby: open games, who sits where, and how many games a player has going."""
