"""What concerns one account: its orders, fills and balances."""
