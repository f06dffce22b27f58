"""Which donation an update is about, and which subscription."""
