"""The list of tools, in the order of their menu."""

from __future__ import annotations

from app.simulate_tool import SimulateTool
from app.tool import Tool

TOOLS: tuple[type[Tool], ...] = (SimulateTool,)
