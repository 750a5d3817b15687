/**
 * A slider over the epochs that runs kept: maps, decoders, reconstructions and the mark on the curves go together.
 *
 * @import { PastSent } from "./history.js"
 * @import { Fetch } from "./decoders.js"
 */

import { THUMBNAILS_ARRIVED } from "../latent_canvas/thumbnails.js";
import { button, element } from "../lessons/stage/elements.js";
import { EXPLORER_BEGAN } from "../shared/page.js";
import { Clock } from "./clock.js";
import { History } from "./history.js";
import { Then } from "./then.js";
import { Traveller } from "./traveller.js";

export class TimeMachine {
  #clock = new Clock(() => this.#show());
  /** Which way time went last. */
  #direction = -1;
  #ending = new AbortController();
  #fetch;
  #at = 0;
  /** Whether anybody has gone anywhere yet. */
  #isUsed = false;
  /** @type {{ traveller: Traveller, shown: Then }[]} */
  #runs = [];
  /** @type {number[]} Those of all runs together. */
  #epochs = [];

  /**
   * @param {HTMLElement} root  Empty.
   * @param {Fetch} fetch
   */
  constructor(root, fetch) {
    this.root = root;
    this.#fetch = fetch;
    this.slider = element("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "Epoch" });
    this.output = element("output", { "aria-live": "off" });
    this.play = button("▶", () => this.#toggle(), "Watch it learn");
    this.back = button("End", () => this.#go(this.#homeStep), "Back to the model as it is");
    this.note = element("p", { class: "tm-note", role: "status" });
    this.more = element("div", { class: "tm-more", hidden: true });
    this.slider.addEventListener("input", () => this.#go(Number(this.slider.value)));
    root.replaceChildren(
      element("div", { class: "tm-bar" }, this.play, this.slider, this.output, this.back),
      this.note,
      this.more,
    );
    const { signal } = this.#ending;
    for (const event of [EXPLORER_BEGAN, THUMBNAILS_ARRIVED]) {
      document.addEventListener(event, () => this.#isUsed && this.#show(), { signal });
    }
  }

  /**
   * Take over what Python says of each run, of which one in training has more epochs each time.
   * @param {PastSent[]} sent
   */
  update(sent) {
    const moment = this.#runs.length ? this.#moment : null;
    const names = (/** @type {PastSent[]} */ all) => all.map(({ run, map_key }) => `${run} ${map_key}`).join();
    if (names(sent) !== names(this.#runs.map(({ traveller }) => traveller.history.sent))) this.#begin(sent);
    this.#runs.forEach(({ traveller: { history }, shown }, i) => {
      history.update(sent[i]);
      shown.total = Math.max(1, sent[i].total);
    });
    const before = this.#epochs;
    const all = this.#runs.flatMap(({ traveller: { history } }) => history.epochs);
    this.#epochs = [...new Set(all)].sort((a, b) => a - b);
    this.#clock.last = this.#epochs.length - 1;
    this.slider.max = String(this.#clock.last);
    this.root.hidden = this.#epochs.length < 2;
    if (before.length && String(before) === String(this.#epochs)) return this.#isUsed ? this.#show() : undefined;
    // At the same moment as before, or at the model as it is.
    const at = moment === null || !this.#isUsed ? this.#homeStep : this.#stepOf(moment);
    this.#clock.shown = this.#clock.wanted = at;
    this.#show();
  }

  /** @param {PastSent[]} sent */
  #begin(sent) {
    for (const { traveller } of this.#runs) traveller.history.end();
    this.#isUsed = false;
    this.#runs = sent.map((one) => {
      const history = new History(one, this.#fetch, () => this.#show());
      return {
        traveller: new Traveller(history, () => this.#go(this.#homeStep, true)),
        shown: new Then(sent.length > 1 ? one.title : "", one.total),
      };
    });
    this.more.replaceChildren(...this.#runs.map(({ shown }) => shown.element));
    this.more.hidden = true;
  }

  end() {
    this.#clock.end();
    this.#ending.abort();
    for (const { traveller } of this.#runs) {
      traveller.comeHome();
      traveller.history.end();
    }
    delete document.documentElement.dataset.away;
  }

  /** Where the model as it is stands on the slider: of several, the last of all. */
  get #homeStep() {
    return this.#stepOf(Math.max(...this.#runs.map(({ traveller: { history } }) => history.sent.home)));
  }

  /** @param {number} moment  In epochs. */
  #stepOf(moment) {
    const at = this.#epochs.findIndex((epoch) => epoch >= moment);
    return at < 0 ? this.#epochs.length - 1 : at;
  }

  /** What is shown, in epochs: between two of them while it glides. */
  get #moment() {
    const { shown } = this.#clock;
    const before = Math.min(Math.floor(shown), this.#epochs.length - 1);
    const after = Math.min(before + 1, this.#epochs.length - 1);
    return this.#epochs[before] + (shown - before) * (this.#epochs[after] - this.#epochs[before]);
  }

  #toggle() {
    this.#isUsed = true;
    if (this.#clock.playing) this.#clock.pause();
    else this.#clock.play();
    this.#show();
  }

  /**
   * @param {number} step  Of the slider.
   * @param {boolean} atOnce  Whether it must be there before anything else happens.
   */
  #go(step, atOnce = false) {
    this.#isUsed = true;
    if (atOnce) this.#clock.shown = step;
    this.#clock.go(step);
    this.#show();
  }

  #show() {
    const { playing, shown, wanted } = this.#clock;
    if (shown !== this.#at) this.#direction = shown > this.#at ? 1 : -1;
    this.#at = shown;
    const moment = this.#moment;
    // While it glides, what is fetched is what is wanted, and not what lies on the way.
    const goal = this.#epochs[Math.round(playing ? shown : wanted)];
    const isAway = this.#isUsed && (playing || moment !== this.#epochs[this.#homeStep] || wanted !== shown);
    this.slider.value = String(playing ? Math.round(shown) : wanted);
    const last = this.#epochs[this.#epochs.length - 1];
    this.output.textContent = `Epoch ${goal} of ${last}`;
    this.slider.setAttribute("aria-valuetext", `epoch ${goal} of ${last}`);
    this.play.textContent = playing ? "❚❚" : "▶";
    this.play.title = playing ? "Pause" : "Watch it learn";
    this.play.setAttribute("aria-label", this.play.title);
    this.back.style.visibility = isAway ? "visible" : "hidden";
    if (isAway) document.documentElement.dataset.away = "";
    else delete document.documentElement.dataset.away;
    if (!this.#isUsed) return;
    this.more.hidden = false;
    this.root.dataset.moment = moment.toFixed(3);
    this.root.dataset.rests = String(!playing && wanted === shown);
    for (const { traveller, shown: then } of this.#runs) {
      const { history } = traveller;
      const { epochs } = history;
      const own = epochs.filter((epoch) => epoch <= goal).at(-1) ?? epochs[0];
      history.want(own, this.#direction);
      const scene = traveller.show(moment);
      if (history.codes) then.mark(history.codes, moment);
      if (scene) then.reconstruct(scene);
    }
    this.note.textContent = isAway ? this.#said(goal) : "";
  }

  /** @param {number} epoch */
  #said(epoch) {
    const courses = this.#runs.filter(({ traveller: { history } }) => history.codes);
    if (!courses.length) return "Fetching where the images were …";
    const count = courses[0].traveller.history.codes?.images.length ?? 0;
    const beyond = Math.max(...this.#runs.map(({ traveller }) => traveller.beyond));
    const out = beyond ? ` ${beyond.toLocaleString("en")} lie beyond the edge: zoom out to see them.` : "";
    return `After epoch ${epoch}: ${count.toLocaleString("en")} of the images, decoded as it was then.${out}`;
  }
}
