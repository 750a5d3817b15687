/** What the tests of the arithmetic call, as one module. */
import { LatentMap } from "../../assets/network/map.js";
import { nearest } from "../../assets/network/nearest.js";
import { Network } from "../../assets/network/network.js";
import { readSafetensors } from "../../assets/network/safetensors.js";
import { PosteriorGrid } from "../../assets/network/true_posterior.js";

export { LatentMap, Network, nearest, PosteriorGrid, readSafetensors };
