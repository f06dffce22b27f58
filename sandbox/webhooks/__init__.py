"""Events and their delivery to the webhook endpoint: created, signed, sent, retried."""
