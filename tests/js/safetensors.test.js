/** The file format, and numbers of half precision. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { halfToFloat, readHeader, readSafetensors, specOf, take } from "../../assets/network/safetensors.js";

/**
 * A safetensors file with one array of bytes.
 * @param {Record<string, unknown>} header
 * @param {Uint8Array} data
 */
function file(header, data) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

test("halves are read as IEEE 754 has them", () => {
  const numbers = new Map([
    [0x0000, 0],
    [0x0001, 2 ** -24], // the smallest of all
    [0x03ff, 2 ** -14 * (1023 / 1024)], // the largest subnormal one
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ]);
  for (const [bits, value] of numbers) assert.equal(halfToFloat(bits), value);
  assert.ok(Object.is(halfToFloat(0x8000), -0));
  assert.ok(Number.isNaN(halfToFloat(0x7e00)));
});

test("halves grow with their bits", () => {
  for (let bits = 1; bits <= 0x7c00; bits++) assert.ok(halfToFloat(bits) > halfToFloat(bits - 1));
});

test("arrays come with their shape, wherever in the file they lie", () => {
  const header = {
    __metadata__: { kind: "map", map: '{"run":"a"}' },
    odd: { dtype: "U8", shape: [3], data_offsets: [0, 3] },
    halves: { dtype: "F16", shape: [1, 2], data_offsets: [3, 7] },
    whole: { dtype: "I32", shape: [1], data_offsets: [7, 11] },
  };
  const data = Uint8Array.of(1, 2, 255, 0x00, 0x3c, 0x00, 0xc0, 0xfe, 0xff, 0xff, 0xff);
  // A view into a longer buffer, as Streamlit hands it over.
  const bytes = new Uint8Array(1000).fill(7);
  const written = file(header, data);
  bytes.set(written, 5);
  const { tensors, metadata } = readSafetensors(bytes.subarray(5, 5 + written.length));
  assert.deepEqual(Array.from(take(tensors, "odd", 1).data), [1, 2, 255]);
  assert.deepEqual(tensors.get("halves"), { shape: [1, 2], data: Float32Array.of(1, -2) });
  assert.deepEqual(Array.from(take(tensors, "whole", 1, 1).data), [-2]);
  assert.deepEqual(specOf(metadata, "map"), { run: "a" });
});

test("what is not as it should be is refused in a sentence", () => {
  const bytes = file({ a: { dtype: "U8", shape: [2], data_offsets: [0, 2] } }, Uint8Array.of(1, 2));
  assert.throws(() => readHeader(bytes.subarray(0, 20)), /is not a whole safetensors file: reload the page\.$/);
  assert.throws(() => readSafetensors(bytes.subarray(0, -1)), /is not a whole safetensors file/);
  const { tensors, metadata } = readSafetensors(bytes);
  assert.throws(() => take(tensors, "b", 1), /lacks “b”/);
  assert.throws(() => take(tensors, "a", 2), /1 dimensions and not 2/);
  assert.throws(() => take(tensors, "a", 1, 3), /2 numbers and not 3/);
  assert.throws(() => specOf(metadata, "model"), /This is not a model for the browser/);
});
