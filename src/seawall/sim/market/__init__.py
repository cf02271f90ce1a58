"""Where the market comes from: a generator, a recording, or the outside."""
