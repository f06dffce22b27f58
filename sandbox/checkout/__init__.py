"""The page to pay on."""
