"""Virtual structures: what the virtual microscope looks at. `pattern_of` makes one from its parameters."""

from __future__ import annotations

from core.simulate.structures.kinds import KINDS, Structure
from core.simulate.structures.make import pattern_of
from core.simulate.structures.pattern import Pattern, PatternSource

__all__ = ["KINDS", "Pattern", "PatternSource", "Structure", "pattern_of"]
