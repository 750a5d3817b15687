"""Whatever Pillow opens becomes the pixels that a person sees."""

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tests.importing.pictures import COUNT, pixels, save
from vaelab.importing import import_images
from vaelab.importing.decoding import decode
from vaelab.importing.fitting import Target

GRAY = pixels()
COLOUR = pixels(channels=3)
PHOTO = np.repeat(np.repeat(pixels(1, 8, 3)[0], 8, axis=0), 8, axis=1)


def content(image, kind="PNG", **settings):
    stream = io.BytesIO()
    image.save(stream, kind, **settings)
    return stream.getvalue()


def decoded(image_bytes, size, fit="crop"):
    """What becomes of one image: ``(C, S, S)``."""
    block = decode([image_bytes], Target(size, fit), alone=True)
    assert block.skipped == []
    return block.pixels[0]


@pytest.fixture
def take(tmp_path):
    def take(path, **settings):
        return import_images(path, name="mine", folder=tmp_path / "data", save=False, **settings)

    return take


# --- Modes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize(
    "settings", [{}, {"compress_level": 0}, {"dpi": (72, 72)}], ids=["plain", "stored", "with dpi"]
)
def test_quick_pngs_are_as_pillow_reads_them(mode, settings):
    image = Image.fromarray(pixels(1, 32, 4)[0], "RGBA").convert(mode)
    expected = np.atleast_3d(np.asarray(image)).transpose(2, 0, 1)
    assert (decoded(content(image, **settings), 32) == expected).all()


def test_palettes_and_single_bits():
    image = Image.fromarray(PHOTO)
    assert (decoded(content(image.quantize(64)), 64) == PHOTO.transpose(2, 0, 1)).all()
    bits = Image.fromarray(PHOTO[..., 0] > 127)
    assert bits.mode == "1"
    assert (decoded(content(bits), 64)[0] == np.where(PHOTO[..., 0] > 127, 255, 0)).all()


def test_a_palette_with_transparency():
    image = Image.fromarray(PHOTO).quantize(64)
    clear = np.asarray(image) == 3
    found = decoded(content(image, transparency=3), 64)
    assert found.shape == (4, 64, 64)
    assert ((found[3] == 0) == clear).all()
    assert (found[:3, ~clear] == PHOTO.transpose(2, 0, 1)[:, ~clear]).all()


def test_gray_with_alpha_and_gray_with_a_transparent_value():
    gray, alpha = GRAY[0], GRAY[1]
    found = decoded(content(Image.merge("LA", [Image.fromarray(gray), Image.fromarray(alpha)])), 16)
    assert (found == np.stack([gray, gray, gray, alpha])).all()
    found = decoded(content(Image.fromarray(gray), transparency=int(gray[0, 0])), 16)
    assert ((found[3] == 0) == (gray == gray[0, 0])).all()


def test_cmyk():
    block = decode([content(Image.fromarray(PHOTO).convert("CMYK"), "TIFF")], Target(64, "crop"))
    assert np.abs(block.pixels[0].astype(int) - PHOTO.transpose(2, 0, 1)).max() <= 1
    assert block.done["from CMYK"] == 1


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (GRAY.astype(np.uint16) * 257, "PNG"),
        (GRAY.astype(np.uint16) * 3, "TIFF"),
        (GRAY.astype(np.int32) * 1000 - 5000, "TIFF"),
        (GRAY.astype(np.float32) / 255, "TIFF"),
        (GRAY.astype(np.float32) * 7 - 3, "TIFF"),
    ],
    ids=["16 bits", "16 bits, dark", "32 bits", "floats to 1", "floats"],
)
def test_deep_images_are_scaled_by_the_range_of_all(values, kind, take, tmp_path):
    (tmp_path / "in").mkdir()
    for number, image in enumerate(values):
        # One has but half of the range, and stays darker than the others.
        Image.fromarray(image if number else np.minimum(image, image.max() // 2)).save(
            tmp_path / "in" / f"{number:02}.{kind.lower()}"
        )
    report = take(tmp_path / "in")
    assert report.image_shape == (1, 16, 16)
    expected = GRAY.copy()
    found = report.data.images[:, 0]
    assert (found[1:] == expected[1:]).all()
    assert found[0].max() < 140
    assert any(step.startswith("Scaled values of all 12 images") for step in report.steps)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_the_first_picture_of_several(kind):
    first, *rest = (Image.fromarray(np.full((16, 16, 3), value, np.uint8)) for value in (200, 10, 90))
    settings = {"lossless": True} if kind == "WEBP" else {}
    block = decode([content(first, kind, save_all=True, append_images=rest, **settings)], Target(16, "crop"))
    assert (block.pixels == 200).all()
    assert block.done["first"] == 1


# --- The right way up, square, and of one size --------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_exif_says_which_side_is_up(kind, orientation):
    upright = np.zeros((32, 32, 3), np.uint8)
    upright[:16, :16], upright[:16, 16:] = 255, 128  # white top left, gray top right
    stored = Image.fromarray(upright)
    # What the camera has to do for EXIF's instruction to undo it.
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}.get(orientation)
    if undo is not None:
        stored = stored.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[0x0112] = orientation
    settings = {"quality": 95} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    found = decoded(content(stored, kind, exif=exif, **settings), 32)
    assert np.abs(found[0].astype(int) - upright[..., 0])[2:14, 2:14].max() < 8
    assert np.abs(found[0].astype(int) - upright[..., 0])[2:14, 18:30].max() < 8
    assert np.abs(found[0].astype(int) - upright[..., 0])[18:30].max() < 8


def wide():
    """A red left, a green middle square, a blue right, each 16 x 16."""
    image = np.zeros((16, 48, 3), np.uint8)
    image[:, :16, 0] = image[:, 16:32, 1] = image[:, 32:, 2] = 200
    return content(Image.fromarray(image))


def test_crop_takes_the_middle():
    found = decoded(wide(), 16)
    assert (found == np.array([0, 200, 0])[:, None, None]).all()


def test_stretch_keeps_all_of_it():
    found = decoded(wide(), 24, "stretch")
    assert [found[:, 12, column].argmax() for column in (2, 12, 21)] == [0, 1, 2]


def test_pad_leaves_room_for_the_background(take, tmp_path):
    found = decoded(wide(), 48, "pad")
    assert found.shape == (4, 48, 48)
    assert (found[3, 16:32] == 255).all()
    assert (found[3, :16] == 0).all()
    assert (found[3, 32:] == 0).all()
    images = np.full((COUNT, 16, 24, 3), 40, np.uint8) + np.arange(COUNT, dtype=np.uint8)[:, None, None, None]
    report = take(save(tmp_path / "in", images), fit="pad", background="#ff0000", size=24)
    assert (report.data.images[:, :, 0] == np.array([255, 0, 0])[:, None]).all()
    assert (report.data.images[0, :, 12] == 40).all()
    assert "Padded all 12 images to a square." in report.steps


def test_padding_has_the_colour_of_the_border(take, tmp_path):
    images = np.full((COUNT, 16, 20, 3), 40, np.uint8)
    images[:, 8, 8] = np.arange(COUNT)[:, None] * 10
    report = take(save(tmp_path / "in", images), fit="pad", size=20)
    assert report.image_shape == (1, 20, 20)
    assert (report.data.images[:, 0, 0] == 40).all()


def test_padded_16_bits(take, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(COUNT):
        Image.fromarray(np.full((8, 16), 1000 * number, np.uint16)).save(tmp_path / "in" / f"{number:02}.png")
    report = take(tmp_path / "in", fit="pad", size=16, background="white")
    assert (report.data.images[:, 0, :4] == 255).all()
    assert report.data.images[:, 0, 8, 8].tolist() == [round(255 * number / 11) for number in range(COUNT)]


@pytest.mark.parametrize(
    ("sides", "size"),
    [((7, 9), 8), ((16, 20), 16), ((28, 28), 28), ((31, 100), 28), ((33, 32), 32), ((64, 64), 64), ((500, 400), 64)],
)
def test_the_size_is_the_largest_that_images_have(sides, size, take, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (COUNT, *sides), np.uint8)
    assert take(save(tmp_path / "in", images)).image_shape == (1, size, size)


def test_most_of_all_images_decide_not_the_first_few(take, tmp_path):
    # So many small ones that all that are looked at in advance may be small.
    save(tmp_path / "in", pixels(150, 8), "a")
    save(tmp_path / "in", pixels(151, 32, seed=1), "b")
    assert take(tmp_path / "in").image_shape == (1, 32, 32)
    save(tmp_path / "in", pixels(2, 8, seed=2), "c")
    report = take(tmp_path / "in")
    assert report.image_shape == (1, 8, 8)
    assert "Made 151 images smaller, to 8 × 8 pixels." in report.steps


def test_a_large_photograph_is_made_small(tmp_path):
    large = np.repeat(np.repeat(PHOTO, 50, axis=0), 50, axis=1)  # 10 million pixels, of 8 x 8 tiles
    tiles = PHOTO[4::8, 4::8].transpose(2, 0, 1).astype(int)
    for kind, settings in (("PNG", {}), ("JPEG", {"quality": 95})):
        data = content(Image.fromarray(large), kind, **settings)
        found = decoded(data, 64).astype(int)
        assert np.abs(found[:, 4::8, 4::8] - tiles).max() < 12
    (path := tmp_path / "large.png").write_bytes(content(Image.fromarray(large)))
    beside = decode([str(path)], Target(64, "crop"))
    assert (beside.kept, beside.large) == ([], [0])


# --- Colours ------------------------------------------------------------------------------------


def test_gray_where_all_are_gray_unless_colour_is_asked_for(take, tmp_path):
    folder = save(tmp_path / "in", np.repeat(GRAY[..., None], 3, axis=3))
    report = take(folder)
    assert (report.data.images[:, 0] == GRAY).all()
    assert "All images are grey, so one channel is kept." in report.steps
    assert (take(folder, color="rgb").data.images == GRAY[:, None].repeat(3, axis=1)).all()
    save(folder, COLOUR[:1], "z")
    assert take(folder).image_shape == (3, 16, 16)


def test_colours_to_gray(take, tmp_path):
    report = take(save(tmp_path / "in", COLOUR), color="gray")
    expected = np.rint(COLOUR @ np.array([0.299, 0.587, 0.114]))
    assert (report.data.images[:, 0] == expected).all()


def cutouts(value=(200, 30, 30), border=(0, 0, 0, 0)):
    """A square of one colour, with something of its own in each, on a border."""
    images = np.empty((COUNT, 16, 16, 4), np.uint8)
    images[:] = border
    images[:, 4:12, 4:12] = (*value, 255)
    images[:, 5, 5, 0] = 150 + np.arange(COUNT)
    return images


@pytest.mark.parametrize(
    ("images", "background", "corner"),
    [
        (cutouts(), None, (255, 255, 255)),
        (cutouts(), "#102030", (16, 32, 48)),
        (cutouts(), (1, 2, 3), (1, 2, 3)),
        (cutouts(value=(250, 250, 250)), None, (0, 0, 0)),
    ],
    ids=["white", "given", "numbers", "white ones on black"],
)
def test_transparent_parts_show_the_background(images, background, corner, take, tmp_path):
    report = take(save(tmp_path / "in", images), background=background, color="rgb")
    assert (report.data.images[:, :, 0, 0] == corner).all()
    assert (report.data.images[:, :, 8, 8] == images[0, 8, 8, :3]).all()
    assert sum("with transparent parts onto" in step for step in report.steps) == 1


def test_the_border_is_the_background_where_it_shows_something(take, tmp_path):
    images = cutouts(border=(10, 60, 20, 255))
    images[:, 8, 8] = 0  # a hole
    report = take(save(tmp_path / "in", images))
    assert (report.data.images[:, :, 8, 8] == (10, 60, 20)).all()


def test_half_transparent_is_half_of_each(take, tmp_path):
    images = cutouts()
    images[:, 4:12, 4:12, 3] = 51
    report = take(save(tmp_path / "in", images), background="black")
    assert (report.data.images[:, :, 8, 8] == (40, 6, 6)).all()


def test_what_is_no_colour(take, tmp_path):
    for background in ("nothing", (1, 2, 300), (1, 2)):
        with pytest.raises(ValueError, match="is not a colour: give a name such as white, or #ffffff"):
            take(save(tmp_path / "in", COLOUR), background=background)


def test_text_in_a_png_changes_nothing():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "leaves")
    assert (decoded(content(Image.fromarray(GRAY[0]), pnginfo=info), 16) == GRAY[0]).all()
