"""A user's data: exported, erased, and cleaned up."""
