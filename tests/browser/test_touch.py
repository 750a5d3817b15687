"""A training that is touched: paused, taken step by step, slowed down, changed while it goes on, and trained again."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.steps import idle, until
from vaelab.runs import Run, list_runs

pytestmark = pytest.mark.browser

#: Images of digits for training, and images a step: twelve steps an epoch.
STEPS = 12


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def start(page, runs_folder, epochs=10_000):
    """Start a training of digits; returns its run, once the page shows it under way."""
    before = {run.path for run in list_runs(runs_folder)}
    page.goto(f"/train?dataset=digits&epochs={epochs}&hidden=32")
    button(page, "Start training").click()
    expect(page.get_by_text(re.compile(r"Running · [1-9]"))).to_be_visible()
    expect(page.get_by_role("img", name="Images and their reconstructions")).to_be_visible()
    (run,) = [run for run in list_runs(runs_folder) if run.path not in before]
    return run


def pause(page):
    button(page, "Pause").click()
    expect(page.get_by_text(re.compile("^Paused ·"))).to_be_visible()


def taken(page):
    """Steps that the page says were taken."""
    text = page.get_by_text(re.compile("^(Paused|Running|Stopped|Finished) ·")).inner_text()
    epochs = re.search(r"([\d,]+) (of [\d,]+ )?epoch", text)[1]
    within = re.search(r"step (\d+) of 12 of the next", text)
    return STEPS * int(epochs.replace(",", "")) + (int(within[1]) if within else 0)


def end(page):
    stop = button(page, "Stop")
    stop.click()
    expect(page.get_by_text(re.compile("^Stopped ·"))).to_be_visible()
    idle(page)


def choose_pace(page, pace):
    page.get_by_role("combobox", name="Speed").click()
    page.get_by_role("option", name=pace, exact=True).click()


def test_it_is_paused_taken_step_by_step_and_goes_on(page, served_runs):
    run = start(page, served_runs)
    pause(page)
    at = taken(page)
    assert at == run.status.step > 0
    assert run.status.state == "paused"
    heading = page.get_by_role("heading", name=re.compile("^Latent map after"))
    map_of = "() => document.querySelector('.ls-plane canvas').toDataURL()"
    drawn = {page.evaluate(map_of)}
    # Up to the first of the next epoch: amid an epoch, every step is one to see.
    for step in range(at + 1, at + 4):
        button(page, "One step").click()
        until(page, lambda step=step: taken(page) == step)
        assert run.status.step == step, (run.path / "asked.jsonl").read_text()
        epochs, within = divmod(step, STEPS)
        said = f"{epochs} epochs and {within} step" if within else f"{epochs} epochs"
        expect(heading).to_have_text(re.compile(f"^Latent map after {said}"))
        drawn.add(page.evaluate(map_of))
    assert len(drawn) == 4, "the map shows each step"

    button(page, "One epoch").click()
    whole = -(-(at + 3) // STEPS) if (at + 3) % STEPS else (at + 3) // STEPS + 1
    until(page, lambda: taken(page) == STEPS * whole)
    expect(page.get_by_text(re.compile("^Paused ·"))).to_be_visible()
    assert run.epoch == whole

    button(page, "Go on").click()
    expect(page.get_by_text(re.compile("^Running ·.*images/s"))).to_be_visible()
    until(page, lambda: taken(page) > STEPS * (whole + 2))
    end(page)
    expect(button(page, "Pause")).to_have_count(0)


def test_a_press_counts_once_even_if_the_page_draws_itself_again_at_that_moment(page, served_runs):
    run = start(page, served_runs)
    pause(page)
    at = taken(page)
    # The browser sends a press a moment after it was made. Stretch that moment, so that the page's timer comes between.
    page.evaluate(
        "() => { const wait = setTimeout; window.setTimeout = (f, ms, ...all) => wait(f, ms || 2500, ...all); }"
    )
    button(page, "One step").click()
    until(page, lambda: taken(page) > at)
    page.wait_for_timeout(4000)
    assert run.status.step == at + 1
    page.reload()
    end(page)


def test_in_slow_motion_steps_can_be_counted(page, served_runs):
    run = start(page, served_runs)
    choose_pace(page, "10 steps/s")
    expect(page.get_by_text(re.compile(r"^Running ·.*step \d+ of 12"))).to_be_visible()
    until(page, lambda: run.status.pace == 10)
    seen = set()

    def several():
        seen.add(page.get_by_role("heading", name=re.compile("^Latent map after")).inner_text())
        return len(seen) > 5

    until(page, several)
    assert all("step" in text or re.search("epochs?$", text) for text in seen)
    # A pause keeps the pace, and whoever waits chooses how fast it goes on.
    pause(page)
    at = taken(page)
    choose_pace(page, "3 steps/s")
    idle(page)
    assert run.status.state == "paused"
    assert taken(page) == at
    button(page, "Go on").click()
    until(page, lambda: run.status.pace == 3)
    choose_pace(page, "Full speed")
    expect(page.get_by_text(re.compile("^Running ·.*images/s"))).to_be_visible()
    end(page)


def test_beta_changes_on_a_running_training_and_it_is_trained_again_to_equal_weights(page, served_runs):
    run = start(page, served_runs, epochs=4_000)
    pause(page)
    button(page, "Change").click()
    fields = page.get_by_test_id("stPopoverBody")
    beta, rate = (fields.get_by_role("spinbutton", name=name) for name in ("β", "Learning rate"))
    expect(beta).to_have_value("1")
    expect(rate).to_have_value("0.004")
    first = taken(page)
    beta.fill("4")
    beta.press("Enter")
    changed = page.get_by_text(re.compile("^Changed while it was trained: "))
    expect(changed).to_contain_text("β 4 after")
    assert run.changes() == {first: {"beta": 4.0}}
    expect(page.locator(".tr-curves line.tr-change")).to_have_count(3)

    # Also while it goes on.
    page.keyboard.press("Escape")
    button(page, "Go on").click()
    expect(page.get_by_text(re.compile("^Running ·.*images/s"))).to_be_visible()
    button(page, "Change").click()
    expect(beta).to_have_value("4")
    rate.fill("0.001")
    rate.press("Enter")
    expect(changed).to_contain_text("learning rate 0.001")
    expect(page.locator(".tr-curves line.tr-change")).to_have_count(6)
    until(page, lambda: run.epoch * STEPS > max(run.changes()) + STEPS)
    page.keyboard.press("Escape")
    end(page)
    changes = run.changes()
    assert [sorted(settings) for settings in changes.values()] == [["beta"], ["learning_rate"]]
    records = {record["epoch"]: record for record in run.epochs()}
    assert records[run.epoch]["beta"] == 4

    button(page, "Train it again").click()
    expect(page.get_by_text(re.compile("^Running · [1-9]"))).to_be_visible()
    (again,) = [other for other in list_runs(served_runs) if other.path != run.path and other.changes() == changes]
    until(page, lambda: again.epoch > run.epoch)
    end(page)
    for epoch in run.snapshot_epochs():
        if epoch in again.snapshot_epochs():
            ours, theirs = run.snapshot(epoch), again.snapshot(epoch)
            assert np.array_equal(ours.mu, theirs.mu), epoch
            assert all(np.array_equal(ours.decoder[name], theirs.decoder[name]) for name in ours.decoder)
    repeated = {record["epoch"]: record["train"] for record in again.epochs()}
    assert repeated[run.epoch] == records[run.epoch]["train"]


def test_a_change_that_cannot_be_is_not_made(page, served_runs):
    run = start(page, served_runs)
    pause(page)
    button(page, "Change").click()
    beta = page.get_by_test_id("stPopoverBody").get_by_role("spinbutton", name="β")
    beta.fill("4000")
    beta.press("Enter")
    idle(page)
    assert run.changes() == {}
    assert Run.open(run.path).config_after() == run.config
    page.keyboard.press("Escape")
    end(page)
