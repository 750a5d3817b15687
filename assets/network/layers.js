/**
 * The layers of a network, as the modules of vaelab/nn say them and vaelab/export/model.py hands them over.
 *
 * @import { Arena, Machine } from "./kernel.js"
 * @import { Tensors } from "./safetensors.js"
 *
 * @typedef {{ op: "dense", activation: string, weight: string, bias: string, labels?: string }} DenseSpec
 * @typedef {{ op: "conv", activation: string, weight: string, bias: string, height: number, width: number,
 *   stride: number, pad: number, shuffle: number }} ConvSpec
 * @typedef {{ op: "add", activation: string, bias: string }} AddSpec
 * @typedef {{ op: "skip", link: string, weight: string, bias: string, width: number }} SkipSpec
 * @typedef {{ op: "group_norm", activation: string, weight: string, bias: string, height: number, width: number,
 *   groups: number, eps: number }} GroupNormSpec
 * @typedef {DenseSpec | ConvSpec | AddSpec | SkipSpec | GroupNormSpec} LayerSpec
 *
 * @typedef {Dense | Conv | Add | Skip | GroupNorm} Layer
 */
import { ACTIVATIONS, LINKS, overAll } from "./activations.js";
import { Conv } from "./conv.js";
import { GroupNorm } from "./group_norm.js";
import { BATCH, PANEL, pack } from "./kernel.js";
import { pick, take } from "./safetensors.js";

/** Numbers that are added up in one go: of many more, rounding would eat what the last ones add. */
const PART = 2048;

/** y = f(x W + b), for a batch of rows; in a conditional model b has the label's row added. */
export class Dense {
  /**
   * @param {Arena} arena
   * @param {DenseSpec} spec
   * @param {Tensors} tensors
   */
  constructor(arena, spec, tensors) {
    const weight = take(tensors, spec.weight, 2);
    const [inputs, outputs] = weight.shape;
    this.inputs = inputs;
    this.outputs = outputs;
    const bias = take(tensors, spec.bias, 1, this.outputs);
    this.panels = Math.ceil(this.outputs / PANEL);
    this.step = this.panels * PANEL;
    /** @type {{ from: number, length: number, weight: number }[]} */
    this.parts = [];
    for (let from = 0; from < inputs; from += PART) {
      const length = Math.min(PART, inputs - from);
      const rows = weight.data.subarray(from * outputs, (from + length) * outputs);
      const at = arena.reserve(this.panels * length * PANEL, (to) => pack(rows, length, outputs, to));
      this.parts.push({ from, length, weight: at });
    }
    this.bias = arena.reserve(this.step, (to) => to.set(bias.data));
    this.out = arena.reserve(BATCH * this.step);
    const isOne = this.parts.length === 1;
    this.zeros = arena.reserve(isOne ? 0 : this.step);
    this.sums = arena.reserve(isOne ? 0 : BATCH * this.step);
    this.activate = overAll(pick(ACTIVATIONS, "activation", spec.activation));
    this.multiplyAdds = this.inputs * this.outputs;
    this.numLabels = spec.labels ? take(tensors, spec.labels, 2).shape[0] : 0;
    this.numWeights = (inputs + 1 + this.numLabels) * outputs;
    this.biasData = bias.data;
    this.labelData = spec.labels ? take(tensors, spec.labels, 2, this.numLabels * this.outputs).data : null;
  }

  /**
   * Go by a label, from 0 to `numLabels` - 1.
   * @param {Machine} machine
   * @param {number} label
   */
  setLabel({ floats }, label) {
    if (!this.labelData) return;
    for (let i = 0; i < this.outputs; i++) {
      floats[this.bias + i] = this.biasData[i] + this.labelData[label * this.outputs + i];
    }
  }

  /**
   * Of `count` rows, `step` floats apart, the first of which is `at`; what comes out lies from `out` on.
   * @param {Machine} machine
   * @param {number} at
   * @param {number} step
   * @param {number} count
   */
  run(machine, at, step, count) {
    const { panels, out } = this;
    const { floats } = machine;
    const size = count * this.step;
    for (const { from, length, weight } of this.parts) {
      const [bias, to] = from ? [this.zeros, this.sums] : [this.bias, out];
      machine.multiply(count, panels, 1, length, length, at + from, step, weight, bias, to, this.step);
      if (from) for (let i = 0; i < size; i++) floats[out + i] += floats[to + i];
    }
    this.activate(floats, out, out + size);
    return this;
  }
}

/** One number a pixel, added to the images where they lie. */
export class Add {
  multiplyAdds = 0;
  out = 0;
  step = 0;

  /**
   * @param {Arena} arena
   * @param {AddSpec} spec
   * @param {Tensors} tensors
   */
  constructor(arena, spec, tensors) {
    const bias = take(tensors, spec.bias, 1);
    this.inputs = bias.data.length;
    this.outputs = bias.data.length;
    this.numWeights = bias.data.length;
    this.bias = arena.reserve(this.inputs, (to) => to.set(bias.data));
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
      for (let j = 0; j < this.inputs; j++) floats[from + j] += floats[this.bias + j];
    }
    return this;
  }
}

/** The network's own input through a dense layer, past all others: added to the first numbers of each row where it lies. */
export class Skip {
  out = 0;
  step = 0;

  /**
   * @param {Arena} arena
   * @param {SkipSpec} spec
   * @param {Tensors} tensors
   * @param {number} input  Where the rows of the network's input lie.
   */
  constructor(arena, spec, tensors, input) {
    this.dense = new Dense(arena, { ...spec, op: "dense", activation: "none" }, tensors);
    this.link = overAll(pick(LINKS, "link", spec.link));
    this.input = input;
    this.inputs = spec.width;
    this.outputs = spec.width;
    this.multiplyAdds = this.dense.multiplyAdds;
    this.numWeights = this.dense.numWeights;
  }

  /**
   * As of `Dense`, a row an image.
   * @param {Machine} machine
   * @param {number} at
   * @param {number} step
   * @param {number} count
   */
  run(machine, at, step, count) {
    this.out = at;
    this.step = step;
    const { dense } = this;
    dense.run(machine, this.input, dense.inputs, count);
    const { floats } = machine;
    this.link(floats, dense.out, dense.out + count * dense.step);
    for (let i = 0; i < count; i++) {
      const [from, to] = [dense.out + i * dense.step, at + i * step];
      for (let j = 0; j < dense.outputs; j++) floats[to + j] += floats[from + j];
    }
    return this;
  }
}

/**
 * By their ops.
 * @type {Record<string, new (...given: any) => Layer>}
 */
export const LAYERS = { dense: Dense, conv: Conv, add: Add, skip: Skip, group_norm: GroupNorm };
