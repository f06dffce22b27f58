"""What every part of the stand-in uses: ids, currencies, errors, validators, the store."""
