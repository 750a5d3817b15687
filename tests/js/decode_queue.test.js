/** What is decoded beside the page: in which order, and what the server is asked. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { DecodeQueue } from "../../assets/network/decode_queue.js";
import { ServerModel } from "../../assets/network/server_model.js";

const SHAPE = { latentDim: 1, width: 1, height: 1, channels: 1, numPixels: 1, numLabels: 0, isVae: true };

/** @type {Float32Array[]} */
let sent = [];

class Sending extends DecodeQueue {
  /** @param {Float32Array} z */
  send(z) {
    sent.push(z);
  }
}

/** @param {DecodeQueue} queue */
function trying(queue) {
  sent = [];
  /** @type {string[]} */
  const received = [];
  /**
   * @param {string} channel
   * @param {number[]} codes
   */
  const request = (channel, ...codes) =>
    queue.request(channel, Float32Array.from(codes), codes.length, 0, (images) =>
      received.push(`${channel} ${images}`),
    );
  return { request, received };
}

test("what takes least is decoded first, the newest of a channel only, and what was begun is finished", () => {
  const queue = new Sending(SHAPE, 2, 9);
  const { request, received } = trying(queue);
  const answer = () => queue.finish(/** @type {Float32Array} */ (sent.at(-1)).map((z) => 10 * z));
  request("grid", 1, 2, 3, 4, 5, 6);
  request("strip", 6, 7, 8);
  request("strip", 7, 8, 9);
  request("shown", 1);
  request("shown", 2);
  while (received.length < 3) answer();
  assert.deepEqual(received, ["shown 20", "strip 70,80,90", "grid 10,20,30,40,50,60"]);
  assert.deepEqual(sent.map(String), ["1,2", "2", "7,8", "9", "3,4", "5,6"]);
});

test("the server is asked one thing at a time, and again where no answer comes", () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const root = /** @type {Node} */ (/** @type {unknown} */ (null));
  const served = { model: "a@1", latent_dim: 1, image_shape: [1, 1, 1], is_vae: true, num_labels: 0, turn: null };
  const { background } = new ServerModel(/** @type {any} */ (served), root);
  /** @type {any[]} */
  const asked = [];
  background.ask = (one) => asked.push(one);
  const { request, received } = trying(background);
  request("shown", 1);
  request("strip", 2, 3);
  assert.equal(asked.length, 1);
  background.answer(null, []); // of a rerun that says nothing new
  mock.timers.tick(6000);
  assert.deepEqual([asked.length, asked[1].turn, asked[1].tries], [2, asked[0].turn, 2]);
  background.answer(asked[0].turn, [255]);
  background.answer(asked[0].turn, [0]); // of the second try
  assert.deepEqual(received, ["shown 1"]);
  assert.deepEqual(asked.at(-1).z, [2, 3]);
  background.answer(asked.at(-1).turn, [0, 51]);
  assert.deepEqual(received.at(-1), `strip 0,${Math.fround(0.2)}`);
  mock.timers.tick(60_000);
  assert.equal(asked.length, 3);
});
