"""REST over httpx: signed in order, in lanes, behind breakers."""
