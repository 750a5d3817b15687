/** Going to another page with parameters is one step of the browser's history. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { joinSteps } from "../../assets/frame/history.js";

/** A browser at an address, and its history from there on. */
function browserAt(/** @type {string} */ address) {
  const entries = [`http://here${address}`];
  const location = { href: entries[0] };
  const clock = { now: 0 };
  const go = (/** @type {string | URL | null | undefined} */ url, /** @type {number} */ at) => {
    location.href = new URL(url ?? "", location.href).href;
    entries.splice(at, entries.length, location.href);
  };
  const history = /** @type {History} */ (
    /** @type {unknown} */ ({
      pushState: (/** @type {unknown} */ _state, /** @type {string} */ _unused, /** @type {string} */ url) =>
        go(url, entries.length),
      replaceState: (/** @type {unknown} */ _state, /** @type {string} */ _unused, /** @type {string} */ url) =>
        go(url, entries.length - 1),
    })
  );
  joinSteps(history, location, () => clock.now);
  return {
    clock,
    push: (/** @type {string} */ url) => history.pushState({}, "", url),
    addresses: () => entries.map((entry) => entry.slice("http://here".length)),
  };
}

test("the parameters of another page are no step on the page that leads there", () => {
  const browser = browserAt("/runs");
  browser.push("/runs?runs=a,b");
  browser.push("/runs?run=a&with=b");
  browser.push("/compare?run=a&with=b");
  assert.deepEqual(browser.addresses(), ["/runs", "/runs?runs=a,b", "/compare?run=a&with=b"]);
});

test("every other step stays one of its own", () => {
  const browser = browserAt("/explore?run=a");
  browser.push("/explore?run=b"); // a setting
  browser.push("/train"); // the menu
  browser.push("/train?dataset=digits");
  browser.clock.now = 60_000;
  browser.push("/runs?dataset=digits"); // much later
  browser.push("/compare?dataset=digits"); // from page to page
  const all = ["/explore?run=a", "/explore?run=b", "/train", "/train?dataset=digits"];
  assert.deepEqual(browser.addresses(), [...all, "/runs?dataset=digits", "/compare?dataset=digits"]);
});
