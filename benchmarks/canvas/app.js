/** Installed before anything else in every page of the app; `lab` is what has happened there. */
{
  const CANVAS = "[data-testid=latent-canvas]";
  const DRAG_LAYER = ".st-key-latent-map .js-plotly-plot .nsewdrag";

  const lab = {
    /** @type {number | null} When the chart was drawn. */
    drawn: null,
    /** @type {number | null} When the first image was. */
    decoded: null,
    /** @type {number[]} When a canvas was ready. */
    ready: [],
    /** @type {{ at: number, ms: number, page: number }[]} Decodes, each of another z, and what the page did for it. */
    moves: [],
    /** Milliseconds that the page's own code has worked since the last decode, in frames and on a worker's answers. */
    busy: 0,
    /** @type {number[]} */
    frames: [],
    isCounting: false,

    /** Forget what has happened, and count frames from now on. */
    start() {
      Object.assign(lab, { moves: [], frames: [], busy: 0, isCounting: true });
      /** @param {number} now */
      const count = (now) => {
        lab.frames.push(now);
        if (lab.isCounting) requestAnimationFrame(count);
      };
      requestAnimationFrame(count);
    },

    stop() {
      lab.isCounting = false;
      return { frames: lab.frames, moves: lab.moves };
    },

    /** Resolves once a frame has passed, and what was to be done in it. */
    frame: () => new Promise((done) => requestAnimationFrame(() => setTimeout(done))),

    /** The least that a page can do in a frame: hide the canvas, and count. */
    tick() {
      const canvas = document.querySelector(CANVAS);
      if (canvas instanceof HTMLElement) canvas.style.display = "none";
      const number = document.createElement("output");
      number.style.cssText = "position: fixed; top: 0; z-index: 1000000";
      document.body.append(number);
      /** @param {number} now */
      const count = (now) => {
        number.textContent = String(now);
        requestAnimationFrame(count);
      };
      requestAnimationFrame(count);
    },

    /**
     * Let the first slider go at a share of its range; milliseconds until Python's sheet is another.
     * @param {number} share
     * @returns {Promise<number>}
     */
    letGo(share) {
      const slider = document.querySelector(`${CANVAS} .lc-row input[type=range]`);
      if (!(slider instanceof HTMLInputElement)) throw new Error("There is no slider.");
      const sheet = () => document.querySelector('img[alt="The real images nearest to z"]')?.getAttribute("src");
      const before = sheet();
      slider.value = String(share * Number(slider.max));
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
    },
  };
  Object.assign(globalThis, { lab });

  /** @type {<T extends unknown[]>(f: (...given: T) => void) => (...given: T) => void} */
  const timed =
    (f) =>
    (...given) => {
      const started = performance.now();
      f(...given);
      lab.busy += performance.now() - started;
    };
  const ask = requestAnimationFrame;
  window.requestAnimationFrame = (f) => ask(timed(f));
  const answered = Object.getOwnPropertyDescriptor(Worker.prototype, "onmessage");
  Object.defineProperty(Worker.prototype, "onmessage", {
    ...answered,
    set(f) {
      answered?.set?.call(this, timed(f));
    },
  });

  new MutationObserver((_, observer) => {
    if (!document.querySelector(DRAG_LAYER)) return;
    lab.drawn = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });

  /** @type {string | undefined} */
  let shown;
  new MutationObserver((records) => {
    const at = performance.now();
    for (const { target, attributeName } of records) {
      if (!(target instanceof HTMLElement)) continue;
      const { dataset } = target;
      if (attributeName === "data-state" && dataset.state === "ready") lab.ready.push(at);
      if (attributeName !== "data-decode-ms" || dataset.z === shown) continue;
      lab.decoded ??= at;
      shown = dataset.z; // the same z once more, after a redraw of the chart, is no move
      lab.moves.push({ at, ms: Number(dataset.decodeMs), page: lab.busy });
      lab.busy = 0;
    }
  }).observe(document, { subtree: true, attributeFilter: ["data-state", "data-decode-ms"] });
}
