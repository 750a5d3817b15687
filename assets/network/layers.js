/**
 * The layers of a network, as `LayerSpec` of vaelab/export/browser.py lists them.
 *
 * @import { Arena, Machine } from "./kernel.js"
 * @import { Tensors } from "./safetensors.js"
 *
 * @typedef {{ op: "dense", activation: string, weight: string, bias: string, labels?: string }} DenseSpec
 * @typedef {{ op: "conv", activation: string, weight: string, bias: string, height: number, width: number,
 *   stride: number, pad: number, shuffle: number }} ConvSpec
 * @typedef {{ op: "add", activation: string, bias: string }} AddSpec
 * @typedef {DenseSpec | ConvSpec | AddSpec} LayerSpec
 */
import { ACTIVATIONS, overAll } from "./activations.js";
import { BATCH, PANEL, pack } from "./kernel.js";
import { pick, take } from "./safetensors.js";

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
    this.weight = arena.reserve(this.panels * this.inputs * PANEL, (to) =>
      pack(weight.data, this.inputs, this.outputs, to),
    );
    this.bias = arena.reserve(this.step, (to) => to.set(bias.data));
    this.out = arena.reserve(BATCH * this.step);
    this.activate = overAll(pick(ACTIVATIONS, "activation", spec.activation));
    this.multiplyAdds = this.inputs * this.outputs;
    this.numLabels = spec.labels ? take(tensors, spec.labels, 2).shape[0] : 0;
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
    machine.multiply(
      count,
      this.panels,
      1,
      this.inputs,
      this.inputs,
      at,
      step,
      this.weight,
      this.bias,
      this.out,
      this.step,
    );
    this.activate(machine.floats, this.out, this.out + count * this.step);
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
