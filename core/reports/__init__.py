"""Reports of what was measured: web page, PDF, figures and tables from one set of values."""

from __future__ import annotations

from core.reports.measures import write_measures_report
from core.reports.sources import InputFile, ReportInput, load_measures

__all__ = ["InputFile", "ReportInput", "load_measures", "write_measures_report"]
