"""What cannot be taken back: said first, asked for again with the password, and done once."""
