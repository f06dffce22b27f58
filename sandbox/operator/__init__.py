"""What an operator does to the stand-in: how it behaves, and what happens to the money."""
