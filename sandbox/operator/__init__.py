"""What an operator does to the stand-in: how it behaves, and what befalls the money."""
