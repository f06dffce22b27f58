"""What is counted, and what may be told of it."""
