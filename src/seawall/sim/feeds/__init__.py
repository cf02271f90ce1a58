"""What happens at the exchange, as frames for those who follow it."""
