"""The engine in a world where everything breaks: runs out of a seed, judged by an oracle with eyes of its own."""
