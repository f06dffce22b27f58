"""Backups of the site's database, and the way back."""
