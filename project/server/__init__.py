"""How the server's connections answer."""
