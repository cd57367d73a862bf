"""Everything Trueslice computes; runs without a window."""

from __future__ import annotations

from importlib import metadata

__version__ = metadata.version("trueslice")
