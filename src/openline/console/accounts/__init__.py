"""Who may use the console and who does: officers' passkeys, roles, sessions, and the log of what they did with them."""
