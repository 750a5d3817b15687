"""What is saved from a page leaves the page as it is."""

import pytest

PAGES = {
    "generation.py": {"run": "digits-2d"},
    "interpolate.py": {"run": "digits-2d"},
    "learn.py": {"lesson": "python"},
}


@pytest.mark.parametrize("script", PAGES)
def test_saving_does_not_rerun_the_page(launch, script):
    """A rerun would replace what is being fetched, on a busy machine before it has come."""
    buttons = launch(script, **PAGES[script]).get("download_button")
    assert buttons
    assert all(button.proto.ignore_rerun for button in buttons)
