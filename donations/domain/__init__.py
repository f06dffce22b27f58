"""What a donation is, without Django: its status, and the updates that change it."""
