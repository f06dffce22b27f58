"""Settings that need thought: read from the environment, checked, and refused in one line when they are wrong."""
