"""Command lines that make no sense, and sensible ones on input that does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.system.bad_inputs.recipes import HEAD, step
from tests.system.bad_inputs.valid import valid, write_rgb, write_slices


@dataclass(frozen=True)
class Line:
    """One command line, started in a folder that `prepare` has filled.

    Attributes
    ----------
    id : str
        Name of the case.
    words : tuple of str
        Arguments.
    code : int
        The exit code that is right.
    says : str
        Part of what has to be said.
    """

    id: str
    words: tuple[str, ...]
    code: int = 2
    says: str = ""


def prepare(folder: Path) -> None:
    """Files that the command lines name."""
    valid("tiff").make(folder)
    write_slices(folder / "slices")
    write_rgb(folder / "colour.tif")
    (folder / "damaged.tif").write_bytes((folder / "stack.tif").read_bytes()[:900])
    (folder / "text.txt").write_text("no image", encoding="ascii")
    (folder / "folder").mkdir()
    (folder / "good.toml").write_text(HEAD + step("invert"), encoding="ascii")
    (folder / "misfit.toml").write_text(HEAD + step("crop", "z_start = 99"), encoding="ascii")
    (folder / "export.toml").write_text(HEAD + step("export", 'file_name = "x"'), encoding="ascii")
    (folder / "broken.toml").write_bytes(b"\xff\xfe[[step")
    (folder / "noise.toml").write_bytes(bytes(range(256)))


def lines() -> Iterator[Line]:
    """All of them."""
    for number, (text, says) in enumerate(_WRONG_USE):
        yield Line(f"use-{number}-{text[:40]}", tuple(text.split()), 2, says)
    for number, (text, says) in enumerate(_FAILS):
        yield Line(f"fails-{number}-{text[:40]}", tuple(text.split()), 1, says)
    yield Line("use-empty-word", ("info", ""), 1)
    yield Line("use-zero-byte", ("info", "a\0b"), 1)
    yield Line("use-word-of-100-kB", ("info", "n" * 100_000), 1)
    yield Line("use-no-text", ("info", "a\udcff.tif"), 1)
    yield Line("use-newline-in-a-number", ("crop", "stack.tif", "-o", "y.tif", "--z-start", "1\n2"), 2)


_WRONG_USE: tuple[tuple[str, str], ...] = (
    ("", ""),
    ("info", ""),
    ("sharpen stack.tif", "sharpen"),
    ("--colour", ""),
    ("info stack.tif --zoom 2", "--zoom"),
    ("invert stack.tif", "-o"),
    ("invert -o y.tif", ""),
    ("invert stack.tif -o y.docx", "docx"),
    ("invert stack.tif -o y.tif --workers 0", "workers"),
    ("invert stack.tif -o y.tif --workers many", "workers"),
    ("invert stack.tif -o y.tif --workers 1e99", "workers"),
    ("invert stack.tif -o y.tif --block-slices -3", "block"),
    ("invert stack.tif -o y.tif --memory-mb 0", "memory"),
    ("invert stack.tif -o y.tif --voxel-nm-zyx 1 2", "voxel"),
    ("invert stack.tif -o y.tif --voxel-nm-zyx 1 2 3 4", "voxel"),
    ("invert stack.tif -o y.tif --voxel-nm-zyx 0 1 1", "voxel"),
    ("invert stack.tif -o y.tif --voxel-nm-zyx a b c", "voxel"),
    ("invert stack.tif -o y.tif --voxel-nm-zyx nan nan nan", "voxel"),
    ("invert stack.tif -o y.tif --voxel-nm-zyx inf 1 1", "voxel"),
    ("invert stack.tif -o y.tif --tilt-correction-angle-deg 90", "tilt"),
    ("invert stack.tif -o y.tif --raw-shape-zyx 0 0 0", "raw"),
    ("invert stack.tif -o y.tif --raw-shape-zyx 1 1", "raw"),
    ("invert stack.tif -o y.tif --raw-dtype complex64", "complex64"),
    ("invert stack.tif -o y.tif --raw-offset -1", "raw"),
    ("invert stack.tif -o stack.tif", "overwrite"),
    ("invert slices -o slices", "overwrite"),
    ("invert slices -o slices/y.tif", "input"),
    ("invert slices -o slices/new/y.tif", "input"),
    ("invert stack.tif --input a=stack.tif -o y.tif", ""),
    ("measure --input a=stack.tif b=stack.tif", "one channel"),
    ("register-channels stack.tif -o y.tif", "several channels"),
    ("register stack.tif --region 5 -o y.tif", "box"),
    ("fill stack.tif --method model:none -o y.tif", "model"),
    ("invert --input stack.tif -o y.tif", "NAME=PATH"),
    ("invert --input =stack.tif -o y.tif", "NAME=PATH"),
    ("invert --input a= -o y.tif", "NAME=PATH"),
    ("crop stack.tif -o y.tif --z-start -1", "z_start"),
    ("crop stack.tif -o y.tif --z-start 1.5", "z_start"),
    ("crop stack.tif -o y.tif --z-start 99", "crop"),
    ("crop stack.tif -o y.tif --z-start 999999999999999999999999", "crop"),
    ("crop stack.tif -o y.tif --z-stop", "z-stop"),
    ("segment stack.tif -o y.tif --method magic", "magic"),
    ("segment stack.tif -o y.tif --method threshold --threshold nan", "threshold"),
    ("segment stack.tif -o y.tif --window-px 4 --method sauvola", "window"),
    ("denoise stack.tif -o y.tif --strength 0", "strength"),
    ("drop-slices stack.tif -o y.tif --slices x", "slices"),
    ("drop-slices stack.tif -o y.tif --slices 0-4", "drop-slices"),
    ("export stack.tif -o y.tif --preset word", "word"),
    ("export stack.tif -o y.nrrd --preset fiji", "nrrd"),
    ("run good.toml stack.tif", "--output"),
    ("run gone.toml stack.tif --output out", "gone.toml"),
    ("run broken.toml stack.tif --output out", "broken.toml"),
    ("run noise.toml stack.tif --output out", "noise.toml"),
    ("run stack.tif good.toml --output out", "stack.tif"),
    ("run misfit.toml stack.tif --output out", "crop"),
    ("run good.toml slices --output slices", "input"),
    ("run good.toml slices --output slices/out", "input"),
)
_FAILS: tuple[tuple[str, str], ...] = (
    ("info gone.tif", "gone.tif"),
    ("info text.txt", "text.txt"),
    ("info folder", "folder"),
    ("info damaged.tif", "damaged.tif"),
    ("invert gone.tif -o y.tif", "gone.tif"),
    ("invert damaged.tif -o y.tif", "damaged.tif"),
    ("invert text.txt -o y.tif", "text.txt"),
    ("invert folder -o y.tif", "folder"),
    ("invert colour.tif -o y.tif", "colour.tif"),
    ("invert damaged.tif -o new/deep/y.tif", "damaged.tif"),
    ("invert stack.tif -o folder/../text.txt/y.tif", "text.txt"),
    ("invert stack.tif -o folder/y.stl", "voxel size"),
    ("measure stack.tif", "measure"),
    ("run good.toml gone.tif --output out", "gone.tif"),
    ("run good.toml damaged.tif --output out", "damaged.tif"),
    ("run good.toml folder --output out", "folder"),
    ("run good.toml colour.tif --output out", "colour.tif"),
    ("run good.toml stack.tif --output text.txt", "text.txt"),
    ("run good.toml stack.tif --output text.txt/out", "text.txt"),
)
