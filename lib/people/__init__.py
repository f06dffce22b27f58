"""What people are called, and where they are written to."""
