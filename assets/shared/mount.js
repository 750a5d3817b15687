/**
 * What Streamlit calls the default export of a component's module with, at every rerun.
 *
 * @template T
 * @typedef {object} Mount
 * @property {T} data  What Python hands over.
 * @property {HTMLElement | ShadowRoot} parentElement  With the component's markup.
 * @property {(name: string, value: unknown) => void} setStateValue  Tells Python, and stays.
 * @property {(name: string, value: unknown) => void} setTriggerValue  Tells Python, for one rerun.
 */

/**
 * End what was mounted once its element is gone. Streamlit may call what this returns late, for a
 * mount that another one has followed.
 * @param {Node} root
 * @param {() => void} end
 */
export function endWithout(root, end) {
  return () => setTimeout(() => root.isConnected || end());
}
