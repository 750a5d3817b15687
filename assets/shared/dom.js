/** Elements of the page. */

/**
 * The element that a component's markup has for a selector.
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} kind  Its class.
 * @returns {T}
 */
export function childOf(root, selector, kind) {
  const element = root.querySelector(selector);
  if (element instanceof kind) return element;
  throw new Error(`The page lacks ${selector}: reload it.`);
}
