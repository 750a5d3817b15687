"""The first three lessons, used: what their figures show and say, against what vaelab computes."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from pages._lessons.holes import NEAR
from pages._ui import resources
from tests.browser.steps import decimals, grey, open_lesson, predict, rgba
from vaelab.latent.density import nearest_codes, neighbour_radii

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def ae():
    return resources.example("digits-ae-2d")


@pytest.fixture(scope="module")
def data(ae):
    return resources.images_of(ae)


@pytest.fixture(scope="module")
def codes(ae):
    """The code of each image of the dataset: the map has all of them, in order."""
    places = resources.make_known_map(ae, "plane")
    np.testing.assert_array_equal(places.indices, np.arange(1797))
    return places.codes


def image_of(canvas):
    """The digit that a canvas shows, ``(8, 8)`` from 0 to 1."""
    return grey(canvas) / 255


def decode(run, *z):
    return run.engine.decode(np.array([z], np.float32))[0, 0]


def assert_shows(canvas, expected, levels=2.0):
    np.testing.assert_allclose(image_of(canvas), expected, atol=levels / 255)


def cells(column):
    """The colours of a layer's cells, int ``(N, 4)``: each is 8 pixels wide and high."""
    return rgba(column.locator("canvas"), 8)


# --- What an autoencoder is ---------------------------------------------------------------------


def check_errors(figure, ae, data, index, reconstruction):
    """What is said of an image's error, the test images', and that of the mean image."""
    test = data.split.test
    x = data.images[index, 0] / 255
    held_out = data.images[test] / 255
    decoded = ae.engine.decode(ae.engine.encode(data.images[test]).mu)
    mean = data.images[data.split.train].mean(0) / 255
    expected = [
        ((x - reconstruction) ** 2).sum(),
        ((held_out - decoded) ** 2).sum((1, 2, 3)).mean(),
        ((held_out - mean) ** 2).sum((1, 2, 3)).mean(),
    ]
    shown = [decimals(text)[0] for text in figure.locator(".ls-value").all_text_contents()]
    assert shown == pytest.approx(expected, abs=0.01)
    assert shown[1] < shown[2] / 2, "two numbers tell much more than none"
    terms = ae.engine.terms(data.images[[index]])
    cross_entropy, perfect = decimals(figure.get_by_text("Cross-entropy").text_content())
    assert cross_entropy == pytest.approx(terms.reconstruction[0], abs=0.01)
    assert 0 < perfect < cross_entropy


def test_an_image_goes_through_the_layers_that_the_model_has(page, ae, data):
    figure = open_lesson(page, "anatomy")
    weights = ae.checkpoint()[0]
    layers = [
        *(f"encoder.body.{i}" for i in (0, 2, 4)),
        "encoder.heads.mu",
        *(f"decoder.body.{i}" for i in (0, 2, 4)),
        "decoder.out",
    ]
    shapes = [weights[f"model.{layer}.weight"].shape for layer in layers]
    columns = figure.locator(".ls-stages > li")
    sizes = [int(text) for text in columns.locator(".ls-size").all_text_contents()]
    assert sizes == [64, *(outputs for outputs, _ in shapes)]
    assert sizes == [64, 256, 256, 128, 2, 128, 256, 256, 64]
    told = columns.locator(".ls-weights").all_text_contents()
    assert told[0] == ""
    assert told[1:] == [f"{(inputs + 1) * outputs:,} weights" for outputs, inputs in shapes]

    # Before the answer it comes as far as the code.
    slider = figure.get_by_role("slider", name="Where the image is")
    empty = {(128, 128, 128, 56)}
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "Code")
    assert {tuple(color) for i in range(5, 9) for color in cells(columns.nth(i))} <= empty
    expect(figure.get_by_text("Predict first: what will it be?")).to_be_visible()
    expect(figure.get_by_text("Error ‖x − x̂‖²")).to_be_hidden()
    page.keyboard.press("Home")
    expect(figure.get_by_text("Input: 64 numbers")).to_be_visible()
    assert {tuple(color) for color in cells(columns.nth(1))} <= empty
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "Encoder, layer 1")
    # The brighter a cell, the greater its activation.
    test = data.split.test
    seven = test[data.labels[test] == 7][0]
    figure.get_by_role("button", name="A “7”").drag_to(figure.locator(".ls-paper"))
    x = data.images[seven, 0] / 255
    linear = weights["model.encoder.body.0.weight"] @ x.ravel() + (weights["model.encoder.body.0.bias"])
    activations = linear / (1 + np.exp(-linear))
    brightness = cells(columns.nth(1))[:, :3].sum(1)
    assert len(np.unique(brightness)) > 30
    assert (np.diff(brightness[np.argsort(activations)]) >= -4).all()
    assert {tuple(color) for color in cells(columns.nth(2))} <= empty

    predict(page, 2, is_right=False)
    expect(slider).to_have_attribute("aria-valuetext", "Output")
    z = ae.engine.encode(data.images[[seven]]).mu[0]
    assert decimals(figure.get_by_text("z = (").text_content()) == pytest.approx(z, abs=0.006)
    output = figure.locator(".ls-ends canvas").last
    reconstruction = decode(ae, *z)
    assert_shows(output, reconstruction)
    check_errors(figure, ae, data, seven, reconstruction)


def test_another_code_changes_the_decoder_only_and_drawings_become_digits(page, ae, data):
    figure = open_lesson(page, "anatomy")
    predict(page, 1, is_right=True)
    slider = figure.get_by_role("slider", name="Where the image is")
    expect(slider).to_have_attribute("aria-valuetext", "Output")
    columns = figure.locator(".ls-stages canvas")
    look = "(all) => all.map((canvas) => canvas.toDataURL())"
    before = columns.evaluate_all(look)
    plane = figure.get_by_role("application", name="The code")
    box = plane.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"], steps=3)
    page.mouse.up()
    told = figure.get_by_text("z = (")
    expect(told).to_contain_text("moved by hand")
    after = columns.evaluate_all(look)
    assert [a == b for a, b in zip(after, before, strict=True)] == [True] * 4 + [False] * 5
    output = figure.locator(".ls-ends canvas").last
    z = decimals(told.text_content())
    assert_shows(output, decode(ae, *z), 5)
    plane.focus()
    page.keyboard.press("ArrowUp")
    moved = decimals(told.text_content())
    assert moved[0] == z[0]
    assert moved[1] > z[1]
    figure.get_by_role("button", name="Back to its own code").click()
    assert columns.evaluate_all(look) == before

    # Whatever is drawn comes out nearer to a digit than it was: the decoder knows nothing else.
    figure.get_by_role("button", name="Clear").click()
    paper = figure.get_by_role("application", name="The input image")
    drawn = np.zeros((8, 8))
    at = [3, 3]  # column, row

    def draw(x, y):
        for axis, keys in enumerate((("ArrowLeft", "ArrowRight"), ("ArrowUp", "ArrowDown"))):
            steps = (x, y)[axis] - at[axis]
            for _ in range(abs(steps)):
                page.keyboard.press(keys[steps > 0])
        at[:] = x, y
        page.keyboard.press("Space")
        drawn[y, x] = 1

    train = data.images[data.split.train, 0] / 255
    real = np.sort(((train[::10, None] - train) ** 2).sum((2, 3)), 1)[:, 1]  # to another digit
    for stroke in ([], [(i, i) for i in range(8)], [(7 - i, i) for i in range(8)]):
        paper.focus()
        for x, y in stroke:
            draw(x, y)
        assert_shows(figure.locator(".ls-paper canvas"), drawn)
        code = ae.engine.encode(np.uint8(255 * drawn)[None, None]).mu[0]
        decoded = image_of(output)
        np.testing.assert_allclose(decoded, decode(ae, *code), atol=2 / 255)
        far = ((train - drawn) ** 2).sum((1, 2)).min()
        near = ((train - decoded) ** 2).sum((1, 2)).min()
        assert near < np.quantile(real, 0.95) < far


# --- The code as a map --------------------------------------------------------------------------


def colourful(plane):
    """The share of a map's points, by area, that are not grey."""
    pixels = rgba(plane.locator("canvas"), 3)
    points = pixels[pixels[:, 3] > 150][:, :3]
    return float((points.max(1) - points.min(1) > 40).mean())


def test_classes_gather_on_a_map_that_was_made_without_them(page, ae, data, codes):
    figure = open_lesson(page, "code_map")
    plane = figure.get_by_role("application", name="Map of the autoencoder")
    assert colourful(plane) == 0
    expect(figure.get_by_role("list", name="Classes")).to_be_hidden()
    expect(figure.get_by_text(re.compile("“"))).to_have_count(0)  # no class is called by its name
    predict(page, 1, is_right=True)
    expect(figure.get_by_role("list", name="Classes")).to_be_visible()
    assert colourful(plane) > 0.8
    accuracy = ae.evaluation()["knn_accuracy"]
    expect(page.get_by_text(f"is {accuracy:.0%} on 180 test images")).to_be_visible()

    # Moved over: what is decoded, the nearest image, and the ten that would vote.
    figure.get_by_role("button", name="the crowded middle").click()
    box = plane.bounding_box()
    for across, down in ((0.5, 0.5), (0.7, 0.35), (0.3, 0.6)):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        z = decimals(figure.get_by_text("z = (").text_content())
        rows = nearest_codes(codes, np.array(z[:2]), 10)
        assert z[2] == pytest.approx(np.linalg.norm(codes[rows[0]] - z[:2]), abs=0.02)
        pictures = figure.locator(".ls-chart .ls-picture canvas")
        assert_shows(pictures.nth(0), decode(ae, *z[:2]), 12)
        assert_shows(pictures.nth(1), data.images[rows[0], 0] / 255)
        told = figure.get_by_text(re.compile(r"^\d+ × “")).text_content()
        votes = {name: int(count) for count, name in re.findall(r"(\d+) × “(\d)”", told)}
        labels = data.labels[rows]
        assert votes == {str(label): int((labels == label).sum()) for label in set(labels)}


def test_four_digits_crowd_in_the_middle_and_the_one_has_several_places(data, codes):
    radius = np.linalg.norm(codes, axis=1)
    median = [np.median(radius[data.labels == label]) for label in range(10)]
    assert max(median[label] for label in (3, 5, 8, 9)) < min(median[label] for label in (0, 1, 2, 4, 6, 7))
    ones = codes[data.labels == 1]
    assert min((ones[:, 0] < -5).mean(), (ones[:, 0] > 8).mean(), (ones[:, 1] > 1).mean()) > 0.05


def test_a_line_between_two_images_of_the_reader_s_choice(page, ae, data, codes):
    figure = open_lesson(page, "code_map")
    plane = figure.get_by_role("application", name="Map of the autoencoder")
    views = figure.get_by_role("group", name="Decoded along the line").locator("canvas")
    mixed = figure.get_by_role("group", name="Pixels of A and B mixed").locator("canvas")
    box = plane.bounding_box()
    ends = []
    for i, (across, down) in enumerate(((0.75, 0.45), (0.5, 0.3))):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        z = decimals(figure.get_by_text("z = (").text_content())[:2]
        ends.append(int(nearest_codes(codes, np.array(z), 1)[0]))
        if i:
            plane.focus()
            page.keyboard.press("Enter")
        else:
            page.mouse.down()
            page.mouse.up()
    a, b = ends
    for i in range(9):
        t = i / 8
        assert_shows(views.nth(i + 1), decode(ae, *((1 - t) * codes[a] + t * codes[b])))
        blend = (1 - t) * data.images[a, 0] + t * data.images[b, 0]
        assert_shows(mixed.nth(i + 1), blend / 255)
    assert_shows(views.first, data.images[a, 0] / 255)
    assert_shows(views.last, data.images[b, 0] / 255)
    # A movement with the button down is no click.
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.45 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.45 * box["height"], steps=4)
    page.mouse.up()
    assert_shows(views.first, data.images[a, 0] / 255)


# --- Holes in the map ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def maps(codes):
    """The codes of the autoencoder and of the VAE."""
    vae = resources.make_known_map(resources.example("digits-2d"), "plane")
    return codes, vae.codes


def eighth(codes, z):
    """Distances from places ``(M, 2)`` to their eighth nearest codes."""
    return np.sort(np.linalg.norm(z[:, None] - codes, axis=2), 1)[:, 7]


def long_run(codes, draw):
    """The share of random codes that are off the data."""
    return float((eighth(codes, draw) > neighbour_radii(codes)[99]).mean())


def test_codes_at_random_fall_into_holes_as_often_as_is_said(page, ae, data, maps, rng):
    vae, codes = resources.example("digits-2d"), maps[0]
    figure = open_lesson(page, "holes")
    tally = figure.get_by_text("Off the data: ")
    expect(tally).to_have_count(0)
    expect(figure.get_by_role("button", name="Draw again")).to_be_hidden()
    expect(figure.get_by_role("application", name="Map of the VAE")).to_be_hidden()
    # The density of a place is told by Explore's rule.
    plane = figure.get_by_role("application", name="Map of the autoencoder")
    box = plane.bounding_box()
    radii = neighbour_radii(codes)
    seen = set()
    for across, down in ((0.5, 0.55), (0.9, 0.1), (0.75, 0.35), (0.1, 0.5), (0.1, 0.9)):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        z = decimals(figure.get_by_text("z = (").first.text_content())
        distance = eighth(codes, np.array([z[:2]]))[0]
        level = np.searchsorted(radii[[90, 99]], distance)
        name = ("Among the images", "At the edge of the data", "Off the data")[level]
        expect(figure.locator(".ls-territory").first.get_by_text(name, exact=True)).to_be_visible()
        seen.add(level)
    assert {0, 2} <= seen

    predict(page, 0, is_right=False)
    expect(tally).to_have_count(2)
    usual = {}
    for rule in ("anywhere on the map", "from N(0, I)"):
        figure.get_by_role("button", name=rule).click()
        for i, (run, known) in enumerate(zip((ae, vae), maps, strict=True)):
            side = figure.locator(".ls-territory").nth(i)
            tiles = side.locator(".ls-tiles > div")
            z = np.array([decimals(tile)[:2] for tile in tiles.evaluate_all("(all) => all.map((t) => t.title)")])
            assert z.shape == (24, 2)
            assert_shows(tiles.nth(5).locator("canvas"), decode(run, *z[5]), 12)
            off = eighth(known, z) > neighbour_radii(known)[99]
            marked = tiles.evaluate_all("(all) => all.map((t) => t.classList.contains('ls-off'))")
            assert (off != marked).sum() <= 1, "two digits of a code may fall on the other side"
            counted, share = re.search(
                r"Off the data: (\d+) of 24\. Of 2,000 such codes: (\d+) %",
                side.get_by_text("Off the data: ").text_content(),
            ).groups()
            assert int(counted) == sum(marked)
            size = (4000, 2)
            draw = rng.uniform(known.min(0), known.max(0), size) if rule.startswith("any") else rng.normal(size=size)
            usual[rule[:4], i] = long_run(known, draw)
            assert int(share) / 100 == pytest.approx(usual[rule[:4], i], abs=0.05)
            labels = data.labels[[nearest_codes(known, place, 1)[0] for place in z]]
            said = side.get_by_text("Nearest to them").text_content()
            assert abs(len(set(labels)) - int(re.search(r"of (\d+) digits", said)[1])) <= 1
    # What the lesson says of both rules and models.
    assert 0.4 < usual["anyw", 0] < 0.6
    assert usual["anyw", 1] > 0.3
    assert usual["from", 0] < 0.01
    assert usual["from", 1] < 0.1
    shares = [(np.linalg.norm(known, axis=1) < NEAR).mean() for known in maps]
    expect(page.get_by_text(f"this map has but {shares[0]:.0%} of its images")).to_be_visible()
    expect(page.get_by_text(f"since {shares[1]:.1%} of its images")).to_be_visible()


def test_from_the_normal_distribution_the_autoencoder_gives_but_a_few_digits(data, maps, rng):
    draws = rng.normal(size=(2400, 2))
    assert (np.linalg.norm(draws, axis=1) < NEAR).mean() > 0.98
    num_digits = [
        np.mean(
            [len({int(data.labels[nearest_codes(known, z, 1)[0]]) for z in some}) for some in draws.reshape(100, 24, 2)]
        )
        for known in maps
    ]
    assert num_digits[0] < 6
    assert num_digits[1] > 8.5
