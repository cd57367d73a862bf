"""The list of tools, in the order of their menu."""

from __future__ import annotations

from app.guide_tool import GuideTool
from app.models_tool import ModelsTool
from app.settings_tool import SettingsTool
from app.simulate_tool import SimulateTool
from app.tool import Tool
from app.train_tool import TrainTool

TOOLS: tuple[type[Tool], ...] = (SimulateTool, TrainTool, ModelsTool, SettingsTool, GuideTool)
