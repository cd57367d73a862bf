from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray

from app.settings import MOST_RECENT, Settings


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    settings = Settings(file)
    settings.theme = "light"
    settings.last_folder = tmp_path
    settings.add_recent([tmp_path / "Zürich stack"])
    settings.set_window(QByteArray(b"geometry"), QByteArray(b"docks"))
    settings.save()
    again = Settings(file)
    assert again.theme == "light"
    assert again.last_folder == tmp_path
    assert again.recent() == ((tmp_path / "Zürich stack",),)
    assert again.window() == (QByteArray(b"geometry"), QByteArray(b"docks"))


def test_recent_is_newest_first_without_repetition_and_not_endless(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.ini")
    for number in range(MOST_RECENT + 5):
        settings.add_recent([tmp_path / f"stack {number}"])
    settings.add_recent([tmp_path / "stack 7"])
    recent = settings.recent()
    assert recent[0] == (tmp_path / "stack 7",)
    assert len(recent) == len(set(recent)) == MOST_RECENT


def test_settings_written_by_hand_stop_nothing(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    file.write_text("[General]\ntheme=pink\nrecent=[not json\nlast_folder=/nowhere/at/all\n")
    settings = Settings(file)
    assert settings.theme == "system"
    assert settings.recent() == ()
    assert settings.last_folder.is_dir()
    assert settings.window() is None


def test_the_layout_can_be_forgotten(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.ini")
    settings.set_window(QByteArray(b"g"), QByteArray(b"d"))
    settings.forget_window()
    assert settings.window() is None


def test_choices_are_there_after_a_restart_and_can_be_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    settings = Settings(file)
    settings.device, settings.threads, settings.memory_gb, settings.scale = "cpu", 3, 1.5, 175
    settings.scheduler = "tcp://host:8786"
    settings.set_folder("models", tmp_path / "Modelle")
    settings.add_recent([tmp_path / "stack"])
    settings.save()
    again = Settings(file)
    found = (again.device, again.threads, again.memory_gb, again.scale, again.scheduler)
    assert found == ("cpu", 3, 1.5, 175, "tcp://host:8786")
    assert again.folder("models") == tmp_path / "Modelle"
    again.forget_choices()
    again.save()
    last = Settings(file)
    found = (last.device, last.threads, last.memory_gb, last.scale, last.scheduler, last.folder("models"))
    assert found == ("auto", None, None, 100, "", None)
    assert last.recent(), "what was opened last is no choice"


def test_choices_written_by_hand_stop_nothing(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    file.write_text(
        "[General]\ndevice=tpu\nthreads=many\nmemory_gb=-3\nscale=huge\n[folders]\nmodels=not/absolute\n"
    )
    settings = Settings(file)
    found = (settings.device, settings.threads, settings.memory_gb, settings.scale)
    assert found == ("auto", None, None, 100)
    assert settings.folder("models") is None
