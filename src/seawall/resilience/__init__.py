"""Breaker, backoff, retry, limiter, liveness, supervision, reconnect: for any trio program. Imports nothing of ours."""
