"""What the exchange tells everybody: books, trades, candles, and the pairs themselves."""
