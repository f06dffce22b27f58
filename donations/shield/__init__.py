"""What keeps those who try stolen cards from using our payment pages for it. It asks nobody outside."""
