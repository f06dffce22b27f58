"""What the treasurer's desk knows: gifts found, told and added up for the pages of desk.admin."""
