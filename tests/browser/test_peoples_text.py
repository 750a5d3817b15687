"""What people wrote is read letter by letter, in a browser too."""

import shutil

import pytest
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.steps import idle
from vaelab.runs import Run

pytestmark = pytest.mark.browser

TITLE = "beta=4 *new* costs $2 or $3 :smile: &amp; <i>so</i>"


def test_a_run_is_called_what_people_called_it(page, served_runs):
    shutil.copytree(EXAMPLES / "digits-2d", served_runs / "odd")
    Run.open(served_runs / "odd").rename(TITLE)
    page.goto("/train?watch=odd")
    expect(page.get_by_role("heading", level=2)).to_have_text(TITLE)
    page.goto("/runs?runs=odd,digits-ae-2d")
    idle(page)
    expect(page.locator(".js-plotly-plot .legendtext").filter(has_text="*new*")).to_contain_text(TITLE)
    expect(page.get_by_test_id("stMain")).not_to_contain_text("😄")
