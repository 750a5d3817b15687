/** Installed before anything else in every page of the app; `lab` is what has been seen there. */
const lab = window.lab = { drawn: null, ready: [], moves: [], frames: [], watching: false };

new MutationObserver((_, observer) => {
  if (!document.querySelector(".st-key-latent-map .js-plotly-plot .nsewdrag")) return;
  lab.drawn = performance.now();
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });

{
  let shown;
  new MutationObserver((records) => {
    const at = performance.now();
    for (const { target: { dataset }, attributeName } of records) {
      if (attributeName === "data-state" && dataset.state === "ready") lab.ready.push(at);
      if (attributeName !== "data-decode-ms" || dataset.z === shown) continue;
      shown = dataset.z; // the same z once more, after a redraw of the chart, is no move
      lab.moves.push({ at, ms: Number(dataset.decodeMs) });
    }
  }).observe(document, { subtree: true, attributeFilter: ["data-state", "data-decode-ms"] });
}

/** Forget what was seen, and count frames from now on. */
lab.start = () => {
  Object.assign(lab, { moves: [], frames: [], watching: true });
  const count = (now) => {
    lab.frames.push(now);
    if (lab.watching) requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
};

lab.stop = () => {
  lab.watching = false;
  return { frames: lab.frames, moves: lab.moves };
};

/** Resolves once a frame has passed, and what was to be done in it. */
lab.frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

/** The least that a page can do in a frame: hide the canvas, and count. */
lab.tick = () => {
  document.querySelector("[data-testid=latent-canvas]").style.display = "none";
  const number = document.createElement("output");
  number.style.cssText = "position: fixed; top: 0; z-index: 1000000";
  document.body.append(number);
  const count = (now) => {
    number.textContent = now;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
};

/** Let the first slider go at a share of its range; milliseconds until Python's sheet is another. */
lab.letGo = (share) => {
  const slider = document.querySelector("[data-testid=latent-canvas] .lc-row input[type=range]");
  const sheet = () => document.querySelector('img[alt="The real images nearest to z"]')?.src;
  const before = sheet();
  slider.value = share * slider.max;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const started = performance.now();
  return new Promise((done, fail) => {
    const timeout = setTimeout(() => fail(new Error("The panel below did not change in 10 s.")), 10_000);
    const observer = new MutationObserver(() => {
      const now = sheet();
      if (!now || now === before) return;
      observer.disconnect();
      clearTimeout(timeout);
      done(performance.now() - started);
    });
    observer.observe(document.body, { subtree: true, childList: true, attributeFilter: ["src"] });
    slider.dispatchEvent(new Event("change", { bubbles: true }));
  });
};
