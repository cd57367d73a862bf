"""The compiled loops of the fast approximation; only imported inside the functions that run them."""
