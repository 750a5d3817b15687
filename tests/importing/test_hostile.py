"""Nothing that people could be handed does harm: one sentence each, and nothing is unpickled or written elsewhere."""

import re

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
