"""Compiled loops over profiles; imported inside the functions that use them."""
