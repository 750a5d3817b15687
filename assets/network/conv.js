/**
 * Convolutions by the kernel's matrix product: its rows may overlap, as windows of an image do.
 *
 * @import { Arena, Machine } from "./kernel.js"
 * @import { ConvSpec } from "./layers.js"
 * @import { Tensors } from "./safetensors.js"
 */
import { ACTIVATIONS, overAll } from "./activations.js";
import { BATCH, PANEL, pack } from "./kernel.js";
import { pick, take } from "./safetensors.js";

/**
 * A convolution of (height, width, channels) images, zeros around them; with `shuffle` 2 each
 * output is four pixels, lying (dy, dx, channel), and the image twice as high and wide.
 */
export class Conv {
  /**
   * @param {Arena} arena
   * @param {ConvSpec} spec
   * @param {Tensors} tensors
   */
  constructor(arena, spec, tensors) {
    const weight = take(tensors, spec.weight, 4);
    const [rows, columns, channels, outputs] = weight.shape;
    const bias = take(tensors, spec.bias, 1, outputs);
    const { height, width, stride, pad, shuffle } = spec;
    this.rows = rows;
    this.columns = columns;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.stride = stride;
    this.pad = pad;
    this.shuffle = shuffle;
    this.inputs = height * width * channels;
    this.panels = Math.ceil(outputs / PANEL);
    const length = rows * columns * channels;
    this.weight = arena.reserve(this.panels * length * PANEL, (to) => pack(weight.data, length, outputs, to));
    this.bias = arena.reserve(this.panels * PANEL, (to) => to.set(bias.data));
    this.pitch = (width + 2 * pad) * channels;
    this.padded = arena.reserve((height + 2 * pad) * this.pitch);
    this.outHeight = Math.floor((height + 2 * pad - rows) / stride) + 1;
    this.outWidth = Math.floor((width + 2 * pad - columns) / stride) + 1;
    // With stride 1 the windows of the whole image are one run of rows, those across an edge
    // included and thrown away after; with a stride they are taken line by line.
    this.windows = stride === 1 ? (this.outHeight - 1) * (width + 2 * pad) + this.outWidth : this.outWidth;
    this.sums = arena.reserve((stride === 1 ? this.windows : this.outHeight * this.outWidth) * this.panels * PANEL);
    this.step = this.outHeight * this.outWidth * outputs;
    this.outputs = this.step;
    this.out = arena.reserve(BATCH * this.step);
    this.activate = overAll(pick(ACTIVATIONS, "activation", spec.activation));
    this.numWeights = (length + 1) * outputs;
    this.multiplyAdds = this.outHeight * this.outWidth * length * outputs;
  }

  /**
   * As of `Dense`, a row an image.
   * @param {Machine} machine
   * @param {number} at
   * @param {number} step
   * @param {number} count
   */
  run(machine, at, step, count) {
    const { floats } = machine;
    for (let i = 0; i < count; i++) {
      this.#pad(floats, at + i * step);
      this.#convolve(machine);
      this.#collect(floats, this.out + i * this.step);
    }
    this.activate(floats, this.out, this.out + count * this.step);
    return this;
  }

  /**
   * @param {Float32Array} floats
   * @param {number} from
   */
  #pad(floats, from) {
    const line = this.width * this.channels;
    let to = this.padded + this.pad * this.pitch + this.pad * this.channels;
    for (let y = 0; y < this.height; y++, from += line, to += this.pitch) {
      floats.copyWithin(to, from, from + line);
    }
  }

  /** @param {Machine} machine */
  #convolve(machine) {
    const { panels, rows, columns, channels, pitch, stride } = this;
    const lines = stride === 1 ? 1 : this.outHeight;
    for (let y = 0; y < lines; y++) {
      machine.multiply(
        this.windows,
        panels,
        rows,
        columns * channels,
        pitch,
        this.padded + y * stride * pitch,
        stride * channels,
        this.weight,
        this.bias,
        this.sums + y * this.windows * panels * PANEL,
        panels * PANEL,
      );
    }
  }

  /**
   * From the sums, whose rows are padded, to an image.
   * @param {Float32Array} floats
   * @param {number} out
   */
  #collect(floats, out) {
    const { shuffle, outHeight, outWidth } = this;
    const wide = this.panels * PANEL;
    const between = (this.stride === 1 ? this.width + 2 * this.pad : outWidth) * wide;
    const run = this.step / (outHeight * outWidth * shuffle); // floats that stay together
    for (let y = 0; y < outHeight; y++) {
      for (let dy = 0; dy < shuffle; dy++) {
        let from = this.sums + y * between + dy * run;
        for (let x = 0; x < outWidth; x++, from += wide) {
          for (let i = 0; i < run; i++) floats[out++] = floats[from + i];
        }
      }
    }
  }
}
