"""Compiled loops of registration."""
