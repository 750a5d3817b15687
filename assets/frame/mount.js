/**
/**
 * What every page asks of the browser: that the menu of a phone closes and its finger scrolls, that Back leads to where
 * one was, whether there is WebGL, and whether the screen is narrow.
 *
 * @import { Mount } from "../shared/mount.js"
 */
import { page } from "../shared/page.js";
import { leaveFingerToPage } from "../shared/touch.js";
import { joinSteps } from "./history.js";

/** Where Streamlit lays columns under one another, and page.css has what is for a phone. */
const NARROW = window.matchMedia("(max-width: 640px)");

/**
 * On a phone the menu lies over the page, where Streamlit leaves it open: it closes once a page was chosen.
 * @param {Event} event
 */
function closeBehind({ target }) {
  if (!(target instanceof Element) || !target.closest('[data-testid="stSidebarNav"] a')) return;
  const close = document.querySelector('[data-testid="stSidebarCollapseButton"] button');
  if (close instanceof HTMLElement) setTimeout(() => close.click());
}

/** Virtual machines, remote desktops and hardened browsers have none. */
function hasWebgl() {
  const context = document.createElement("canvas").getContext("webgl");
  context?.getExtension("WEBGL_lose_context")?.loseContext(); // there are only so many
  return context !== null;
}

/** @type {boolean | undefined} */
let webgl;

/**
 * Nothing to show, and nothing to end: however often this is mounted, the document listens once.
 * @param {Mount<{ narrow: boolean }>} mount  Whether Python takes the screen to be narrow.
 */
export default function mount({ data, setStateValue }) {
  document.addEventListener("click", closeBehind);
  if (!page.stepsAreJoined) joinSteps(window.history, window.location);
  page.stepsAreJoined = true;
  document.addEventListener("touchstart", leaveFingerToPage, { capture: true, passive: true });
  const tell = () => {
    if (data.narrow !== NARROW.matches) setStateValue("narrow", NARROW.matches);
  };
  tell();
  NARROW.onchange = tell; // a phone is turned
  webgl ??= hasWebgl();
  if (!webgl) setStateValue("webgl", false);
}
