/**
 * Files as one zip archive, stored as they are: nothing but their checksums is computed, and no file is
 * held in memory for longer than that takes.
 *
 * @typedef {object} Found
 * @property {string} path  With the folders that it lies in, and / between them.
 * @property {File} file
 */

/** Of each byte, for the checksum that archives have. */
const CRC_OF = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
/** What an archive without extensions can hold. */
export const MOST_FILES = 65535;
export const MOST_BYTES = 2 ** 32 - 2 ** 26;

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_OF[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** @param {number} value  As two bytes, the lower first. */
const two = (value) => [value & 255, (value >>> 8) & 255];
/** @param {number} value  As four bytes. */
const four = (value) => [...two(value & 0xffff), ...two(value >>> 16)];

/**
 * Pack files.
 * @param {Found[]} found  Up to `MOST_FILES`, with up to `MOST_BYTES` in all.
 * @param {(share: number) => void} progress  Told the share of them that is packed.
 * @returns {Promise<Blob>}
 */
export async function zipOf(found, progress) {
  const [parts, index] = [/** @type {BlobPart[]} */ ([]), /** @type {BlobPart[]} */ ([])];
  let [offset, indexSize] = [0, 0];
  for (const [number, { path, file }] of found.entries()) {
    const name = new TextEncoder().encode(path);
    const crc = crc32(new Uint8Array(await file.arrayBuffer()));
    // Of version 2.0: names in UTF-8, stored, of the first of January 1980.
    const about = [...two(20), ...two(0x0800), ...two(0), ...two(0), ...two(0x21), ...four(crc)];
    const sizes = [...four(file.size), ...four(file.size), ...two(name.length)];
    const head = new Uint8Array([...four(0x04034b50), ...about, ...sizes, ...two(0)]);
    const rest = [...two(0), ...two(0), ...two(0), ...two(0), ...four(0), ...four(offset)];
    const entry = new Uint8Array([...four(0x02014b50), ...two(20), ...about, ...sizes, ...rest]);
    parts.push(head, name, file);
    index.push(entry, name);
    offset += head.length + name.length + file.size;
    indexSize += entry.length + name.length;
    progress((number + 1) / found.length);
  }
  const counts = [...two(found.length), ...two(found.length), ...four(indexSize), ...four(offset)];
  const end = new Uint8Array([...four(0x06054b50), ...two(0), ...two(0), ...counts, ...two(0)]);
  return new Blob([...parts, ...index, end], { type: "application/zip" });
}
