"""The six steps of the course's last lesson do what they say."""

import numpy as np
import torch

from vaelab import walkthrough
from vaelab.objectives import loss_terms


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


def test_the_parts_of_the_loss_add_up():
    data = walkthrough.prepare()
    model, config = walkthrough.build(data)
    x = torch.from_numpy(data.images[:32]).float() / 255
    parts = walkthrough.mean_of(loss_terms(model, x, config))
    assert np.isclose(parts["total"], parts["reconstruction"] + parts["kl"])


def test_what_there_is_to_work_with_is_what_is_installed():
    assert walkthrough.check_environment()["torch"] == torch.__version__.split("+")[0]
