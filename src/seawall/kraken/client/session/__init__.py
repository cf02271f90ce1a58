"""One socket across its connections: what is wanted of it, what is asked of it, and whether it lives."""
