"""``trueslice info``: what a file says of itself, and what it does not say."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.job import Job
from core.options import add_options, read_options


def add(subparsers: Any) -> None:
    """Add the sub-command."""
    from core.commands import new_parser
    from core.io import ReadOptions

    parser = new_parser(subparsers, "info", "Say what a file or folder holds and what is not known of it.")
    parser.add_argument(
        "path", type=Path, nargs="+", metavar="PATH", help="a file, a folder, or slices of a stack"
    )
    add_options(parser, ReadOptions, title="reading")
    parser.set_defaults(function=_info)


def _info(parsed: argparse.Namespace, _job: Job) -> dict[str, Any]:
    from core.io import ReadOptions, describe

    options = read_options(parsed, ReadOptions, owner="reading options")
    paths = parsed.path[0] if len(parsed.path) == 1 else tuple(parsed.path)
    answer: dict[str, Any] = describe(paths, options).model_dump(mode="json")
    return answer
