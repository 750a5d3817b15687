"""The six steps of the course's last lesson do what they say."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from vaelab import walkthrough
from vaelab.networks.objectives import loss_terms


def test_from_images_to_a_map():
    torch.manual_seed(0)
    data = walkthrough.prepare()
    model, config = walkthrough.build(data)
    before = walkthrough.judge(model, config, data)
    curve = list(walkthrough.fit(model, config, data, epochs=4))
    assert [record["epoch"] for record in curve] == [1, 2, 3, 4]
    assert curve[-1]["validation"]["total"] < curve[0]["validation"]["total"]
    after = walkthrough.judge(model, config, data)
    assert after["elbo"] > before["elbo"] + 5
    figure = walkthrough.look(model, config, data)
    assert sum(len(trace.x) for trace in figure.data) == len(data.split.train)


def test_the_whole_run_comes_out_the_same_each_time():
    def run(seed):
        torch.manual_seed(seed)
        data = walkthrough.prepare()
        model, config = walkthrough.build(data)
        return list(walkthrough.fit(model, config, data, epochs=2)), walkthrough.judge(model, config, data)

    assert run(1) == run(2), "whatever was drawn before"


def test_an_epoch_is_averaged_over_images_and_not_over_batches(monkeypatch):
    """Every batch's terms, kept as they are made: 70 images make batches of 64 and of 6."""
    data = walkthrough.prepare()
    data = replace(data, split=replace(data.split, train=data.split.train[:70]))
    model, config = walkthrough.build(data)
    seen = []

    def watched(*arguments, **options):
        seen.append(loss_terms(*arguments, **options))
        return seen[-1]

    monkeypatch.setattr(walkthrough, "loss_terms", watched)
    (record,) = walkthrough.fit(model, config, data, epochs=1)
    *batches, validation = seen
    assert [len(each.total) for each in batches] == [64, 6]
    for name in ("total", "reconstruction", "kl"):
        each_image = torch.cat([getattr(terms, name).detach() for terms in batches])
        assert record["train"][name] == pytest.approx(float(each_image.mean()), rel=1e-6)
        assert record["validation"][name] == pytest.approx(float(getattr(validation, name).mean()), rel=1e-6)


def test_the_parts_of_the_loss_add_up():
    data = walkthrough.prepare()
    model, config = walkthrough.build(data)
    x = torch.from_numpy(data.images[:32]).float() / 255
    parts = walkthrough.mean_of(loss_terms(model, x, config))
    assert np.isclose(parts["total"], parts["reconstruction"] + parts["kl"])


def test_what_there_is_to_work_with_is_what_is_installed():
    assert walkthrough.check_environment()["torch"] == torch.__version__.split("+")[0]
