"""The stand-in's own page."""
