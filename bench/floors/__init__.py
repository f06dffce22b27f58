"""What the site is measured against: the least that Django can do of the same kind, behind the same server."""
