"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perfcost.files import written_whole


def test_whole(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with written_whole(path) as stream:
        stream.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["out"]
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt])
def test_not_at_all(tmp_path: Path, stop: type[BaseException]) -> None:
    def interrupted() -> None:
        with written_whole(tmp_path / "out") as stream:
            stream.write(b"half")
            raise stop

    with pytest.raises(stop):
        interrupted()
    assert os.listdir(tmp_path) == []


def test_links_and_devices_stay(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    with written_whole(tmp_path / "link") as stream:
        stream.write(b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"new"
    with written_whole("/dev/null") as stream:
        stream.write(b"x")
    assert not Path("/dev/null").is_file()


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"), written_whole(tmp_path / "no" / "out"):
        pass
