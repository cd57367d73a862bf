"""Compiled loops over voxels; imported inside the functions that use them."""
