/**
 * Group normalization, of images where they lie.
 *
 * @import { Arena, Machine } from "./kernel.js"
 * @import { GroupNormSpec } from "./layers.js"
 * @import { Tensors } from "./safetensors.js"
 */
import { ACTIVATIONS, overAll } from "./activations.js";
import { pick, take } from "./safetensors.js";

/**
 * Each image's channels in groups, each brought to mean 0 and variance 1 where it lies, then scaled and shifted
 * (Wu and He 2018).
 */
export class GroupNorm {
  out = 0;
  step = 0;

  /**
   * @param {Arena} arena
   * @param {GroupNormSpec} spec
   * @param {Tensors} tensors
   */
  constructor(arena, spec, tensors) {
    const weight = take(tensors, spec.weight, 1);
    this.channels = weight.data.length;
    const bias = take(tensors, spec.bias, 1, this.channels);
    this.weight = arena.reserve(this.channels, (to) => to.set(weight.data));
    this.bias = arena.reserve(this.channels, (to) => to.set(bias.data));
    this.scale = new Float64Array(this.channels);
    this.shift = new Float64Array(this.channels);
    this.groups = spec.groups;
    this.eps = spec.eps;
    this.inputs = spec.height * spec.width * this.channels;
    this.outputs = this.inputs;
    this.numWeights = 2 * this.channels;
    this.multiplyAdds = 2 * this.inputs;
    this.activate = overAll(pick(ACTIVATIONS, "activation", spec.activation));
  }

  /**
   * As of `Dense`, a row an image.
   * @param {Machine} machine
   * @param {number} at
   * @param {number} step
   * @param {number} count
   */
  run({ floats }, at, step, count) {
    this.out = at;
    this.step = step;
    for (let i = 0; i < count; i++) {
      const from = at + i * step;
      this.#normalize(floats, from);
      this.activate(floats, from, from + this.inputs);
    }
    return this;
  }

  /**
   * One image, whose floats lie from `at` on.
   * @param {Float32Array} floats
   * @param {number} at
   */
  #normalize(floats, at) {
    const { channels, groups, scale, shift } = this;
    const end = at + this.inputs;
    // In double precision, so that the mean of the squares loses nothing to that of the numbers.
    const sums = new Float64Array(channels);
    const squares = new Float64Array(channels);
    for (let from = at; from < end; from += channels) {
      for (let c = 0; c < channels; c++) {
        const value = floats[from + c];
        sums[c] += value;
        squares[c] += value * value;
      }
    }
    const width = channels / groups;
    const size = this.inputs / groups;
    for (let first = 0; first < channels; first += width) {
      const mean = total(sums.subarray(first, first + width)) / size;
      const variance = total(squares.subarray(first, first + width)) / size - mean * mean;
      const spread = Math.sqrt(Math.max(variance, 0) + this.eps);
      for (let c = first; c < first + width; c++) {
        scale[c] = floats[this.weight + c] / spread;
        shift[c] = floats[this.bias + c] - mean * scale[c];
      }
    }
    for (let from = at; from < end; from += channels) {
      for (let c = 0; c < channels; c++) floats[from + c] = floats[from + c] * scale[c] + shift[c];
    }
  }
}

/** @param {Float64Array} numbers */
const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
