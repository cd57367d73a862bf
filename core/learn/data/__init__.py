"""From stacks with a known truth to batches of patches."""

from core.learn.data.batch import Batch, PatchSource
from core.learn.data.source import open_source

__all__ = ["Batch", "PatchSource", "open_source"]
