"""Generation: new images, beside the training images nearest to them, and how good they are."""

from __future__ import annotations

from pages._generation.quality import draw_quality
from pages._generation.samples import SOURCES, choices_of, choose_label, draw_samples, seed_now
from pages._ui import controls, fitting, frame, resources, share, widgets
from pages._ui.chosen_panel import draw_chosen
from vaelab.sharing.as_code_of_uses import code_of_generation


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.GENERATION)
        data = resources.images_of(run)
        source = controls.segmented_control(
            "Draw codes from",
            param="source",
            key="code-source",
            options=list(SOURCES),
            default="prior",
            help="**Prior**: the normal distribution N(0, I), around the origin. **Aggregate "
            "posterior**: where the encoder really puts the training images, as a mixture of "
            "Gaussians fitted to their codes.",
            format_func=SOURCES.__getitem__,
        )
        label = choose_label(run, data, source)
        temperature = controls.slider(
            "Temperature",
            param="temperature",
            key="temperature",
            min_value=0.1,
            max_value=1.5,
            step=0.1,
            default=1.0,
            width=170,
            help="Multiplies the standard deviation of the prior, or of each Gaussian of the "
            "mixture. Below 1: images are more alike and, near 0, blurred. Above 1: more varied, and odder.",
        )
        number = controls.selectbox(
            "Samples",
            param="samples",
            key="samples",
            options=[12, 24, 48, 96],
            default=24,
            help="How many images to draw.",
            width=100,
        )

    fitting.say_what_suits(fitting.GENERATION, run)
    draw_chosen(run, data, actions=False)

    @frame.part()
    def body() -> None:
        draw_samples(run, data, source, label, temperature, number)

    draw_quality(run, source, temperature)
    share.offer_code(lambda: code_of_generation(run, choices_of(source, label, temperature, number, seed_now())))


frame.show(main, __file__)
