/**
 * On a phone the menu lies over the page, where Streamlit leaves it open: it closes once a page was chosen.
 */

/** @param {Event} event */
function closeBehind({ target }) {
  if (!(target instanceof Element) || !target.closest('[data-testid="stSidebarNav"] a')) return;
  const close = document.querySelector('[data-testid="stSidebarCollapseButton"] button');
  if (close instanceof HTMLElement) setTimeout(() => close.click());
}

/** Nothing to show, and nothing to end: however often this is mounted, the document listens once. */
export default function mount() {
  document.addEventListener("click", closeBehind);
}
