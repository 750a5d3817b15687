/**
 * The arithmetic below a network: one memory, and a matrix product over it, in WebAssembly or plain.
 *
 * @typedef {(rows: number, panels: number, segments: number, length: number, hop: number, a: number, aStep: number,
 *   b: number, bias: number, c: number, cStep: number) => void} Multiply  As kernel.wat says, counts in floats.
 * @typedef {{ simd: boolean, floats: Float32Array<ArrayBuffer>, multiply: Multiply }} Machine
 */

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
export const PANEL = 8;

/** Codes that are decoded together: enough to use each weight that was fetched more than once. */
export const BATCH = 16;

/** Numbers of a network, laid out first and then placed in one memory. */
export class Arena {
  size = 0;
  /** @type {((floats: Float32Array) => void)[]} */
  #fillings = [];

  /**
   * Reserve `count` floats; `fill` is later given the view of them.
   * @param {number} count
   * @param {(floats: Float32Array) => void} [fill]
   */
  reserve(count, fill) {
    const at = this.size;
    this.size += Math.ceil(count / PANEL) * PANEL;
    if (fill) this.#fillings.push((floats) => fill(floats.subarray(at, at + count)));
    return at;
  }

  /**
   * Make the memory.
   * @param {boolean} simd  Without it, plain loops.
   * @returns {Machine}
   */
  place(simd) {
    const pages = Math.ceil((this.size * 4) / 65536) + 1;
    let machine = null;
    if (simd && typeof WebAssembly === "object") {
      try {
        machine = wasmMachine(pages);
      } catch {
        // No WebAssembly here, or none with SIMD: the plain loops give the same numbers.
      }
    }
    machine ??= plainMachine(new Float32Array(this.size));
    for (const fill of this.#fillings) fill(machine.floats);
    this.#fillings = [];
    return machine;
  }
}

/**
 * @param {number} pages  Of 64 kB.
 * @returns {Machine}
 */
function wasmMachine(pages) {
  const binary = Uint8Array.from(atob(KERNEL), (letter) => letter.charCodeAt(0));
  const memory = new WebAssembly.Memory({ initial: pages });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
  const multiply = /** @type {Multiply} */ (instance.exports.multiply);
  return {
    simd: true,
    floats: new Float32Array(memory.buffer),
    multiply: (rows, panels, segments, length, hop, a, aStep, b, bias, c, cStep) =>
      multiply(rows, panels, segments, length, 4 * hop, 4 * a, 4 * aStep, 4 * b, 4 * bias, 4 * c, 4 * cStep),
  };
}

/**
 * What kernel.wat does, in plain JavaScript: eight sums at a time over one row.
 * @param {Float32Array<ArrayBuffer>} floats
 * @returns {Machine}
 */
function plainMachine(floats) {
  /** @type {Multiply} */
  function multiply(rows, panels, segments, length, hop, a, aStep, b, bias, c, cStep) {
    for (let panel = 0; panel < panels; panel++) {
      for (let row = 0; row < rows; row++) {
        let s0 = floats[bias],
          s1 = floats[bias + 1],
          s2 = floats[bias + 2],
          s3 = floats[bias + 3];
        let s4 = floats[bias + 4],
          s5 = floats[bias + 5],
          s6 = floats[bias + 6],
          s7 = floats[bias + 7];
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

/**
 * (inputs, outputs), row by row, to panels of eight columns; columns that are missing are zero.
 * @param {ArrayLike<number>} weight
 * @param {number} inputs
 * @param {number} outputs
 * @param {Float32Array} to
 */
export function pack(weight, inputs, outputs, to) {
  for (let k = 0; k < inputs; k++) {
    for (let column = 0; column < outputs; column += PANEL) {
      const at = column * inputs + k * PANEL;
      const from = k * outputs + column;
      const most = Math.min(PANEL, outputs - column);
      for (let i = 0; i < most; i++) to[at + i] = weight[from + i];
    }
  }
}
