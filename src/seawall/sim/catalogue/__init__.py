"""Faults by name, each with a sentence, and swarms of them out of a seed."""
