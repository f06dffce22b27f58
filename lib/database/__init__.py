"""What the busiest paths do with the database by hand."""
