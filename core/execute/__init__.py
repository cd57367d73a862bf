"""How recipes are run: blocks, workers, resuming. *What* is computed stands in the steps."""

from core.execute.channel import ChannelReport, Limits
from core.execute.planes import PlaneCache
from core.execute.preview import Preview, preview
from core.execute.run import run

__all__ = ["ChannelReport", "Limits", "PlaneCache", "Preview", "preview", "run"]
