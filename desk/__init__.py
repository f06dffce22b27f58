"""The treasurer's pages in the admin. An app without models."""
