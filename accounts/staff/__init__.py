"""The admin for staff: who may enter it, by which role, and with which second step."""
