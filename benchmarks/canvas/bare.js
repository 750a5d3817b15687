/**
 * What benchmarks/canvas.py runs in a bare page. The page has the component as `component`, and its
 * files under /models and /peers; it is cross-origin isolated, so that its clock ticks every 5 us.
 */

/** The peer: a decoder as one writes it down, arrays channels last, no blocks and no panels. */
class Loops {
  constructor(bytes) {
    const { tensors, metadata } = component.readSafetensors(bytes);
    this.layers = JSON.parse(metadata.layers).map((spec, i) => ({
      ...spec,
      weight: tensors.get(`${i}.weight`).data,
      bias: tensors.get(`${i}.bias`).data,
    }));
  }

  decode(z) {
    return this.layers.reduce((x, layer) => {
      const y = layer.op === "dense" ? dense(x, layer) : transposed(x, layer);
      for (let i = 0; i < y.length; i++) y[i] = layer.relu ? Math.max(0, y[i]) : 1 / (1 + Math.exp(-y[i]));
      return y;
    }, z);
  }
}

function dense(x, { weight, bias }) {
  const y = bias.slice();
  for (let k = 0; k < x.length; k++) {
    for (let n = 0; n < y.length; n++) y[n] += x[k] * weight[k * y.length + n];
  }
  return y;
}

/** A 3 x 3 transposed convolution of side x side images, weights (dy, dx, channel, output). */
function transposed(x, { weight, bias, side, stride, pad, channels }) {
  const outputs = bias.length, out = side * stride;
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
            const w = ((3 * dy + dx) * channels + k) * outputs, to = (r * out + c) * outputs;
            for (let n = 0; n < outputs; n++) y[to + n] += value * weight[w + n];
          }
        }
      }
    }
  }
  return y;
}

/** Draws as the component does. */
function painter({ width, height, channels }) {
  const canvas = document.querySelector("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(width, height);
  pixels.data.fill(255);
  return (image) => {
    const { data } = pixels;
    for (let i = 0, j = 0; i < data.length; i += 4, j += channels) {
      data[i] = 255 * image[j] + 0.5;
      data[i + 1] = 255 * image[channels > 1 ? j + 1 : j] + 0.5;
      data[i + 2] = 255 * image[channels > 1 ? j + 2 : j] + 0.5;
    }
    context.putImageData(pixels, 0, 0);
  };
}

const load = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
const randomCode = (d) => Float32Array.from({ length: d }, normal);

/** Milliseconds to make a network of its bytes, and to its first image on the canvas. */
async function cold(name) {
  const bytes = await load(`/models/${name}`);
  const started = performance.now();
  const network = new component.Network(bytes);
  const made = performance.now();
  const z = new Float32Array(network.latentDim);
  painter(network)(network.decode(z));
  return [made - started, performance.now() - made];
}

/** The ways of decoding a model; kept between calls. */
const ways = {};

/** Make them, and have each decode the same codes: { way: images }. */
async function prepare(name, hasPeer, codes) {
  const bytes = await load(`/models/${name}`);
  ways[name] = { SIMD: new component.Network(bytes), "plain loops": new component.Network(bytes, { simd: false }) };
  if (hasPeer) ways[name]["naive loops"] = new Loops(await load(`/peers/${name}`));
  return Object.fromEntries(Object.entries(ways[name]).map(([way, network]) =>
    [way, codes.map((z) => Array.from(network.decode(z)))]));
}

/** Milliseconds of each of `moves` decodes and draws, one a frame, the ways taking turns. */
async function hover(name, moves, turn) {
  const { SIMD } = ways[name];
  const paint = painter(SIMD);
  const times = Object.fromEntries(Object.keys(ways[name]).map((way) => [way, []]));
  for (let done = -turn; done < moves; done += turn) {
    for (const [way, network] of Object.entries(ways[name])) {
      for (let i = 0; i < turn; i++) {
        await new Promise(requestAnimationFrame);
        const z = randomCode(SIMD.latentDim);
        const started = performance.now();
        paint(network.decode(z));
        const cost = performance.now() - started;
        if (done >= 0) times[way].push(cost); // the first turn is for the compiler
      }
    }
  }
  return { times, multiplyAdds: SIMD.multiplyAdds };
}
