/** Images that people give: on which background, and how the model takes them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { flatten } from "../../assets/latent_canvas/file_picture.js";
import { judge } from "../../assets/latent_canvas/judgement.js";
import { shareBelow } from "../../assets/network/nearest.js";
import { surroundings, verdictOn } from "../../assets/shared/trust.js";

/** A pixel of ink beside one that is clear. */
const ink = (/** @type {number} */ level) => [level, level, level, 255, 0, 0, 0, 0];
const flat = (/** @type {number[]} */ rgba, /** @type {number[]} */ ground, channels = 1) => {
  const { image, isOnOpposite } = flatten(rgba, channels, ground);
  return { image: Array.from(image), isOnOpposite };
};

test("ink on nothing stays visible, whatever the images' background", () => {
  assert.deepEqual(flat(ink(255), [0]), { image: [1, 0], isOnOpposite: false });
  assert.deepEqual(flat(ink(0), [1]), { image: [0, 1], isOnOpposite: false });
  // Black on black, white on white: the opposite background shows it.
  assert.deepEqual(flat(ink(0), [0]), { image: [0, 1], isOnOpposite: true });
  assert.deepEqual(flat(ink(255), [1]), { image: [1, 0], isOnOpposite: true });
  assert.deepEqual(flat(ink(0), [0, 0, 0], 3), { image: [0, 0, 0, 1, 1, 1], isOnOpposite: true });
});

test("what covers all, and what is empty, is left as it is", () => {
  assert.deepEqual(flat([0, 0, 0, 255, 0, 0, 0, 255], [0]), { image: [0, 0], isOnOpposite: false });
  assert.deepEqual(flat([0, 0, 0, 0, 0, 0, 0, 0], [0]), { image: [0, 0], isOnOpposite: false });
});

test("half-clear ink lets the background through", () => {
  const [value] = flat([255, 255, 255, 153, 0, 0, 0, 0], [0.25]).image;
  assert.ok(Math.abs(value - (0.6 + 0.4 * 0.25)) < 1e-6);
});

/** A model of 3 x 3 pixels that knows dark images with a light middle. */
const WELL_KNOWN = Float32Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0);
const network = /** @type {import("../../assets/network/network.js").Network} */ (
  /** @type {unknown} */ ({
    width: 3,
    height: 3,
    channels: 1,
    encode: () => ({ mu: Float32Array.of(0) }),
    decode: () => WELL_KNOWN,
  })
);
const errors = Array.from({ length: 101 }, (_, i) => i / 1000); // up to 0.1

test("an image is judged by its error among those of held-out images", () => {
  const known = judge(network, WELL_KNOWN, 0, [0], errors);
  assert.deepEqual(known, { error: 0, share: 0, typical: 0.05, isInverted: false });
  const near = judge(
    network,
    WELL_KNOWN.map((value) => Math.abs(value - 0.0455)),
    0,
    [0],
    errors,
  );
  assert.ok(Math.abs(near.error - 0.0455) < 1e-6);
  assert.equal(near.share, 0.46);
  assert.equal(judge(network, WELL_KNOWN, 0, [0], null).share, null);
});

test("a negative is told by its border and by what the model makes of its own negative", () => {
  const negative = WELL_KNOWN.map((value) => 1 - value);
  assert.deepEqual(judge(network, negative, 0, [0], errors), {
    error: 1,
    share: 1,
    typical: 0.05,
    isInverted: true,
  });
  // A light border is these images' own: then nothing is the wrong way round.
  assert.equal(judge(network, negative, 0, [1], errors).isInverted, false);
});

test("the share below a number, from quantiles", () => {
  const quantiles = [1, 2, 3, 4, 5];
  assert.deepEqual(
    [0, 1, 1.5, 3, 5, 6].map((value) => shareBelow(quantiles, value)),
    [0, 0, 0.25, 0.5, 1, 1],
  );
});

test("the word of trust is that of the worse: of the code, of a gap, of the image given", () => {
  const among = { share: 0.2, isGap: false };
  assert.equal(verdictOn(among).text, "Among the images");
  assert.equal(verdictOn(among, 0.98).text, "Among the images");
  assert.deepEqual(verdictOn(among, 1), { name: "off", text: "Unlike the images" });
  assert.deepEqual(verdictOn({ share: 1, isGap: true }), { name: "off", text: "In a gap of the map" });
  assert.equal(verdictOn({ share: 1, isGap: false }).text, "Off the data");
});

test("what the word was told from is in one unit", () => {
  assert.equal(surroundings({ radius: 0.414, typical: 0.08 }), "8 images within 5.2× the typical distance");
  assert.equal(surroundings({ radius: 0, typical: 0 }), "All codes are alike");
});
