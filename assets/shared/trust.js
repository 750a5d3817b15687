/** How far to trust a decode, by the share of images with denser surroundings: see `LatentMap.trust`. */

/** Beyond this share a place is off the data: sparser than around 99 images of 100. */
export const OFF_DATA = 0.99;

/**
 * From the densest on; `most` is the largest share of a level.
 * @type {{ most: number, name: "among" | "edge" | "off", text: string }[]}
 */
const TRUST_LEVELS = [
  { most: 0.9, name: "among", text: "Among the images" },
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
