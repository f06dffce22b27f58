"""What the site tells those who run it: its log, and errors that a collector gathers."""
