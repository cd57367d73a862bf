"""The sub-commands. Each module adds its parsers; the list is made by hand."""

from __future__ import annotations

import argparse
from typing import Any

from core.commands import (
    compare,
    compare_rebuild,
    demo,
    info,
    measure,
    models,
    propose,
    report,
    run,
    simulate,
    steps,
    thickness,
    train,
)


def add_all(subparsers: Any) -> None:
    """Add every sub-command to the command line."""
    measuring = (measure, compare, compare_rebuild, report, thickness)
    for module in (info, propose, run, *measuring, simulate, train, models, demo, steps):
        module.add(subparsers)


def new_parser(subparsers: Any, name: str, help_text: str) -> argparse.ArgumentParser:
    """A sub-command with the options that all share."""
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=help_text, description=help_text)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    return parser
