/** Layers and what they are made of, against arithmetic that is written down once more, plainly. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIVATIONS, erf, LINKS, MEANS } from "../../assets/network/activations.js";
import { Conv } from "../../assets/network/conv.js";
import { Arena } from "../../assets/network/kernel.js";
import { Dense, Skip } from "../../assets/network/layers.js";

/** @param {number} count */
const numbers = (count) => Float32Array.from({ length: count }, (_, i) => Math.sin(1 + 7 * i));

/**
 * @param {ArrayLike<number>} actual
 * @param {ArrayLike<number>} expected
 */
function assertClose(actual, expected, tolerance = 1e-5) {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) <= tolerance, `number ${i}: ${actual[i]} is not ${expected[i]}`);
  }
}

/**
 * What a layer makes of one row.
 * @param {(arena: Arena) => Dense | Conv} make
 * @param {Float32Array} row
 * @param {boolean} simd
 */
function run(make, row, simd, label = 0) {
  const arena = new Arena();
  const layer = make(arena);
  const at = arena.reserve(row.length);
  const machine = arena.place(simd);
  assert.equal(machine.simd, simd);
  if (layer instanceof Dense) layer.setLabel(machine, label);
  machine.floats.set(row, at);
  const { out, outputs } = layer.run(machine, at, row.length, 1);
  return machine.floats.slice(out, out + outputs);
}

for (const simd of [true, false]) {
  const kernel = simd ? "WebAssembly" : "plain loops";

  test(`a dense layer is a matrix product, its label's row added (${kernel})`, () => {
    const [inputs, outputs, numLabels] = [5, 11, 3];
    const [weight, bias, labels, row] = [inputs * outputs, outputs, numLabels * outputs, inputs].map(numbers);
    const tensors = new Map([
      ["w", { shape: [inputs, outputs], data: weight }],
      ["b", { shape: [outputs], data: bias }],
      ["l", { shape: [numLabels, outputs], data: labels }],
    ]);
    const spec = { op: /** @type {const} */ ("dense"), activation: "relu", weight: "w", bias: "b", labels: "l" };
    for (let label = 0; label < numLabels; label++) {
      const expected = bias.map((start, n) => {
        let sum = start + labels[label * outputs + n];
        for (let k = 0; k < inputs; k++) sum += row[k] * weight[k * outputs + n];
        return Math.max(sum, 0);
      });
      assertClose(
        run((arena) => new Dense(arena, spec, tensors), row, simd, label),
        expected,
      );
    }
  });

  for (const stride of [1, 2]) {
    test(`a convolution with stride ${stride} sums over windows with zeros around the image (${kernel})`, () => {
      const [size, side, channels, outputs] = [3, 6, 2, 9];
      const [weight, bias, image] = [size * size * channels * outputs, outputs, side * side * channels].map(numbers);
      const tensors = new Map([
        ["w", { shape: [size, size, channels, outputs], data: weight }],
        ["b", { shape: [outputs], data: bias }],
      ]);
      const spec = {
        op: /** @type {const} */ ("conv"),
        activation: "none",
        weight: "w",
        bias: "b",
        height: side,
        width: side,
        stride,
        pad: 1,
        shuffle: 1,
      };
      /** @type {number[]} */
      const expected = [];
      for (let y = -1; y + size <= side + 1; y += stride) {
        for (let x = -1; x + size <= side + 1; x += stride) {
          for (let n = 0; n < outputs; n++) {
            let sum = bias[n];
            for (let at = 0; at < size * size * channels; at++) {
              const [row, column] = [y + Math.floor(at / channels / size), x + (Math.floor(at / channels) % size)];
              const inside = row >= 0 && row < side && column >= 0 && column < side;
              if (inside) sum += image[(row * side + column) * channels + (at % channels)] * weight[at * outputs + n];
            }
            expected.push(sum);
          }
        }
      }
      assertClose(
        run((arena) => new Conv(arena, spec, tensors), image, simd),
        expected,
      );
    });
  }
}

for (const simd of [true, false]) {
  test(`past all layers goes what the network was given, to the first numbers of each row (simd: ${simd})`, () => {
    const [inputs, outputs, width, count] = [3, 2, 5, 6];
    const [weight, bias, given, rows] = [inputs * outputs, outputs, count * inputs, count * width].map(numbers);
    const tensors = new Map([
      ["w", { shape: [inputs, outputs], data: weight }],
      ["b", { shape: [outputs], data: bias }],
    ]);
    const arena = new Arena();
    const [input, at] = [arena.reserve(given.length), arena.reserve(rows.length)];
    const spec = { op: /** @type {const} */ ("skip"), link: "none", weight: "w", bias: "b", width };
    const layer = new Skip(arena, spec, tensors, input);
    const machine = arena.place(simd);
    machine.floats.set(given, input);
    machine.floats.set(rows, at);
    const { out, step } = layer.run(machine, at, width, count);
    const expected = rows.map((start, i) => {
      const [row, column] = [Math.floor(i / width), i % width];
      if (column >= outputs) return start;
      let sum = start + bias[column];
      for (let k = 0; k < inputs; k++) sum += given[row * inputs + k] * weight[k * outputs + column];
      return sum;
    });
    assert.equal(step, width);
    assertClose(machine.floats.slice(out, out + rows.length), expected);
  });
}

test("with a shuffle of two, a pixel's outputs are a square of four pixels", () => {
  const tensors = new Map([
    ["w", { shape: [1, 1, 1, 4], data: Float32Array.of(1, 10, 100, 1000) }],
    ["b", { shape: [4], data: new Float32Array(4) }],
  ]);
  const spec = {
    op: /** @type {const} */ ("conv"),
    activation: "none",
    weight: "w",
    bias: "b",
    height: 1,
    width: 2,
    stride: 1,
    pad: 0,
    shuffle: 2,
  };
  const image = run((arena) => new Conv(arena, spec, tensors), Float32Array.of(1, 2), false);
  assertClose(image, [1, 10, 2, 20, 100, 1000, 200, 2000]);
});

test("activations have the values and limits that define them", () => {
  const { relu, leaky_relu, silu, gelu, tanh, none } = ACTIVATIONS;
  assert.deepEqual([-2, 0, 3].map(relu), [0, 0, 3]);
  assert.deepEqual([-2, 3].map(leaky_relu), [-0.02, 3]);
  assert.deepEqual([-2, 3].map(none), [-2, 3]);
  assertClose([silu(0), silu(1), silu(-30)], [0, 1 / (1 + Math.exp(-1)), 0]);
  assertClose([gelu(0), gelu(1), gelu(-1)], [0, 0.841344746, -0.158655254], 1e-6); // x times the normal CDF
  assert.equal(tanh(0.3), Math.tanh(0.3));
});

test("erf is odd, and as exact as its formula says", () => {
  // Abramowitz and Stegun 1964, table 7.1.
  const table = new Map([
    [0.1, 0.112462916],
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [2, 0.995322265],
  ]);
  for (const [x, value] of table) {
    assertClose([erf(x), erf(-x)], [value, -value], 1.5e-7);
  }
});

test("means of pixel models are a half at 0, and mirror each other; a pixel itself is clipped", () => {
  const { clip, ...means } = MEANS;
  assert.deepEqual([-0.5, 0, 0.3, 1, 1.5].map(clip), [0, 0, 0.3, 1, 1]);
  for (const mean of Object.values(means)) {
    assert.equal(mean(0), 0.5);
    for (const logit of [0.01, 0.199, 0.201, 1, 5, 20]) assertClose([mean(logit) + mean(-logit)], [1], 1e-12);
  }
  // The series and the closed form of the continuous Bernoulli agree where they meet.
  assertClose([MEANS.continuous_bernoulli(0.2 - 1e-9)], [MEANS.continuous_bernoulli(0.2)], 1e-9);
});

test("a link's logit has the pixel as its mean, and that of black is finite", () => {
  const pixels = [1 / 255, 0.1, 0.3, 0.5, 0.8, 254 / 255];
  assertClose(pixels.map(LINKS.logit).map(MEANS.sigmoid), pixels, 1e-12);
  // Its inverse in closed form is right to three thousandths of the logit.
  assertClose(pixels.map(LINKS.continuous_bernoulli).map(MEANS.continuous_bernoulli), pixels, 2e-3);
  for (const link of [LINKS.logit, LINKS.continuous_bernoulli]) {
    assert.equal(link(-3), link(1 / 255));
    assert.equal(link(2), link(254 / 255));
  }
  assert.equal(LINKS.none(-3), -3);
});
