"""How tooltips look that say more than a few words."""

from __future__ import annotations

import html


def tip(name: str, text: str) -> str:
    """Words below a name; long lines are broken, which Qt does in rich text alone."""
    lines = "<br>".join(html.escape(line) for line in text.splitlines())
    return f"<p style='white-space: normal'><b>{html.escape(name)}</b><br>{lines}</p>"
