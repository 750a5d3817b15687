/**
 * How far to trust a decode, by the share of what it was trained on with denser surroundings: see `LatentMap.trust`.
 *
 * @typedef {object} Surroundings  Part of what `LatentMap.trust` answers.
 * @property {number} radius  Distance to the eighth nearest image, in the map's unit.
 * @property {number} typical  That of the middle one of what the decoder was trained on.
 */
import { AMONG } from "../network/map.js";
import { show } from "./show.js";

/** Beyond this share a place is off the data: sparser than around 99 in 100 codes of training. */
export const OFF_DATA = 0.99;

/**
 * From the densest on; `most` is the largest share of a level.
 * @type {{ most: number, name: "among" | "edge" | "off", text: string }[]}
 */
const TRUST_LEVELS = [
  { most: AMONG, name: "among", text: "Among the images" },
  { most: OFF_DATA, name: "edge", text: "At the edge of the data" },
  { most: Number.POSITIVE_INFINITY, name: "off", text: "Off the data" },
];

/**
 * The level of a share: its `name`, and its `text` for people.
 * @param {number} share  From 0 to 1.
 */
export function trustLevel(share) {
  const last = TRUST_LEVELS[TRUST_LEVELS.length - 1];
  return TRUST_LEVELS.find(({ most }) => share <= most) ?? last;
}

/**
 * The level of a decode or, if that is the worse, of an image that a person gave, or of a gap in the map.
 * @param {{ share: number, isGap: boolean }} trust
 * @param {number | null} errorShare  Of held-out images that are reconstructed better than what was given.
 */
export function verdictOn({ share, isGap }, errorShare = null) {
  const level = trustLevel(share);
  if (errorShare !== null && errorShare > OFF_DATA) return { name: "off", text: "Unlike the images" };
  if (isGap) return { name: level.name, text: "In a gap of the map" };
  return level;
}

/**
 * What the level was told from, in words: a distance as a multiple of what is typical, which has no unit.
 * @param {Surroundings} trust
 */
export function surroundings({ radius, typical }) {
  return typical > 0 ? `8 images within ${show(radius / typical, 1)}× the typical distance` : "All codes are alike";
}
