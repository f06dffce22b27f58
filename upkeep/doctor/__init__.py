"""How the site is: each check says in one line what it found, and what to do."""
