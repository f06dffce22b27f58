"""E-mails about accounts: their texts, how they are enqueued, and the links in them."""
