/**
 * The peer: a decoder as one writes it down, arrays channels last, no blocks and no panels.
 *
 * @import { Numbers } from "../../assets/network/safetensors.js"
 *
 * @typedef {{ op: "dense", relu: boolean }} NaiveDense
 * @typedef {{ op: "transposed", relu: boolean, side: number, stride: number, pad: number, channels: number }} Transposed
 * @typedef {{ weight: Numbers, bias: Numbers }} Weights
 */
import { readSafetensors, take } from "../../assets/network/safetensors.js";

export class Loops {
  /** @param {Uint8Array} bytes  What `_peer` of benchmarks/canvas/models.py made. */
  constructor(bytes) {
    const { tensors, metadata } = readSafetensors(bytes);
    /** @type {(NaiveDense | Transposed)[]} */
    const specs = JSON.parse(metadata.layers);
    this.layers = specs.map((spec, i) => ({
      spec,
      weight: take(tensors, `${i}.weight`, spec.op === "dense" ? 2 : 4).data,
      bias: take(tensors, `${i}.bias`, 1).data,
    }));
  }

  /** @param {Float32Array} z */
  decode(z) {
    return this.layers.reduce((x, { spec, weight, bias }) => {
      const y = spec.op === "dense" ? dense(x, { weight, bias }) : transposed(x, spec, { weight, bias });
      for (let i = 0; i < y.length; i++) y[i] = spec.relu ? Math.max(0, y[i]) : 1 / (1 + Math.exp(-y[i]));
      return y;
    }, z);
  }
}

/**
 * @param {Float32Array} x
 * @param {Weights} weights
 */
function dense(x, { weight, bias }) {
  const y = Float32Array.from(bias);
  for (let k = 0; k < x.length; k++) {
    for (let n = 0; n < y.length; n++) y[n] += x[k] * weight[k * y.length + n];
  }
  return y;
}

/**
 * A 3 x 3 transposed convolution of side x side images, weights (dy, dx, channel, output).
 * @param {Float32Array} x
 * @param {Transposed} spec
 * @param {Weights} weights
 */
function transposed(x, { side, stride, pad, channels }, { weight, bias }) {
  const outputs = bias.length;
  const out = side * stride;
  const y = new Float32Array(out * out * outputs);
  for (let i = 0; i < y.length; i++) y[i] = bias[i % outputs];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      for (let dy = 0; dy < 3; dy++) {
        for (let dx = 0; dx < 3; dx++) {
          const [r, c] = [row * stride + dy - pad, column * stride + dx - pad];
          if (r < 0 || c < 0 || r >= out || c >= out) continue;
          for (let k = 0; k < channels; k++) {
            const value = x[(row * side + column) * channels + k];
            const w = ((3 * dy + dx) * channels + k) * outputs;
            const to = (r * out + c) * outputs;
            for (let n = 0; n < outputs; n++) y[to + n] += value * weight[w + n];
          }
        }
      }
    }
  }
  return y;
}
