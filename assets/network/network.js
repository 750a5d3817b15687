/**
 * A trained model's encoder and decoder, run in the page.
 *
 * In this order: arithmetic, networks, the file they come in, the map of latent space, a worker for
 * what does not fit in a frame, the models that a page has, and images on a canvas. It stands at
 * the head of every module that needs it (pages/_ui/browser_code.py); `Network` and `LatentMap`
 * can be used without a page (tests/js).
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

  /** What a layer of the encoder or decoder gave when it was last run; the last decoder layer's is the image. */
  activations(layer) {
    return this.machine.floats.subarray(layer.out, layer.out + layer.outputs);
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

// The page's models -----------------------------------------------------------------------------

/** Models by id, those used last at the end: shared by all modules that carry this code. */
const models = (globalThis.vaelabModels ??= new Map());
const MOST_MODELS = 16;
/** Told to the document when a model has come. */
const MODEL_CAME = "vaelab-model";

function addModel(bytes) {
  const { id } = JSON.parse(readHeader(bytes).metadata.model);
  if (!models.has(id)) {
    const model = {
      id,
      users: new Set(),
      // Made when it is first needed: most figures never are slow enough.
      get background() {
        return (this.begun ??= new Background(this.network, bytes));
      },
    };
    try {
      model.network = new Network(bytes);
    } catch (error) {
      model.problem = error.message;
    }
    models.set(id, model);
    for (const [old, { begun, users }] of models) {
      if (models.size <= MOST_MODELS) break;
      if (old === id || users.size) continue;
      begun?.end();
      models.delete(old);
    }
  }
  document.dispatchEvent(new Event(MODEL_CAME));
}

/** Keep a model for as long as `user` is among its users. */
function use(model, user) {
  model.users.add(user);
  models.delete(model.id); // to the end: used last
  models.set(model.id, model);
}

// Images -----------------------------------------------------------------------------------------

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
