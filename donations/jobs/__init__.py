"""What happens without anybody asking: scheduled jobs."""
