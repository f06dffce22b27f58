"""The sponsors' wall: who is on it, where, and with which words."""
