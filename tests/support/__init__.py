"""Fakes with the interfaces of the real things, shared by the tests."""
