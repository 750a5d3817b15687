"""Nothing that people could be handed does harm: one sentence each, and nothing is unpickled or written elsewhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.importing import hostile
from tests.importing.pictures import COUNT
from vaelab.importing import import_images


def everything_below(folder):
    return {path for path in folder.rglob("*") if not path.is_relative_to(folder / "data")}


@pytest.mark.parametrize(
    ("make", "taken"),
    [*((case, COUNT) for case in hostile.ONE_SKIPPED), *((case, 0) for case in hostile.REFUSED)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_hostile_input_gets_one_sentence(make, taken, tmp_path):
    path, why = make(tmp_path)
    before = everything_below(tmp_path)
    if taken:
        report = import_images(path, name="mine", folder=tmp_path / "data")
        assert report.num_images == taken
        assert [skipped.why for skipped in report.skipped] == [why]
    else:
        with pytest.raises(ValueError, match=why) as refused:
            import_images(path, name="mine", folder=tmp_path / "data")
        assert not re.search(r"Traceback|\n", str(refused.value))
        assert not list((tmp_path / "data").rglob("*.json"))
    # Also what a pickle would have removed is still there.
    assert everything_below(tmp_path) == before


@pytest.mark.slow
def test_no_hostile_input_takes_more_than_a_gigabyte_and_a_half(tmp_path):
    paths = []
    for case in (*hostile.ONE_SKIPPED, *hostile.REFUSED):
        folder = tmp_path / case.__name__
        folder.mkdir()
        paths.append(str(case(folder)[0]))
    command = [sys.executable, "-m", "tests.importing.hostile", *paths]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    peaks = dict(zip(paths, json.loads(said.stdout), strict=True))
    assert max(peaks.values()) < 1.5e9, peaks
