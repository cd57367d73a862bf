"""The compiled loops. Only these modules import numba; import them inside the functions that run them."""
