"""Reports without drawings, for tests of everything else: drawing takes seconds."""

from __future__ import annotations

import pytest

from core.reports import measures


@pytest.fixture
def undrawn(monkeypatch):
    """No figures, and a PDF without pages."""
    monkeypatch.setattr(measures, "pictures_of", lambda _results: ())
    monkeypatch.setattr(measures, "write_pdf", lambda path, *_others: path.write_bytes(b"%PDF"))
