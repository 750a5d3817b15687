/**
 * One step back where a page led to another. Streamlit takes two there: it puts the other page's parameters into
 * the address of this one, and then goes. Back would lead to this page with parameters that are not its own.
 */

/** Milliseconds within which the second step follows the first, on a slow line too. */
const SOON = 3000;

/**
 * Have the second step take the place of the first.
 * @param {History} history
 * @param {{ href: string }} location
 * @param {() => number} now  In milliseconds.
 */
export function joinSteps(history, location, now = () => performance.now()) {
  const push = history.pushState.bind(history);
  let [changed, at] = ["", Number.NEGATIVE_INFINITY];

  history.pushState = (state, unused, url) => {
    const [from, to] = [new URL(location.href), new URL(url ?? "", location.href)];
    const samePage = to.pathname === from.pathname;
    const isSecond = !samePage && changed === from.href && now() - at < SOON && to.search === from.search;
    if (isSecond) history.replaceState(state, unused, url);
    else push(state, unused, url);
    [changed, at] = samePage ? [to.href, now()] : ["", at];
  };
}
