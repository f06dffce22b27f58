"""Events: made, signed, sent."""
