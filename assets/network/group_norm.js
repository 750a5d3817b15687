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
    this.numPixels = spec.height * spec.width;
    this.groups = spec.groups;
    this.eps = spec.eps;
    this.inputs = this.numPixels * this.channels;
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
    const width = this.channels / this.groups;
    for (let i = 0; i < count; i++) {
      for (let first = 0; first < this.channels; first += width) this.#normalize(floats, at + i * step, first, width);
      this.activate(floats, at + i * step, at + i * step + this.inputs);
    }
    return this;
  }

  /**
   * @param {Float32Array} floats
   * @param {number} at
   * @param {number} first  Of the group's channels.
   * @param {number} width
   */
  #normalize(floats, at, first, width) {
    const { channels, inputs, numPixels, weight, bias } = this;
    /** @param {(value: number) => number} f */
    const mean = (f) => {
      let sum = 0;
      for (let from = at + first; from < at + inputs; from += channels) {
        for (let c = 0; c < width; c++) sum += f(floats[from + c]);
      }
      return sum / (numPixels * width);
    };
    const middle = mean((value) => value);
    const spread = Math.sqrt(mean((value) => (value - middle) ** 2) + this.eps);
    for (let from = at; from < at + inputs; from += channels) {
      for (let c = first; c < first + width; c++) {
        floats[from + c] = ((floats[from + c] - middle) / spread) * floats[weight + c] + floats[bias + c];
      }
    }
  }
}
