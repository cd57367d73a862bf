"""Which files of a folder are one series, in which order, and which are missing, repeated or odd."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from core.errors import AmbiguousInputError, IncompleteStackError, ReadError
from core.io.naming import natural_key, pattern_of, shortened, slice_numbers
from core.io.options import ReadOptions
from core.io.slices import SliceHead

Heads = Mapping[Path, SliceHead | ReadError]

_SPREAD: Final = 50  # numbers more than this many times wider than their count are dates, not slice numbers


@dataclass(frozen=True)
class Series:
    """The files of one series in natural order, and the files that do not follow its pattern."""

    files: tuple[Path, ...]
    strays: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    dataset: str | None = None


def series_of(files: Sequence[Path], options: ReadOptions) -> Series:
    """Find the one series among `files`.

    Raises
    ------
    AmbiguousInputError
        If there are several series of similar length and ``dataset`` picks none.
    """
    ordered = sorted(files, key=lambda path: (natural_key(path.name), str(path)))
    if options.dataset is not None:
        chosen = [path for path in ordered if fnmatchcase(path.name, options.dataset)]
        if chosen:
            return Series(tuple(chosen))
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in ordered:
        groups[pattern_of(path.name)].append(path)
    largest = max(groups.values(), key=len)
    rivals = [group for group in groups.values() if 2 * len(group) >= len(largest)]
    if len(rivals) > 1:
        raise AmbiguousInputError(
            f"{ordered[0].parent} holds {len(groups)} series of images",
            choices=_choices(groups),
            option="dataset",
            expected="one series of slices whose names differ in their numbers only",
            got=shortened(_choices(groups)),
            remedy="choose one (command line: --dataset 'PATTERN'), or put the others elsewhere",
        )
    chosen_files = set(largest)
    strays = tuple(path for path in ordered if path not in chosen_files)
    return Series(tuple(largest), strays, dataset=options.dataset)


def _choices(groups: Mapping[str, Sequence[Path]]) -> tuple[str, ...]:
    return tuple(group[0].name if len(group) == 1 else pattern for pattern, group in groups.items())


def kept_files(
    series: Series, heads: Heads, options: ReadOptions
) -> tuple[SliceHead, list[Path], tuple[str, ...]]:
    """Usual kind of slice, the files of that kind, and sentences on what was left out.

    Raises
    ------
    IncompleteStackError
        If some files cannot be read or are of another size or type, unless ``skip_odd``.
    """
    good = [head for path in series.files if isinstance(head := heads[path], SliceHead)]
    if not good:
        raise next(head for path in series.files if isinstance(head := heads[path], ReadError))
    kind, _ = Counter(head.kind for head in good).most_common(1)[0]
    usual = next(head for head in good if head.kind == kind)
    odd = [path for path in series.files if not _fits(heads[path], kind)]
    strangers = [path for path in series.strays if _fits(heads[path], kind)]
    bystanders = [path.name for path in series.strays if not _fits(heads[path], kind)]
    notes = (f"not slices of the series, left out: {shortened(bystanders)}.",) if bystanders else ()
    described = [_described(path, heads[path]) for path in odd]
    described += [f"{path.name} (its name does not follow the others)" for path in strangers]
    if described and not options.skip_odd:
        raise IncompleteStackError(
            f"{len(described)} of {len(series.files) + len(strangers)} slices do not fit the others: "
            + shortened(described),
            slices=described,
            expected=f"{usual} in every slice",
            remedy="leave them out (skip_odd), or remove them from the folder",
        )
    if described:
        notes = (*notes, f"left out as odd: {shortened(described)}.")
    left_out = set(odd)
    return usual, [path for path in series.files if path not in left_out], notes


def _fits(head: SliceHead | ReadError, kind: tuple[object, ...]) -> bool:
    return isinstance(head, SliceHead) and head.kind == kind


def _described(path: Path, head: SliceHead | ReadError) -> str:
    return f"{path.name} ({head})" if isinstance(head, SliceHead) else f"{path.name} ({head.what})"


@dataclass(frozen=True)
class Numbering:
    """Slice numbers from file names (None: consecutive or unknown), sentences, and what is missing."""

    numbers: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def numbering(files: Sequence[Path]) -> Numbering:
    """Check that no slice is missing or repeated.

    Raises
    ------
    IncompleteStackError
        If two files carry the same slice number.
    """
    unknown = Numbering(notes=("the file names carry no slice numbers: missing slices cannot be noticed.",))
    numbers = slice_numbers([path.name for path in files])
    if numbers is None:
        return unknown if len(files) > 1 else Numbering()
    _refuse_repeats(files, numbers)
    if max(numbers) - min(numbers) > _SPREAD * len(numbers):
        return unknown
    steps = [b - a for a, b in itertools.pairwise(numbers)]
    if all(step == 1 for step in steps):
        return Numbering()
    if any(step < 1 for step in steps):
        return unknown
    if len(steps) > 1 and len(set(steps)) == 1:
        note = (
            f"slice numbers rise in steps of {steps[0]}: neighbours are taken to lie {steps[0]} slice "
            "thicknesses apart."
        )
        return Numbering(numbers, (note,))
    missing = tuple(str(number) for a, b in itertools.pairwise(numbers) for number in range(a + 1, b))
    note = (
        f"{len(missing)} of {numbers[-1] - numbers[0] + 1} slices are missing: {shortened(missing)}; "
        "the others keep their place."
    )
    return Numbering(numbers, (note,), missing)


def _refuse_repeats(files: Sequence[Path], numbers: Sequence[int]) -> None:
    by_number: dict[int, list[str]] = defaultdict(list)
    for path, number in zip(files, numbers, strict=True):
        by_number[number].append(path.name)
    repeated = {number: names for number, names in by_number.items() if len(names) > 1}
    if repeated:
        described = [f"slice {number}: {' and '.join(names)}" for number, names in repeated.items()]
        raise IncompleteStackError(
            f"{len(repeated)} slices are there more than once: {shortened(described)}",
            slices=[name for names in repeated.values() for name in names],
            expected="one file per slice number",
            remedy="remove or rename the files that do not belong to the stack",
        )
