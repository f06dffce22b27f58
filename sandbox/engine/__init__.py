"""What happens to money: sessions, payments, refunds, disputes, balance, payouts."""
