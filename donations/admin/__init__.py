"""The treasurer's desk: what donors said may be corrected; money, Stripe's ids and events may only be read."""

from donations.admin import books, cases, donation, events, log, moderation, offline

__all__ = ["books", "cases", "donation", "events", "log", "moderation", "offline"]
