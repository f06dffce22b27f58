"""Helpers that know no app and no model."""
