/**
 * The file format in which Python hands over models, maps and figures.
 *
 * @typedef {Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>} Numbers
 * @typedef {{ shape: number[], data: Numbers }} Tensor
 * @typedef {Map<string, Tensor>} Tensors
 * @typedef {Record<string, string>} Metadata
 * @typedef {{ dtype: string, shape: number[], data_offsets: [number, number] }} Entry
 */

/** @type {Record<string, (buffer: ArrayBuffer) => Numbers>} */
const READERS = {
  F32: (buffer) => new Float32Array(buffer),
  F16: (buffer) => halvesToFloats(new Uint16Array(buffer)),
  I32: (buffer) => new Int32Array(buffer),
  U8: (buffer) => new Uint8Array(buffer),
};

const NOT_WHOLE = "What reached the browser is not a whole safetensors file: reload the page.";

/** @param {number} bits */
export function halfToFloat(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction);
}

/** @type {Float32Array | null} */
let halves = null;

/**
 * All at once, by a table: there are but 65,536 of them.
 * @param {Uint16Array} bits
 */
function halvesToFloats(bits) {
  halves ??= Float32Array.from({ length: 65536 }, (_, i) => halfToFloat(i));
  const floats = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) floats[i] = halves[bits[i]];
  return floats;
}

/**
 * The beginning of a safetensors file: what its arrays are, and its metadata.
 * @param {Uint8Array} bytes
 * @returns {{ start: number, metadata: Metadata, entries: Record<string, Entry> }}
 */
export function readHeader(bytes) {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = 8 + Number(view.getBigUint64(0, true));
    const { __metadata__: metadata = {}, ...entries } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
    return { start, metadata, entries };
  } catch (error) {
    throw new Error(NOT_WHOLE, { cause: error });
  }
}

/**
 * Read a safetensors file.
 * @param {Uint8Array} bytes
 * @returns {{ tensors: Tensors, metadata: Metadata }}
 */
export function readSafetensors(bytes) {
  const { start, metadata, entries } = readHeader(bytes);
  /** @type {Tensors} */
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const [from, to] = data_offsets;
    if (start + to > bytes.length) throw new Error(NOT_WHOLE);
    const read = pick(READERS, "type of number", dtype);
    // Copied, since a typed array must begin at a multiple of its width.
    tensors.set(name, { shape, data: read(bytes.slice(start + from, start + to).buffer) });
  }
  return { tensors, metadata };
}

/**
 * What the metadata say in JSON of a file of one kind.
 * @param {Metadata} metadata
 * @param {string} kind
 */
export function specOf(metadata, kind) {
  try {
    if (metadata.kind === kind) return JSON.parse(metadata[kind]);
  } catch {
    // Broken, or absent: the same sentence does for that.
  }
  throw new Error(`This is not a ${kind} for the browser: reload the page.`);
}

/**
 * The array called `name`, which must have so many dimensions or, where it has one, numbers.
 * @param {Tensors} tensors
 * @param {string} name
 * @param {number} dimensions
 * @param {number} [numbers]
 */
export function take(tensors, name, dimensions, numbers) {
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

/**
 * What a table has under a name that a file gave.
 * @template T
 * @param {Record<string, T>} table
 * @param {string} what  The kind of thing that it holds, for the sentence that refuses.
 * @param {string} name
 * @returns {T}
 */
export function pick(table, what, name) {
  if (Object.hasOwn(table, name)) return table[name];
  throw new Error(
    `The live decoder does not know the ${what} “${name}”: reload the page, and if that does not help, update vaelab.`,
  );
}
