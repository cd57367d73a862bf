"""Small plans that several tests share."""

from __future__ import annotations

from typing import Any

from core.simulate.plan import Plan

SMALL: dict[str, Any] = {
    "voltages_kv": [1, 2],
    "electrons_per_pixel": 10,
    "seed": 5,
    "field": {"slices": 3, "rows": 24, "columns": 32},
    "structure": {"kind": "leveled-wave", "ligament_nm": 15, "solid_fraction": 0.35, "waves": 200},
}


def plan(**changes: Any) -> Plan:
    """The small plan with some entries changed; a table is put into the one that is there."""
    table = {key: dict(value) if isinstance(value, dict) else value for key, value in SMALL.items()}
    for key, value in changes.items():
        merge = isinstance(value, dict) and isinstance(table.get(key), dict) and key != "structure"
        table[key] = {**table[key], **value} if merge else value
    return Plan.parse(table, owner="test")
