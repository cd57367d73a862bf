"""Typed parameters of networks, data and training; free of torch."""
