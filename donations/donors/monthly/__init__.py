"""A gift that comes again, in its donor's own hands: stopped, changed or paused, without an account."""
