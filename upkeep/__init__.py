"""What whoever runs the site needs: backups, and how the site is."""
