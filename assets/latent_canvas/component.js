/**
 * The live latent canvas: a trained model's encoder and decoder, run in the page.
 *
 * One module, in this order: arithmetic, networks, the file they come in, the map of latent space,
 * a worker for what does not fit in a frame, and the canvas that people touch. Streamlit calls the
 * default export at every rerun; `Network` and `LatentMap` can be used without a page (tests/js).
 *
 * Images are (height, width, channels) throughout, values from 0 to 1.
 */

// Arithmetic ------------------------------------------------------------------------------------

/** kernel.wat, assembled. Four to five times as fast as the plain loops below. */
const KERNEL =
  "AGFzbQEAAAABDwFgC39/f39/f39/f39/AAIPAQNlbnYGbWVtb3J5AgABAwIBAAcMAQhtdWx0aXBseQAACsAGAb0GAgp/C3sDQCAA" +
  "IQsgBSEMIAkhDQJAA0AgC0EESQ0BIAj9AAQAIRggCP0ABBAhGSAYIRogGSEbIBghHCAZIR0gGCEeIBkhHyAHIRAgDCERIAIhDgNA" +
  "IBEgBmohEiASIAZqIRMgEyAGaiEUIBEgA0ECdGohDwNAIBD9AAQAIRUgEP0ABBAhFiAR/QkCACEXIBggFyAV/eYB/eQBIRggGSAX" +
  "IBb95gH95AEhGSAS/QkCACEXIBogFyAV/eYB/eQBIRogGyAXIBb95gH95AEhGyAT/QkCACEXIBwgFyAV/eYB/eQBIRwgHSAXIBb9" +
  "5gH95AEhHSAU/QkCACEXIB4gFyAV/eYB/eQBIR4gHyAXIBb95gH95AEhHyAQQSBqIRAgEkEEaiESIBNBBGohEyAUQQRqIRQgEUEE" +
  "aiIRIA9JDQALIBEgBCADQQJ0a2ohESAOQQFrIg4NAAsgDSAY/QsEACANIBn9CwQQIA0gCmohDSANIBr9CwQAIA0gG/0LBBAgDSAK" +
  "aiENIA0gHP0LBAAgDSAd/QsEECANIApqIQ0gDSAe/QsEACANIB/9CwQQIA0gCmohDSAMIAZBAnRqIQwgC0EEayELDAALCwJAA0Ag" +
  "C0UNASAI/QAEACEYIAj9AAQQIRn9DAAAAAAAAAAAAAAAAAAAAAAhGiAaIRsgByEQIAwhESACIQ4DQCARIANBfnFBAnRqIQ8CQCAR" +
  "IA9PDQADQCAR/QkCACEXIBggFyAQ/QAEAP3mAf3kASEYIBkgFyAQ/QAEEP3mAf3kASEZIBH9CQIEIRcgGiAXIBD9AAQg/eYB/eQB" +
  "IRogGyAXIBD9AAQw/eYB/eQBIRsgEEHAAGohECARQQhqIhEgD0kNAAsLIANBAXEEQCAR/QkCACEXIBggFyAQ/QAEAP3mAf3kASEY" +
  "IBkgFyAQ/QAEEP3mAf3kASEZIBBBIGohECARQQRqIRELIBEgBCADQQJ0a2ohESAOQQFrIg4NAAsgDSAYIBr95AH9CwQAIA0gGSAb" +
  "/eQB/QsEECANIApqIQ0gDCAGaiEMIAtBAWshCwwACwsgByACIANsQQV0aiEHIAhBIGohCCAJQSBqIQkgAUEBayIBDQALCwCDAgRu" +
  "YW1lAqUBAQAgAARyb3dzAQZwYW5lbHMCCHNlZ21lbnRzAwZsZW5ndGgEA2hvcAUBYQYGYV9zdGVwBwFiCARiaWFzCQFjCgZjX3N0" +
  "ZXALBGxlZnQMA3Jvdw0Db3V0DgFzDwNlbmQQAXARAnAwEgJwMRMCcDIUAnAzFQJiMBYCYjEXAXgYA2MwMBkDYzAxGgNjMTAbA2Mx" +
  "MRwDYzIwHQNjMjEeA2MzMB8DYzMxA1QBAAoABXBhbmVsAQ1ub19tb3JlX2ZvdXJzAgRmb3VyAwdzZWdtZW50BAFrBQxub19tb3Jl" +
  "X29uZXMGA29uZQcHc2VnbWVudAgIbm9fcGFpcnMJAWs=";

/** Columns that are computed together; weights are packed into panels of so many. */
const PANEL = 8;
/** Codes that are decoded together: enough to use each weight that was fetched more than once. */
const BATCH = 16;

/** Numbers of a network, laid out first and then placed in one memory. */
class Arena {
  size = 0;
  fillings = [];

  /** Reserve `count` floats; `fill` is later given the view of them. */
  reserve(count, fill) {
    const at = this.size;
    this.size += Math.ceil(count / PANEL) * PANEL;
    if (fill) this.fillings.push((floats) => fill(floats.subarray(at, at + count)));
    return at;
  }

  /** Make the memory, and return `{ floats, multiply }` on it. */
  place(simd) {
    const pages = Math.ceil((this.size * 4) / 65536) + 1;
    let machine = null;
    if (simd && typeof WebAssembly === "object") {
      try {
        machine = this.#wasm(pages);
      } catch {
        // No WebAssembly here, or none with SIMD: the plain loops give the same numbers.
      }
    }
    machine ??= plainMachine(new Float32Array(this.size));
    for (const fill of this.fillings) fill(machine.floats);
    this.fillings = [];
    return machine;
  }

  #wasm(pages) {
    const binary = Uint8Array.from(atob(KERNEL), (letter) => letter.charCodeAt(0));
    const memory = new WebAssembly.Memory({ initial: pages });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
    const { multiply } = instance.exports;
    return {
      simd: true,
      floats: new Float32Array(memory.buffer),
      multiply: (rows, panels, segments, length, hop, a, aStep, b, bias, c, cStep) =>
        multiply(rows, panels, segments, length, 4 * hop, 4 * a, 4 * aStep, 4 * b, 4 * bias, 4 * c, 4 * cStep),
    };
  }
}

/** What kernel.wat does, in plain JavaScript: eight sums at a time over one row. Counts in floats. */
function plainMachine(floats) {
  function multiply(rows, panels, segments, length, hop, a, aStep, b, bias, c, cStep) {
    for (let panel = 0; panel < panels; panel++) {
      for (let row = 0; row < rows; row++) {
        let s0 = floats[bias], s1 = floats[bias + 1], s2 = floats[bias + 2], s3 = floats[bias + 3];
        let s4 = floats[bias + 4], s5 = floats[bias + 5], s6 = floats[bias + 6], s7 = floats[bias + 7];
        let w = b;
        for (let segment = 0; segment < segments; segment++) {
          const from = a + row * aStep + segment * hop;
          for (let k = from; k < from + length; k++, w += PANEL) {
            const x = floats[k];
            s0 += x * floats[w];
            s1 += x * floats[w + 1];
            s2 += x * floats[w + 2];
            s3 += x * floats[w + 3];
            s4 += x * floats[w + 4];
            s5 += x * floats[w + 5];
            s6 += x * floats[w + 6];
            s7 += x * floats[w + 7];
          }
        }
        const out = c + row * cStep;
        floats[out] = s0;
        floats[out + 1] = s1;
        floats[out + 2] = s2;
        floats[out + 3] = s3;
        floats[out + 4] = s4;
        floats[out + 5] = s5;
        floats[out + 6] = s6;
        floats[out + 7] = s7;
      }
      b += segments * length * PANEL;
      bias += PANEL;
      c += PANEL;
    }
  }
  return { simd: false, floats, multiply };
}

/** erf to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26). */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - poly * Math.exp(-x * x));
}

/** Elementwise functions, by the names that vaelab.config gives them. */
const ACTIVATIONS = {
  none: (x) => x,
  relu: (x) => (x > 0 ? x : 0),
  leaky_relu: (x) => (x > 0 ? x : 0.01 * x),
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  tanh: Math.tanh,
};

/** E[x|z] from a decoder's logits, by the names that vaelab.export gives them. */
const MEANS = {
  sigmoid: (l) => 1 / (1 + Math.exp(-l)),
  // Loaiza-Ganem and Cunningham 2019, equation 8; near zero its series.
  continuous_bernoulli: (l) =>
    Math.abs(l) < 0.2 ? 0.5 + l / 12 - l ** 3 / 720 + l ** 5 / 30240 : 0.5 + 0.5 / Math.tanh(l / 2) - 1 / l,
};

const overAll = (f) => (floats, from, to) => {
  for (let i = from; i < to; i++) floats[i] = f(floats[i]);
};

// Networks --------------------------------------------------------------------------------------

/** y = f(x W + b), for a batch of rows; where a label is told, b has that label's row added. */
class Dense {
  constructor(arena, spec, tensors) {
    const weight = take(tensors, spec.weight, 2);
    [this.inputs, this.outputs] = weight.shape;
    const bias = take(tensors, spec.bias, 1, this.outputs);
    this.panels = Math.ceil(this.outputs / PANEL);
    this.step = this.panels * PANEL;
    this.weight = arena.reserve(this.panels * this.inputs * PANEL, (to) =>
      pack(weight.data, this.inputs, this.outputs, to));
    this.bias = arena.reserve(this.step, (to) => to.set(bias.data));
    this.out = arena.reserve(BATCH * this.step);
    this.activate = overAll(pick(ACTIVATIONS, "activation", spec.activation));
    this.multiplyAdds = this.inputs * this.outputs;
    if (!spec.labels) return;
    this.numLabels = take(tensors, spec.labels, 2).shape[0];
    const labels = take(tensors, spec.labels, 2, this.numLabels * this.outputs);
    this.tell = ({ floats }, label) => {
      for (let i = 0; i < this.outputs; i++) {
        floats[this.bias + i] = bias.data[i] + labels.data[label * this.outputs + i];
      }
    };
  }

  run(machine, at, step, count) {
    machine.multiply(
      count, this.panels, 1, this.inputs, this.inputs, at, step, this.weight, this.bias, this.out, this.step,
    );
    this.activate(machine.floats, this.out, this.out + count * this.step);
    return this;
  }
}

/**
 * A convolution of (height, width, channels) images, zeros around them; with `shuffle` 2 each
 * output is four pixels, lying (dy, dx, channel), and the image twice as high and wide.
 */
class Conv {
  constructor(arena, spec, tensors) {
    const weight = take(tensors, spec.weight, 4);
    const [rows, columns, channels, outputs] = weight.shape;
    const bias = take(tensors, spec.bias, 1, outputs);
    const { height, width, stride, pad, shuffle } = spec;
    Object.assign(this, { rows, columns, channels, outputs, height, width, stride, pad, shuffle });
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
    this.windows = stride === 1
      ? (this.outHeight - 1) * (width + 2 * pad) + this.outWidth
      : this.outWidth;
    this.sums = arena.reserve((stride === 1 ? this.windows : this.outHeight * this.outWidth) * this.panels * PANEL);
    this.step = this.outHeight * this.outWidth * outputs;
    this.outputs = this.step;
    this.out = arena.reserve(BATCH * this.step);
    this.activate = overAll(pick(ACTIVATIONS, "activation", spec.activation));
    this.multiplyAdds = this.outHeight * this.outWidth * length * outputs;
  }

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

  #pad(floats, from) {
    const line = this.width * this.channels;
    let to = this.padded + this.pad * this.pitch + this.pad * this.channels;
    for (let y = 0; y < this.height; y++, from += line, to += this.pitch) {
      floats.copyWithin(to, from, from + line);
    }
  }

  #convolve(machine) {
    const { panels, rows, columns, channels, pitch, stride } = this;
    const lines = stride === 1 ? 1 : this.outHeight;
    for (let y = 0; y < lines; y++) {
      machine.multiply(
        this.windows, panels, rows, columns * channels, pitch, this.padded + y * stride * pitch,
        stride * channels, this.weight, this.bias, this.sums + y * this.windows * panels * PANEL, panels * PANEL,
      );
    }
  }

  /** From the sums, whose rows are padded, to an image. */
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

/** One number a pixel, added. */
class Add {
  constructor(arena, spec, tensors) {
    const bias = take(tensors, spec.bias, 1);
    this.inputs = this.outputs = bias.data.length;
    this.bias = arena.reserve(this.inputs, (to) => to.set(bias.data));
    this.multiplyAdds = 0;
  }

  run({ floats }, at, step, count) {
    Object.assign(this, { out: at, step });
    for (let i = 0; i < count; i++) {
      const from = at + i * step;
      for (let j = 0; j < this.inputs; j++) floats[from + j] += floats[this.bias + j];
    }
    return this;
  }
}

const LAYERS = { dense: Dense, conv: Conv, add: Add };

function pick(table, what, name) {
  if (Object.hasOwn(table, name)) return table[name];
  throw new Error(
    `The live decoder does not know the ${what} “${name}”: reload the page, and if that does not help, update vaelab.`,
  );
}

/** The array called `name`, which must have so many dimensions or, where it has one, numbers. */
function take(tensors, name, dimensions, numbers) {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`What reached the browser lacks “${name}”: reload the page.`);
  if (tensor.shape.length !== dimensions) {
    throw new Error(`“${name}” has ${tensor.shape.length} dimensions and not ${dimensions}: reload the page.`);
  }
  if (numbers !== undefined && tensor.data.length !== numbers) {
    throw new Error(`“${name}” has ${tensor.data.length} numbers and not ${numbers}: reload the page.`);
  }
  return tensor;
}

/** (inputs, outputs), row by row, to panels of eight columns; columns that are missing are zero. */
function pack(weight, inputs, outputs, to) {
  for (let k = 0; k < inputs; k++) {
    for (let column = 0; column < outputs; column += PANEL) {
      const at = column * inputs + k * PANEL;
      const from = k * outputs + column;
      const most = Math.min(PANEL, outputs - column);
      for (let i = 0; i < most; i++) to[at + i] = weight[from + i];
    }
  }
}

/** A model's encoder and decoder. */
export class Network {
  /**
   * @param {Uint8Array} bytes  What vaelab.export.browser_model made.
   * @param {{simd?: boolean}} options  Without SIMD, plain loops.
   * @throws {Error} With a sentence, if this cannot be run.
   */
  constructor(bytes, { simd = true } = {}) {
    const { tensors, metadata } = readSafetensors(bytes);
    const spec = specOf(metadata, "model");
    this.latentDim = spec.latent_dim;
    [this.channels, this.height, this.width] = spec.image_shape;
    this.isVae = spec.is_vae;
    this.numPixels = this.channels * this.height * this.width;
    const arena = new Arena();
    const build = (layers) =>
      layers.map((layer) => new (pick(LAYERS, "layer", layer.op))(arena, layer, tensors));
    this.decoder = build(spec.decoder);
    this.encoder = build(spec.encoder);
    this.mean = overAll(pick(MEANS, "pixel model", spec.mean));
    this.input = arena.reserve(BATCH * Math.max(this.latentDim, this.numPixels));
    check(this.decoder, this.latentDim, this.numPixels);
    check(this.encoder, this.numPixels, 2 * this.latentDim);
    this.machine = arena.place(simd);
    this.multiplyAdds = this.decoder.reduce((sum, layer) => sum + layer.multiplyAdds, 0);
    this.labelled = [this.encoder, this.decoder].flat().filter((layer) => layer.tell);
    const [numLabels = 0, another = numLabels] = this.labelled.map((layer) => layer.numLabels);
    if (another !== numLabels) {
      throw new Error(`The encoder knows ${numLabels} labels and the decoder ${another}: reload the page.`);
    }
    this.numLabels = numLabels;
  }

  /** Tell the layers of a conditional model the label to go by. */
  #tell(label) {
    if (label === this.told) return;
    for (const layer of this.labelled) layer.tell(this.machine, label);
    this.told = label;
  }

  /**
   * @param {ArrayLike<number>} z  `count` codes, one after another.
   * @param {number} label  Of all of them; only a conditional model reads it.
   * @returns {Float32Array} `count` images; valid until the next call.
   */
  decode(z, count = 1, label = 0) {
    this.#tell(label);
    if (count > BATCH) {
      const images = new Float32Array(count * this.numPixels);
      for (let i = 0; i < count; i += BATCH) {
        const some = Math.min(BATCH, count - i);
        const part = Array.prototype.slice.call(z, i * this.latentDim, (i + some) * this.latentDim);
        images.set(this.decode(part, some, label), i * this.numPixels);
      }
      return images;
    }
    const { floats } = this.machine;
    const [at, step] = this.#run(this.decoder, z, this.latentDim, count);
    // The last layer may be padded: close up, from the front.
    for (let i = 1; i < count; i++) {
      floats.copyWithin(at + i * this.numPixels, at + i * step, at + i * step + this.numPixels);
    }
    this.mean(floats, at, at + count * this.numPixels);
    return floats.subarray(at, at + count * this.numPixels);
  }

  /**
   * @param {ArrayLike<number>} image
   * @param {number} label  Of the image; only a conditional model reads it.
   * @returns {{mu: Float32Array, sigma: Float32Array}} Its posterior; an autoencoder's sigma is 0.
   */
  encode(image, label = 0) {
    this.#tell(label);
    const [at] = this.#run(this.encoder, image, this.numPixels, 1);
    const d = this.latentDim;
    const out = this.machine.floats.slice(at, at + 2 * d);
    const sigma = out.subarray(d).map((logvar) => (this.isVae ? Math.exp(logvar / 2) : 0));
    return { mu: out.subarray(0, d), sigma };
  }

  #run(layers, values, step, count) {
    const { floats } = this.machine;
    let at = this.input;
    for (let i = 0; i < count * step; i++) floats[at + i] = values[i];
    for (const layer of layers) ({ out: at, step } = layer.run(this.machine, at, step, count));
    return [at, step];
  }
}

function check(layers, inputs, outputs) {
  let width = inputs;
  for (const layer of layers) {
    if (layer.inputs !== width) {
      throw new Error(`A layer of ${layer.inputs} inputs follows one of ${width} outputs: reload the page.`);
    }
    width = layer.outputs;
  }
  if (width !== outputs) throw new Error(`The network gives ${width} numbers and not ${outputs}: reload the page.`);
}

// Files -----------------------------------------------------------------------------------------

const READERS = {
  F32: (buffer) => new Float32Array(buffer),
  F16: (buffer) => halvesToFloats(new Uint16Array(buffer)),
  I32: (buffer) => new Int32Array(buffer),
  U8: (buffer) => new Uint8Array(buffer),
};

function halfToFloat(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction);
}

let halves = null;

/** All at once, by a table: there are but 65,536 of them. */
function halvesToFloats(bits) {
  halves ??= Float32Array.from({ length: 65536 }, (_, i) => halfToFloat(i));
  const floats = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) floats[i] = halves[bits[i]];
  return floats;
}

/** The beginning of a safetensors file: what its arrays are, and its metadata. */
function readHeader(bytes) {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = 8 + Number(view.getBigUint64(0, true));
    const { __metadata__: metadata = {}, ...entries } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
    return { start, metadata, entries };
  } catch (error) {
    throw new Error(NOT_WHOLE, { cause: error });
  }
}

const NOT_WHOLE = "What reached the browser is not a whole safetensors file: reload the page.";

/** Read a safetensors file: a map from names to `{ shape, data }`, and its metadata. */
export function readSafetensors(bytes) {
  const { start, metadata, entries } = readHeader(bytes);
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(entries)) {
    if (start + to > bytes.length) throw new Error(NOT_WHOLE);
    const read = pick(READERS, "type of number", dtype);
    // Copied, since a typed array must begin at a multiple of its width.
    tensors.set(name, { shape, data: read(bytes.slice(start + from, start + to).buffer) });
  }
  return { tensors, metadata };
}

/** What the metadata say in JSON of a file of one kind. */
function specOf(metadata, kind) {
  try {
    if (metadata.kind === kind) return JSON.parse(metadata[kind]);
  } catch {
    // Broken, or absent: the same sentence does for that.
  }
  throw new Error(`This is not a ${kind} for the browser: reload the page.`);
}

// The map ---------------------------------------------------------------------------------------

/** Neighbours that lift a place to a code or place a code, and that density is told from. */
const NEIGHBOURS = 8;

/** The `k` rows of `table` (n x d) nearest to `point`, nearest first: `{ rows, squares }`. */
export function nearest(table, d, point, k = NEIGHBOURS) {
  const rows = new Int32Array(k).fill(-1);
  const squares = new Float64Array(k).fill(Infinity);
  for (let row = 0, at = 0; at < table.length; row++, at += d) {
    let square = 0;
    for (let j = 0; j < d; j++) {
      const difference = table[at + j] - point[j];
      square += difference * difference;
    }
    if (square >= squares[k - 1]) continue;
    let i = k - 1;
    for (; i > 0 && squares[i - 1] > square; i--) {
      squares[i] = squares[i - 1];
      rows[i] = rows[i - 1];
    }
    squares[i] = square;
    rows[i] = row;
  }
  return { rows, squares };
}

/** Where codes lie on the plane and back, as vaelab.latent.projections does it. */
export class LatentMap {
  /** @param {Uint8Array} bytes  What vaelab.export.browser_map made. */
  constructor(bytes) {
    const { tensors, metadata } = readSafetensors(bytes);
    Object.assign(this, specOf(metadata, "map"));
    this.codes = take(tensors, "codes", 2).data;
    this.latentDim = take(tensors, "codes", 2).shape[1];
    this.images = take(tensors, "indices", 1).data;
    this.labels = tensors.get("labels")?.data;
    if (this.projection === "pca") {
      this.center = take(tensors, "center", 1, this.latentDim).data;
      this.components = take(tensors, "components", 2, 2 * this.latentDim).data;
    }
    this.places = tensors.get("coordinates")?.data ?? this.#placeAll();
  }

  /** Where all points lie, when the file does not say because it follows from their codes. */
  #placeAll() {
    const places = new Float32Array((2 * this.codes.length) / this.latentDim);
    for (let i = 0; 2 * i < places.length; i++) {
      places.set(this.place(this.codes.subarray(i * this.latentDim, (i + 1) * this.latentDim)), 2 * i);
    }
    return places;
  }

  /** The code of a point. */
  code(point) {
    return this.codes.slice(point * this.latentDim, (point + 1) * this.latentDim);
  }

  /** A code for a place: the way back from the map. */
  lift([x, y]) {
    const d = this.latentDim;
    if (this.projection === "umap") return weightedMean(this.places, 2, [x, y], this.codes, d);
    const z = new Float32Array(d);
    for (let j = 0; j < d; j++) {
      if (this.projection === "plane") z[j] = [x, y][j];
      else z[j] = this.center[j] + x * this.components[j] + y * this.components[d + j];
    }
    return z;
  }

  /** The code to go to from `z` for its place to be `place`: what the map does not show stays. */
  step(z, place) {
    if (this.projection === "umap") return this.lift(place);
    const [before, after] = [this.lift(this.place(z)), this.lift(place)];
    return z.map((value, j) => value + after[j] - before[j]);
  }

  /** The place of a code. */
  place(z) {
    const d = this.latentDim;
    if (this.projection === "umap") return Array.from(weightedMean(this.codes, d, z, this.places, 2));
    if (this.projection === "plane") return [z[0], d > 1 ? z[1] : 0];
    let x = 0, y = 0;
    for (let j = 0; j < d; j++) {
      x += (z[j] - this.center[j]) * this.components[j];
      y += (z[j] - this.center[j]) * this.components[d + j];
    }
    return [x, y];
  }

  /**
   * Covariance on the map, `[xx, xy, yy]`, of a Gaussian posterior. Exact on a plane or a PCA map;
   * on a UMAP map, which is not linear, that of 64 draws.
   */
  covariance({ mu, sigma }) {
    const d = this.latentDim;
    if (this.projection === "plane") return [sigma[0] ** 2, 0, d > 1 ? sigma[1] ** 2 : 0];
    let xx = 0, xy = 0, yy = 0;
    if (this.projection === "pca") {
      for (let j = 0; j < d; j++) {
        const [a, b] = [this.components[j] * sigma[j], this.components[d + j] * sigma[j]];
        xx += a * a;
        xy += a * b;
        yy += b * b;
      }
      return [xx, xy, yy];
    }
    const draws = Array.from({ length: 64 }, () => this.place(mu.map((m, j) => m + sigma[j] * normal())));
    const [x, y] = [0, 1].map((i) => draws.reduce((sum, place) => sum + place[i], 0) / draws.length);
    for (const place of draws) {
      xx += (place[0] - x) ** 2 / draws.length;
      xy += ((place[0] - x) * (place[1] - y)) / draws.length;
      yy += (place[1] - y) ** 2 / draws.length;
    }
    return [xx, xy, yy];
  }

  /**
   * How far to trust a decode at `z`: the nearest image's point and distance, and the share of
   * images (0 to 1) whose own surroundings are denser than those of `z`.
   */
  trust(z) {
    const k = Math.min(NEIGHBOURS, this.codes.length / this.latentDim);
    const { rows, squares } = nearest(this.codes, this.latentDim, z, k);
    const radius = Math.sqrt(squares[k - 1]);
    const sparser = this.radii.findIndex((r) => r >= radius);
    return {
      point: rows[0],
      distance: Math.sqrt(squares[0]),
      share: sparser < 0 ? 1 : sparser / (this.radii.length - 1),
    };
  }

  /** What the image of a point is called. */
  label(point) {
    return this.labels ? this.label_names[this.labels[point]] : null;
  }
}

/** Mean of the values of the nearest keys, weighted by inverse squared distance. */
function weightedMean(keys, d, point, values, width) {
  const { rows, squares } = nearest(keys, d, point, Math.min(NEIGHBOURS, keys.length / d));
  const mean = new Float32Array(width);
  let total = 0;
  squares.forEach((square, i) => {
    const weight = 1 / (square + 1e-12);
    total += weight;
    for (let j = 0; j < width; j++) mean[j] += weight * values[rows[i] * width + j];
  });
  return mean.map((sum) => sum / total);
}

/** A draw from N(0, 1) (Box and Muller 1958). */
function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

// A worker --------------------------------------------------------------------------------------

/** In the worker: one network, one request after another. */
function serve() {
  let network;
  self.onmessage = ({ data: { bytes, z, count, label } }) => {
    if (bytes) {
      network = new Network(bytes);
      return;
    }
    const images = network.decode(z, count, label).slice();
    self.postMessage(images, [images.buffer]);
  };
}

if (typeof WorkerGlobalScope === "function" && self instanceof WorkerGlobalScope) serve();

/** Multiply-adds that a worker may do before it looks for something newer: some 5 ms. */
const SLICE = 2e7;

/** Decodes beside the page; what has not been begun gives way to what is newer on its channel. */
class Background {
  #waiting = new Map();
  #begun = new Map();
  #busy = null;

  constructor(network, bytes) {
    this.network = network;
    this.slice = Math.max(1, Math.floor(SLICE / network.multiplyAdds));
    try {
      this.worker = new Worker(import.meta.url, { type: "module" });
      this.worker.postMessage({ bytes });
      this.worker.onmessage = ({ data }) => this.#finish(data);
      this.worker.onerror = () => this.#withoutWorker();
    } catch {
      this.worker = null; // then between frames, in the page itself
    }
  }

  /** Decode `count` codes of one label; `done` receives the images. */
  ask(channel, z, count, label, done) {
    this.#waiting.set(channel, { channel, z, count, label, done, ready: 0 });
    this.#next();
  }

  end() {
    this.#waiting.clear();
    this.#begun.clear();
    this.worker?.terminate();
  }

  /** What is being looked at first; then what was begun, so that it is ever finished. */
  #next() {
    if (this.#busy) return;
    const first = (tasks) => tasks.values().next().value;
    const task = this.#waiting.get("shown") ?? first(this.#begun) ?? first(this.#waiting);
    if (!task) return;
    if (this.#waiting.get(task.channel) === task) this.#waiting.delete(task.channel);
    task.images ??= new Float32Array(task.count * this.network.numPixels);
    this.#busy = task;
    this.#send();
  }

  #send() {
    const { z, count, label, ready } = this.#busy;
    const some = Math.min(this.slice, count - ready);
    const part = z.slice(ready * this.network.latentDim, (ready + some) * this.network.latentDim);
    if (this.worker) this.worker.postMessage({ z: part, count: some, label });
    else setTimeout(() => this.#finish(this.network.decode(part, some, label)));
  }

  #finish(images) {
    const task = this.#busy;
    this.#busy = null;
    task.images.set(images, task.ready * this.network.numPixels);
    task.ready += images.length / this.network.numPixels;
    const whole = task.ready === task.count;
    if (whole) this.#begun.delete(task.channel);
    else this.#begun.set(task.channel, task);
    if (whole) task.done(task.images);
    this.#next();
  }

  #withoutWorker() {
    if (!this.worker) return; // it may complain of more than one message
    this.worker.terminate();
    this.worker = null;
    if (this.#busy) this.#send();
  }
}

// The chart -------------------------------------------------------------------------------------

/** How near, in pixels, a click must be to a point to mean its image. */
const TOUCHING = 6;
/** Plotly's events after which places lie elsewhere on the screen. */
const MOVES = ["plotly_relayouting", "plotly_relayout", "plotly_afterplot"];

/** Streamlit's Plotly chart, found anew each time, since a rerun may put another in its place. */
class Chart {
  constructor(key, redraw) {
    this.selector = `.st-key-${CSS.escape(key)} .js-plotly-plot`;
    this.redraw = redraw;
    this.answering = false;
    this.layer = document.createElement("div");
    this.layer.className = "lc-overlay";
    this.layer.innerHTML = '<svg aria-hidden="true"></svg><canvas class="lc-lens" hidden></canvas>';
    [this.svg, this.lens] = this.layer.children;
    this.moved = () => this.#moved();
    this.watch = setInterval(() => this.#attach(), 250);
    this.#attach();
  }

  end() {
    clearInterval(this.watch);
    this.answer(false);
    this.#detach();
    this.layer.remove();
  }

  /**
   * Whether the canvas answers clicks. Plotly's own selection, which goes to the server, would send
   * each once more; where the canvas cannot run it is the way that is left.
   */
  answer(yes) {
    this.answering = yes;
    if (this.attached?._fullLayout) this.attached._fullLayout.clickmode = yes ? "event" : "event+select";
  }

  /** The element, once Plotly has drawn it. */
  get plot() {
    const plot = document.querySelector(this.selector);
    return plot?._fullLayout?.xaxis?._length ? plot : null;
  }

  /** Draw over a chart that is new, and again whenever it is moved. */
  #attach() {
    const { plot } = this;
    if (!plot || (plot === this.attached && this.layer.isConnected)) return;
    this.#detach();
    this.attached = plot;
    plot.append(this.layer);
    for (const event of MOVES) plot.on(event, this.moved);
    this.#moved();
  }

  #detach() {
    for (const event of MOVES) this.attached?.removeListener?.(event, this.moved);
    this.attached = null;
  }

  #moved() {
    if (!this.attached?._fullLayout) return;
    this.answer(this.answering); // Plotly has made its layout anew
    this.redraw();
  }

  /** The place on the map under the pointer, or null beside the map. */
  placeAt({ clientX, clientY }) {
    const { plot } = this;
    if (!plot) return null;
    const { xaxis, yaxis } = plot._fullLayout;
    const box = plot.getBoundingClientRect();
    const [x, y] = [clientX - box.left - xaxis._offset, clientY - box.top - yaxis._offset];
    if (x < 0 || y < 0 || x > xaxis._length || y > yaxis._length) return null;
    return [xaxis.p2d(x), yaxis.p2d(y)];
  }

  /** Where a place is drawn, in pixels from the chart's corner. */
  pixels([x, y]) {
    const { xaxis, yaxis } = this.plot._fullLayout;
    return [xaxis._offset + xaxis.d2p(x), yaxis._offset + yaxis.d2p(y)];
  }

  /** Pixels per unit along each axis. */
  get scale() {
    const { xaxis, yaxis } = this.plot._fullLayout;
    return [xaxis.d2p(1) - xaxis.d2p(0), yaxis.d2p(1) - yaxis.d2p(0)];
  }

  /** A hundredth of what is seen: one step of an arrow key. */
  get stride() {
    const { xaxis, yaxis } = this.plot._fullLayout;
    return [xaxis, yaxis].map((axis) => Math.abs(axis.p2d(axis._length) - axis.p2d(0)) / 100);
  }

  /** Draw the path, the pins, the posterior and where z is. */
  draw({ here, pins, way, posterior }) {
    const { plot } = this;
    if (!plot) return;
    const { xaxis, yaxis } = plot._fullLayout;
    const line = way.map((place) => this.pixels(place).join(",")).join(" ");
    const shapes = [];
    if (posterior) shapes.push(...[2, 1].map((times) => this.#ellipse(posterior, times)));
    if (line) shapes.push(`<polyline class="lc-halo" points="${line}"/><polyline class="lc-way" points="${line}"/>`);
    if (pins.length > 1) {
      pins.forEach((place, i) => {
        const [x, y] = this.pixels(place);
        const letter = String.fromCharCode(65 + (i % 26));
        shapes.push(`<circle class="lc-pin" cx="${x}" cy="${y}" r="6"/><text x="${x}" y="${y - 13}">${letter}</text>`);
      });
    }
    const [x, y] = this.pixels(here);
    shapes.push(`<circle class="lc-here" data-testid="here" cx="${x}" cy="${y}" r="7"/>`);
    const [left, top] = [xaxis._offset, yaxis._offset];
    this.svg.style.clipPath =
      `polygon(${[[0, 0], [1, 0], [1, 1], [0, 1]].map(([i, j]) =>
        `${left + i * xaxis._length}px ${top + j * yaxis._length}px`).join(",")})`;
    this.svg.innerHTML = shapes.join("");
  }

  #ellipse({ place, covariance: [xx, xy, yy] }, times) {
    const [sx, sy] = this.scale;
    const [a, b, c] = [xx * sx * sx, xy * sx * sy, yy * sy * sy];
    const middle = (a + c) / 2, spread = Math.hypot((a - c) / 2, b);
    const [rx, ry] = [middle + spread, middle - spread].map((square) => times * Math.sqrt(Math.max(square, 0)));
    const angle = (Math.atan2(2 * b, a - c) / 2) * (180 / Math.PI);
    const [x, y] = this.pixels(place);
    return `<ellipse class="lc-posterior" data-sigmas="${times}" rx="${rx}" ry="${ry}"
      transform="translate(${x} ${y}) rotate(${angle})"/>`;
  }

  /** Put the lens beside the pointer, on the side where there is room. */
  moveLens(pointer) {
    this.lens.hidden = !pointer;
    if (!pointer) return;
    const box = this.plot.getBoundingClientRect();
    const [x, y] = [pointer.clientX - box.left, pointer.clientY - box.top];
    const [size, gap] = [104, 18];
    this.lens.style.left = `${x - gap - size > 0 ? x - gap - size : x + gap}px`;
    this.lens.style.top = `${y - gap - size > 0 ? y - gap - size : y + gap}px`;
  }
}

// What people touch -----------------------------------------------------------------------------

/** Paints images onto a canvas element, one pixel a pixel; style sheets make them large. */
class Picture {
  constructor(element, { width, height, channels }) {
    Object.assign(element, { width, height });
    this.element = element;
    this.channels = channels;
    this.width = width;
    this.context = element.getContext("2d");
    this.pixels = this.context.createImageData(width, height);
    this.pixels.data.fill(255);
  }

  paint(image, column = 0) {
    const { data } = this.pixels;
    const { channels } = this;
    for (let i = 0, j = 0; i < data.length; i += 4, j += channels) {
      data[i] = 255 * image[j];
      data[i + 1] = 255 * image[channels > 1 ? j + 1 : j];
      data[i + 2] = 255 * image[channels > 1 ? j + 2 : j];
    }
    this.context.putImageData(this.pixels, column * this.width, 0);
  }

  /** Paint `count` images beside each other. */
  paintAll(images, count) {
    if (this.element.width !== count * this.width) this.element.width = count * this.width;
    const size = images.length / count;
    for (let i = 0; i < count; i++) this.paint(images.subarray(i * size, (i + 1) * size), i);
  }
}

/** A pad of the dataset's size to draw on, or to drop an image onto. */
class Pad {
  constructor(root, network, background, changed, signal) {
    this.root = root;
    this.element = root.querySelector(".lc-pad");
    this.wrong = root.querySelector(".lc-wrong");
    this.network = network;
    this.background = Array.from({ length: network.channels }, (_, c) => background[c] ?? background[0]);
    this.changed = changed;
    this.picture = new Picture(this.element, network);
    this.image = new Float32Array(network.numPixels);
    this.brush = [Math.floor(network.width / 2), Math.floor(network.height / 2)];
    this.ink = root.querySelector("[data-do=ink]");
    root.querySelector(".lc-ink").hidden = network.channels === 1;
    this.clear();
    this.signal = signal;
    const on = (element, type, listener) => element.addEventListener(type, listener, { signal });
    on(this.element, "pointerdown", (event) => this.#down(event));
    on(this.element, "pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"]) on(this.element, type, () => this.#up());
    on(this.element, "keydown", (event) => this.#key(event));
    on(this.element, "blur", () => this.paint());
    for (const type of ["dragover", "dragleave", "drop"]) {
      on(root.querySelector(".lc-draw"), type, (event) => {
        event.preventDefault();
        this.element.classList.toggle("lc-over", type === "dragover");
        if (type === "drop") this.open(event.dataTransfer.files[0]);
      });
    }
    const file = root.querySelector("[data-do=file]");
    on(file, "change", () => {
      this.open(file.files[0]);
      file.value = "";
    });
  }

  clear() {
    this.image.forEach((_, i) => (this.image[i] = this.background[i % this.network.channels]));
    this.paint();
  }

  invert() {
    this.image.forEach((value, i) => (this.image[i] = 1 - value));
    this.paint();
    this.changed(true);
  }

  copy(image) {
    this.image.set(image);
    this.paint();
    this.changed(true);
  }

  /** Take over a file's picture: its middle square, at the dataset's size. */
  async open(file) {
    this.root.querySelector(".lc-draw").open = true; // it can be dropped on the title as well
    this.wrong.textContent = "";
    let bitmap;
    try {
      bitmap = await createImageBitmap(file);
    } catch {
      this.wrong.textContent = "That is not a picture this browser can read: a PNG or JPEG file would do.";
      return;
    }
    if (this.signal.aborted) return; // another run has taken over the pad
    const { width, height, channels } = this.network;
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.fillStyle = `rgb(${[0, 1, 2].map((c) => 255 * this.background[c % channels])})`;
    context.fillRect(0, 0, width, height);
    const side = Math.min(bitmap.width, bitmap.height);
    context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, width, height);
    bitmap.close();
    const { data } = context.getImageData(0, 0, width, height);
    for (let i = 0, j = 0; i < data.length; i += 4) {
      const rgb = [data[i] / 255, data[i + 1] / 255, data[i + 2] / 255];
      if (channels === 1) this.image[j++] = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]; // BT.601, as Pillow
      else for (const value of rgb) this.image[j++] = value;
    }
    this.paint();
    this.changed(true);
  }

  paint() {
    this.picture.paint(this.image);
    if (document.activeElement !== this.element || !this.element.matches(":focus-visible")) return;
    const { context } = this.picture;
    context.strokeStyle = "#e5007e";
    context.lineWidth = 0.5;
    context.strokeRect(this.brush[0] + 0.25, this.brush[1] + 0.25, 0.5, 0.5);
  }

  #place(event) {
    const box = this.element.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * this.network.width - 0.5,
      ((event.clientY - box.top) / box.height) * this.network.height - 0.5,
    ];
  }

  #down(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    this.element.setPointerCapture(event.pointerId);
    this.last = this.#place(event);
    this.#stroke(this.last);
  }

  #move(event) {
    if (!this.last || !event.isPrimary) return;
    const parts = event.getCoalescedEvents?.() ?? [];
    for (const part of parts.length ? parts : [event]) this.#stroke(this.#place(part));
  }

  #up() {
    if (!this.last) return;
    this.last = null;
    this.changed(true);
  }

  #key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    if (step) {
      const most = [this.network.width - 1, this.network.height - 1];
      this.brush = this.brush.map((at, i) => Math.min(most[i], Math.max(0, at + step[i])));
      this.paint();
    } else {
      this.last = this.brush;
      this.#stroke(this.brush);
      this.#up();
    }
  }

  /** Paint from where the brush was to `place`, in steps of half a pixel. */
  #stroke(place) {
    const from = this.last;
    const steps = Math.ceil(2 * Math.hypot(place[0] - from[0], place[1] - from[1])) || 1;
    for (let i = 1; i <= steps; i++) {
      this.#dab(from.map((start, axis) => start + ((place[axis] - start) * i) / steps));
    }
    this.last = place;
    this.paint();
    this.changed(false);
  }

  /** A soft round dab; strokes are then as thick and as smooth as those of handwritten digits. */
  #dab([x, y]) {
    const { width, height, channels } = this.network;
    const radius = Math.max(0.9, width / 22);
    const color = this.#color();
    for (let row = Math.max(0, Math.floor(y - radius - 1)); row <= Math.min(height - 1, y + radius + 1); row++) {
      for (let column = Math.max(0, Math.floor(x - radius - 1)); column <= Math.min(width - 1, x + radius + 1); column++) {
        const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(column - x, row - y)));
        for (let c = 0; c < channels; c++) {
          const at = (row * width + column) * channels + c;
          // Towards the ink, never back: dabs overlap without growing darker than one.
          const wanted = this.background[c] + cover * (color[c] - this.background[c]);
          const further = Math.abs(wanted - this.background[c]) > Math.abs(this.image[at] - this.background[c]);
          if (channels > 1) this.image[at] += cover * (color[c] - this.image[at]);
          else if (further) this.image[at] = wanted;
        }
      }
    }
  }

  #color() {
    if (this.network.channels === 1) return [this.background[0] < 0.5 ? 1 : 0];
    const rgb = parseInt(this.ink.value.slice(1), 16);
    return [rgb >> 16, (rgb >> 8) & 255, rgb & 255].map((value) => value / 255);
  }
}

/** Images on the strip of a slider: as many as fit undistorted, within these bounds. */
const STRIP = [3, 16];
/** Sliders shown at once; more are folded away. */
const MOST_ROWS = 6;
/** Milliseconds of a frame that a decode may take before it goes to the worker. */
const FRAME_BUDGET = 12;
/** Seconds that a walk from pin to pin takes, and that a dimension takes there and back. */
const WALK = 2.5;
const CIRCLE = 4;
/** Shares of the images that have denser surroundings; beyond the second a decode is a guess. */
const LEVELS = [
  [0.9, "among", "Among the images"],
  [0.99, "edge", "At the edge of the data"],
  [Infinity, "off", "Off the data"],
];

/** Two digits, and a minus sign that is as wide as a digit. */
const show = (value) => value.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−");

/** Models by id, those used last at the end; canvases that are on the page. */
const models = new Map();
const canvases = new Set();
/** The one of several linked canvases that a person is using: the others follow it. */
let leader = null;
const canvasOf = new WeakMap();
/** Where each run was left, so that coming back to a page finds it there. */
const remembered = new Map();
const MOST_MODELS = 6;

function addModel(bytes) {
  const { id } = JSON.parse(readHeader(bytes).metadata.model);
  if (!models.has(id)) {
    const model = { id };
    try {
      model.network = new Network(bytes);
      model.background = new Background(model.network, bytes);
    } catch (error) {
      model.problem = error.message;
    }
    models.set(id, model);
    for (const [old, { background }] of models) {
      if (models.size <= MOST_MODELS) break;
      if (old === id || [...canvases].some((canvas) => canvas.map?.model === old)) continue;
      background?.end();
      models.delete(old);
    }
  }
  for (const canvas of canvases) canvas.start();
}

class LatentCanvas {
  constructor(root) {
    this.root = root;
    this.part = Object.fromEntries(
      ["problem", "live", "decoded", "where", "level", "near", "path", "path-name", "say"].map((name) =>
        [name, root.querySelector(`.lc-${name}`)]));
    this.control = Object.fromEntries(
      Array.from(root.querySelectorAll("[data-do]"), (element) => [element.dataset.do, element]));
    this.lists = Array.from(root.querySelectorAll(".lc-rows"));
    this.folds = Array.from(root.querySelectorAll(".lc-more"));
    this.ending = new AbortController();
    canvases.add(this);
    this.#listen();
  }

  /** Take over the map that Python sent with this rerun. */
  update(bytes, reply) {
    this.reply = reply;
    const { metadata } = readHeader(bytes);
    if (metadata.map === this.known) return;
    this.known = metadata.map;
    this.#halt("The model is on its way.");
    this.map = null;
    try {
      this.map = new LatentMap(bytes);
    } catch (error) {
      this.#fail(error.message);
      return;
    }
    this.chart = new Chart(this.map.map_key, () => this.#request(true));
    this.start();
    if (this.started) return;
    // Python believes that this page has the model; where it has not, ask for it.
    setTimeout(() => {
      if (this.ending.signal.aborted || !this.map || models.has(this.map.model)) return;
      this.reply.ask("missing", this.map.model);
    }, 400);
  }

  /** Begin to decode, once both map and model are here. */
  start() {
    const model = this.map && models.get(this.map.model);
    if (!model || this.started === model) return;
    if (model.problem) {
      this.#fail(model.problem);
      return;
    }
    models.delete(model.id); // to the end: used last
    models.set(model.id, model);
    this.started = model;
    this.network = model.network;
    const left = remembered.get(this.map.run);
    const known = left?.z.length === this.network.latentDim && left.label < Math.max(1, this.network.numLabels);
    const { z, image, pins, label } = known
      ? left
      : { z: this.map.code(0), image: this.map.images[0], pins: [], label: this.map.labels?.[0] ?? 0 };
    Object.assign(this, { z, image, pins, label, lastImage: image ?? this.map.images[0], lastDim: this.map.dims[0].dim });
    Object.assign(this, { along: 1, posterior: null, pointer: null, drawn: null, cost: 0, slow: false });
    this.shown = new Float32Array(this.network.numPixels);
    this.picture = new Picture(this.part.decoded, this.network);
    this.lensPicture = new Picture(this.chart.lens, this.network);
    this.#makeRows();
    this.#offerLabels();
    this.root.classList.toggle("lc-compact", Boolean(this.map.link));
    this.making = new AbortController();
    this.pad = new Pad(this.root, this.network, this.map.background, (done) => this.#draw(done), this.making.signal);
    this.part.problem.hidden = true;
    this.part.live.hidden = false;
    this.chart.answer(true);
    this.marks = null;
    this.stale = true;
    this.#tick();
    this.root.dataset.state = "ready";
    // On coming back to a page, its panels may stand elsewhere: the server may have moved them.
    if (known && !this.begun) this.#tell();
    this.begun = true;
  }

  end() {
    this.#halt("");
    this.ending.abort();
    canvases.delete(this);
    canvasOf.delete(this.root);
  }

  /** Stop whatever is going on, until `start` begins again. */
  #halt(message) {
    this.#stop();
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.started = null;
    this.making?.abort();
    this.chart?.end();
    this.root.dataset.state = "loading";
    this.#say(message);
  }

  #fail(message) {
    this.#halt(message);
    this.root.dataset.state = "error";
  }

  /** Say something in place of the controls. */
  #say(message) {
    this.part.problem.textContent = message;
    this.part.problem.hidden = false;
    this.part.live.hidden = true;
  }

  // Listening -----------------------------------------------------------------------------------

  #listen() {
    const { signal } = this.ending;
    const on = (target, type, listener, options) => target.addEventListener(type, listener, { signal, ...options });
    on(document, "pointermove", (event) => this.#hover(event), { capture: true });
    on(document.documentElement, "pointerleave", () => this.#leave());
    on(window, "pointerdown", (event) => this.#press(event), { capture: true });
    on(window, "pointerup", (event) => this.#release(event), { capture: true });
    on(window, "pointercancel", () => (this.pressed = null), { capture: true });
    on(window, "resize", () => this.#request(true));
    on(this.part.decoded, "keydown", (event) => this.#key(event));
    on(this.part.decoded, "keyup", (event) => {
      if (!event.key.startsWith("Arrow") || !this.started) return;
      this.#tell();
      this.part.say.textContent = this.#describe(this.z);
    });
    for (const name of ["origin", "random", "image", "play", "forget", "clear", "invert", "copy"]) {
      on(this.control[name], "click", () => this.#command(name));
    }
    on(this.control.along, "input", () => {
      this.#stop();
      this.#goAlong(Number(this.control.along.value));
    });
    on(this.control.along, "change", () => this.#tell());
    on(this.control.label, "change", () => {
      leader = this;
      this.label = Number(this.control.label.value);
      // What was drawn is another code with another label; any other code stays.
      if (this.posterior) this.#draw(true);
      else {
        this.#go(this.z);
        this.#tell();
      }
    });
    for (const list of this.lists) {
      on(list, "input", ({ target }) => this.#slide(Number(target.dataset.dim), Number(target.value)));
      on(list, "change", () => this.#tell());
      on(list, "dblclick", ({ target }) => {
        if (!target.dataset.dim) return;
        this.#slide(Number(target.dataset.dim), 0);
        this.#tell();
      });
    }
    for (const fold of this.folds) on(fold, "toggle", () => this.#request(true));
  }

  #onMap(event) {
    const plot = this.started && this.chart.plot;
    const over = plot?.contains(event.target) && !event.target.closest?.(".modebar, .legend");
    return over ? this.chart.placeAt(event) : null;
  }

  #hover(event) {
    const place = !this.playing && this.#onMap(event);
    if (!place) {
      this.#leave();
      return;
    }
    leader = this;
    // The newest only: whatever moves between two frames is drawn once.
    this.pointer = { clientX: event.clientX, clientY: event.clientY };
    this.#request();
  }

  #leave() {
    if (!this.pointer) return;
    this.pointer = null;
    this.#request();
  }

  #press(event) {
    const place = event.button === 0 && event.isPrimary && this.#onMap(event);
    this.pressed = place ? { place, x: event.clientX, y: event.clientY } : null;
  }

  #release(event) {
    const { pressed } = this;
    this.pressed = null;
    if (!pressed || Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > 5) return;
    // The second click of a double click resets the chart's zoom, and is not a pin.
    const again = event.timeStamp - this.released < 350;
    this.released = event.timeStamp;
    if (!again && this.started) this.#click(pressed.place, event.shiftKey || this.control.extend.checked);
  }

  /** Pin the image touched or, where there is none, the place itself. */
  #click(place, extend) {
    leader = this; // a finger does not hover first
    const { rows: [point] } = nearest(this.map.places, 2, place, 1);
    const [here, there] = [place, this.map.places.subarray(2 * point, 2 * point + 2)].map((p) => this.chart.pixels(p));
    const touched = Math.hypot(here[0] - there[0], here[1] - there[1]) <= TOUCHING;
    if (touched) this.#takeLabel(point);
    this.#pin(touched ? this.map.code(point) : this.map.lift(place), touched ? this.map.images[point] : null, extend);
  }

  #key(event) {
    if (!this.started || event.altKey || event.ctrlKey || event.metaKey) return;
    leader = this;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (step && this.chart.plot) {
      this.#stop();
      const times = event.shiftKey ? 5 : 1;
      const place = this.map.place(this.z).map((at, i) => at + times * step[i] * this.chart.stride[i]);
      this.#go(this.map.step(this.z, place));
    } else if (event.key === "Enter" && !event.repeat) {
      this.#pin(this.z, this.image, event.shiftKey);
    } else if (event.key === "Escape") {
      this.#forget();
    } else return;
    event.preventDefault();
  }

  #command(name) {
    const random = () => this.z.map(() => normal());
    if (["origin", "random", "image"].includes(name)) this.#stop();
    const actions = {
      origin: () => this.#go(this.z.map(() => 0)),
      random: () => this.#go(random(), null),
      image: () => {
        const point = Math.max(0, this.map.images.indexOf(this.lastImage));
        this.#takeLabel(point);
        this.#go(this.map.code(point), this.map.images[point]);
      },
      play: () => this.#play(),
      forget: () => this.#forget(),
      clear: () => this.pad.clear(),
      invert: () => this.pad.invert(),
      copy: () => this.pad.copy(this.shown),
    };
    actions[name]();
    if (["origin", "random", "image"].includes(name)) this.#tell();
  }

  // Moving --------------------------------------------------------------------------------------

  /** Move z; a single pin moves along, a path stays. What was under the pointer gives way. */
  #go(z, image = this.image) {
    this.z = z;
    this.image = image;
    if (image !== null) this.lastImage = image;
    this.posterior = null;
    this.pointer = null;
    if (this.pins.length === 1) this.pins = [{ z }];
    this.marks = null;
    this.#request(true);
  }

  /** An image's code means it together with the image's own label. */
  #takeLabel(point) {
    if (this.network.numLabels) this.label = this.map.labels?.[point] ?? 0;
  }

  #slide(dim, value) {
    this.#stop();
    this.lastDim = dim;
    const z = this.z.slice();
    z[dim] = value;
    this.#go(z);
  }

  #pin(z, image, extend) {
    this.#stop();
    this.pins = [...(extend ? this.pins : this.pins.slice(-1)), { z }];
    this.along = 1;
    this.#go(z, image);
    this.#tell();
    this.part.say.textContent = `Pinned. ${this.#describe(z)}`;
  }

  #forget() {
    this.#stop();
    this.pins = [];
    this.marks = null;
    this.#remember();
    this.#request(true);
  }

  /** A place on the way through all pins, `t` from 0 to 1. */
  #onWay(t) {
    const at = t * (this.pins.length - 1);
    const leg = Math.min(Math.floor(at), this.pins.length - 2);
    const [from, to] = [this.pins[leg].z, this.pins[leg + 1].z];
    return from.map((value, j) => value + (at - leg) * (to[j] - value));
  }

  #goAlong(t) {
    this.along = t;
    this.#go(this.#onWay(t), null);
  }

  /** Something was drawn: encoded at the next frame, however many strokes come before it. */
  #draw(done) {
    this.drawn = { done: done || this.drawn?.done };
    this.#request(true);
  }

  #encode() {
    const { done } = this.drawn;
    this.drawn = null;
    const { mu, sigma } = this.network.encode(this.pad.image, this.label);
    this.#stop();
    this.#go(mu, null);
    if (this.network.isVae) this.posterior = { mu, sigma };
    if (done) this.#tell();
  }

  #play() {
    if (this.playing) {
      this.#stop();
      this.#tell();
      return;
    }
    const way = this.pins.length > 1;
    const dim = this.lastDim;
    const limit = 0.9 * this.map.dims.find((entry) => entry.dim === dim).limit;
    const phase = way
      ? Math.acos(1 - 2 * this.along) / Math.PI
      : Math.asin(Math.max(-1, Math.min(1, this.z[dim] / limit))) / (2 * Math.PI);
    let began = null;
    const step = (now) => {
      began ??= now;
      const seconds = (now - began) / 1000;
      if (way) {
        const turns = phase + seconds / (WALK * (this.pins.length - 1));
        this.#goAlong((1 - Math.cos(Math.PI * turns)) / 2);
      } else {
        const z = this.z.slice();
        z[dim] = limit * Math.sin(2 * Math.PI * (phase + seconds / CIRCLE));
        this.#go(z, null);
      }
      this.playing = requestAnimationFrame(step);
    };
    this.playing = requestAnimationFrame(step);
    this.#request();
  }

  #stop() {
    cancelAnimationFrame(this.playing);
    this.playing = null;
    this.#request(true);
  }

  /** Tell Python where z rests. */
  #tell() {
    if (!this.started) return;
    this.#remember();
    this.reply.set("pin", { model: this.map.model, z: Array.from(this.z), image: this.image, label: this.label });
  }

  #remember() {
    remembered.set(this.map.run, { z: this.z, image: this.image, pins: this.pins, label: this.label });
  }

  // Showing -------------------------------------------------------------------------------------

  /** Draw at the next frame; `stale` where more has changed than the place of the pointer. */
  #request(stale = false) {
    this.stale ||= stale;
    if (!this.started) return;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.#tick();
    });
  }

  #tick() {
    if (!this.started) return;
    if (this.drawn) this.#encode();
    const place = this.pointer && this.chart.plot ? this.chart.placeAt(this.pointer) : null;
    const z = place ? this.map.lift(place) : this.z;
    this.#decode(z, place);
    const point = this.#tellTrust(z, Boolean(place));
    if (this.map.link && leader === this) this.#lead(point, z);
    if (!this.stale) return;
    this.stale = false;
    this.#place();
    this.#controls();
    this.#strips();
  }

  #decode(z, place) {
    const model = this.started;
    const lens = place && this.control.lens.checked;
    const started = performance.now();
    const paint = (image) => {
      if (this.started !== model) return; // of a run that is no longer shown
      this.shown.set(image);
      this.picture.paint(image);
      if (lens) this.lensPicture.paint(image);
      this.chart.moveLens(lens && this.chart.plot ? this.pointer : null);
      this.cost = performance.now() - started;
      this.root.dataset.z = JSON.stringify(Array.from(z, (value) => Number(value.toFixed(5))));
      this.root.dataset.decodeMs = this.cost.toFixed(3);
    };
    const last = this.cost;
    if (last > FRAME_BUDGET && this.slow) {
      model.background.ask("shown", z, 1, this.label, paint);
      return;
    }
    paint(this.network.decode(z, 1, this.label));
    // Two in a row: a single one may have been disturbed, and the first waits for the compiler.
    this.slow = last > FRAME_BUDGET && this.cost > FRAME_BUDGET;
  }

  /** Say where this is, and how far it is to be trusted. */
  #tellTrust(z, hovering) {
    const { point, distance, share } = this.map.trust(z);
    const [, level, text] = LEVELS.find(([most]) => share <= most);
    const label = this.map.label(point);
    this.part.level.dataset.level = level;
    this.part.level.textContent = text;
    this.part.near.textContent = `Nearest image ${distance.toFixed(2)} away${label ? `: “${label}”` : ""}`;
    const numbers = z.length > 3 ? "" : ` z = (${Array.from(z, show).join(", ")})`;
    this.part.where.textContent = (hovering ? "At the pointer" : "Decoded") + numbers;
    return point;
  }

  /** Have the canvases that are linked to this one go to the same image, or to the same place. */
  #lead(point, z) {
    for (const other of canvases) {
      if (other === this || !other.started || other.map.link !== this.map.link) continue;
      const there = other.map.images.indexOf(this.map.images[point]);
      if (this.map.link === "place" && other.z.length === z.length) other.#go(z.slice(), null);
      else if (there >= 0) {
        other.#takeLabel(there);
        other.#go(other.map.code(there), other.map.images[there]);
      }
    }
  }

  #describe(z) {
    const { point, share } = this.map.trust(z);
    const label = this.map.label(point);
    return `${LEVELS.find(([most]) => share <= most)[2]}. ${label ? `Nearest image: ${label}.` : ""}`;
  }

  /** Mark z, the pins and the way between them on the map. */
  #place() {
    if (!this.chart.plot) return;
    this.marks ??= this.#findMarks();
    this.chart.draw(this.marks);
  }

  /** Places on the map, which on a UMAP map are searched for among all codes. */
  #findMarks() {
    const legs = this.pins.length - 1;
    const steps = this.map.projection === "umap" ? 12 : 1; // straight, but on a map that bends
    const way = [];
    for (let i = 0; legs > 0 && i <= steps * legs; i++) way.push(this.map.place(this.#onWay(i / (steps * legs))));
    const { posterior } = this;
    return {
      here: this.map.place(this.z),
      pins: this.pins.map(({ z }) => this.map.place(z)),
      way,
      posterior: posterior && { place: this.map.place(posterior.mu), covariance: this.map.covariance(posterior) },
    };
  }

  #controls() {
    this.control.label.value = this.label;
    for (const { input, output, dim } of this.rows) {
      const text = show(this.z[dim]);
      if (output.textContent === text) continue;
      output.textContent = text;
      input.value = this.z[dim];
    }
    const way = this.pins.length > 1;
    this.part.path.hidden = !way;
    if (way) {
      const end = String.fromCharCode(64 + Math.min(this.pins.length, 26));
      this.part["path-name"].textContent = `From A to ${end}: ${Math.round(100 * this.along)} %`;
      this.control.along.value = this.along;
    }
    this.control.play.textContent = this.playing ? "❚❚ Pause" : `▶ Play ${way ? "the way" : `z${this.lastDim + 1}`}`;
    this.control.play.classList.toggle("lc-playing", Boolean(this.playing));
  }

  /** A conditional model is told a label with every code: which, is for people to choose. */
  #offerLabels() {
    const { label } = this.control;
    label.closest("label").hidden = !this.network.numLabels;
    const names = this.map.label_names.slice(0, this.network.numLabels);
    label.replaceChildren(...names.map((name, value) => new Option(name, value)));
  }

  /** A slider for each dimension, those that carry most first; the rest folded away. */
  #makeRows() {
    const active = this.map.dims.filter((entry) => entry.active);
    const used = active.length ? active : this.map.dims; // a collapsed model has sliders all the same
    const most = used.length <= MOST_ROWS + 1 ? used.length : MOST_ROWS; // never fold a single one
    const groups = [used.slice(0, most), used.slice(most), this.map.dims.filter((entry) => !used.includes(entry))];
    this.rows = groups.flatMap((dims, i) => {
      const rows = dims.map((entry) => this.#makeRow(entry));
      this.lists[i].replaceChildren(...rows.map(({ element }) => element));
      if (i > 0) {
        const fold = this.folds[i - 1];
        fold.hidden = !dims.length;
        fold.open = false;
        fold.querySelector("summary").textContent =
          i === 1 ? `${dims.length} more dimensions` : `Unused dimensions (${dims.length})`;
      }
      return rows;
    });
  }

  #makeRow({ dim, limit, kl }) {
    const element = document.createElement("div");
    element.className = "lc-row";
    const id = `${this.map.map_key}-z${dim}`;
    element.innerHTML = `<label for="${id}">z${dim + 1}<small>${kl === null ? "" : `KL ${kl.toFixed(2)}`}</small></label>
      <div class="lc-track"><canvas class="lc-strip" aria-hidden="true"></canvas>
        <input type="range" id="${id}" data-dim="${dim}" min="${-limit}" max="${limit}" step="${limit / 500}"
          title="Double-click sets z${dim + 1} to 0"></div>
      <output for="${id}" aria-live="off"></output>`;
    const strip = new Picture(element.querySelector("canvas"), this.network);
    return { element, dim, limit, strip, input: element.querySelector("input"), output: element.querySelector("output") };
  }

  /** Decode along every slider that is seen, each strip as soon as the worker comes to it. */
  #strips() {
    if (this.map.link) return; // one of several shows no sliders
    for (const { element, dim, limit, strip } of this.rows) {
      if (element.closest("details:not([open])")) continue;
      const { clientWidth, clientHeight } = strip.element;
      const count = Math.max(STRIP[0], Math.min(STRIP[1], Math.round(clientWidth / clientHeight) || 0));
      const codes = new Float32Array(count * this.z.length);
      for (let i = 0; i < count; i++) {
        codes.set(this.z, i * this.z.length);
        codes[i * this.z.length + dim] = limit * ((2 * i + 1) / count - 1);
      }
      const paint = (images) => strip.paintAll(images, count);
      this.started.background.ask(`${this.map.map_key}-${dim}`, codes, count, this.label, paint);
    }
  }
}

/** Called by Streamlit with a model, or with a map and a place for its canvas. */
export default function mount({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!data) return undefined; // a model that was sent before
  if (readHeader(data).metadata.kind === "model") {
    addModel(data);
    return undefined;
  }
  const root = parentElement.querySelector(".latent-canvas");
  if (!canvasOf.has(root)) canvasOf.set(root, new LatentCanvas(root));
  const canvas = canvasOf.get(root);
  canvas.update(data, { set: setStateValue, ask: setTriggerValue });
  // Streamlit may call this late, for a mount that another one has followed.
  return () => setTimeout(() => root.isConnected || canvas.end());
}
