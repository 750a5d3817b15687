"""What an autoencoder is."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources
from pages._ui.train_address import query_of

FIGURE = LiveFigure("anatomy")
SLUG = "anatomy"


def draw() -> None:
    run = resources.example("digits-ae-2d")
    data = resources.images_of(run)
    places = resources.made(run, "plane")
    assert data.labels is not None
    test = data.split.test
    shown = test[np.unique(data.labels[test], return_index=True)[1]]
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "An **autoencoder** is a network that is trained to give back what it is given. The **encoder** turns an "
            "image $x$ into a few numbers, the **code** $z$. The **decoder** turns the code, and nothing else, into an "
            "image $\\hat x$, the **reconstruction**."
        )
        kit.say(
            "Copying would be easy, were it not for the middle. It is a **bottleneck**: here an image of 64 pixels has "
            "to pass through 2 numbers, 32 times fewer. An autoencoder whose code has fewer numbers than its input is "
            "called **undercomplete**. Choose an image, or **drag it** through the layers."
        )
        answered = kit.predict(
            SLUG,
            "The network has never seen these images. What will the decoder make of the two numbers of one of them?",
            (
                "The very same image: that is what it was trained for",
                "Much the same digit, redrawn in a typical way",
                "Nothing legible: two numbers cannot hold 64",
            ),
            1,
            "What digits have in common is in the weights, so two numbers only have to say *which* digit it is and "
            "roughly how it is written. What is peculiar to one image is lost. **Drag the dot** of the code: only the "
            "decoder has to work again.",
        )
    with stage:
        FIGURE.draw(
            {"ae": run},
            {
                **kit.labelled(data, shown),
                "held_out": kit.channels_last(data.images[test]),
                "mean": (data.images[data.split.train].mean(0).transpose(1, 2, 0).astype(np.float32) / 255),
                "places": places.coordinates[np.isin(places.indices, data.split.train)],
            },
            kit.classes(data),
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            kit.say(
                "**How it is trained.** Nobody says which digit an image shows: the target is the image itself. Over "
                f"and over, the weights are nudged so that the **reconstruction error** on {run.data.num_train:,} "
                "images falls. This can be the squared distance or, for pixels from 0 to 1, the cross-entropy, which "
                "this model was trained with; it is smallest, though not 0, where $\\hat x = x$:"
            )
            kit.say(
                r"$$\begin{gathered} \lVert x - \hat x \rVert^2 = \sum_i (x_i - \hat x_i)^2 \qquad \text{or} \\[0.5ex]"
                r" {-\sum_i} \big( x_i \log \hat x_i + (1 - x_i) \log (1 - \hat x_i) \big). \end{gathered}$$"
            )
            kit.say(
                "The bottleneck is what makes this worthwhile. With no room for the pixels, the network has to find "
                "out what the images have in common. **Draw** something on the input that is not a digit, a cross or a "
                "frame, or **clear** it: what comes out looks like a digit all the same. This decoder has nothing else "
                "to say."
            )
            kit.go_on("train", "Train this autoencoder yourself", settings=query_of(run.config))
        kit.sources("rumelhart1986", "hinton2006")
