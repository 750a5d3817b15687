/**
 * A slider over the epochs that runs kept: maps, decoders, reconstructions and the mark on the curves go together.
 *
 * @typedef {{ traveller: Traveller, shown: Then, scene: Scene | null }} Passenger  One of the runs.
 *
 * @import { Fetch } from "./decoders.js"
 * @import { PastSent } from "./history.js"
 * @import { Scene } from "./traveller.js"
 */
import { THUMBNAILS_ARRIVED } from "../latent_canvas/thumbnails.js";
import { button, element } from "../lessons/stage/elements.js";
import { EXPLORER_BEGAN } from "../shared/page.js";
import { Clock } from "./clock.js";
import { History } from "./history.js";
import { momentAt, ownMoment, stepOf } from "./steps.js";
import { Then } from "./then.js";
import { Traveller } from "./traveller.js";

export class TimeMachine {
  #clock = new Clock(() => this.#show());
  /** Which way time went last, and from where. */
  #direction = -1;
  #at = 0;
  #ending = new AbortController();
  #fetch;
  /** Whether anybody has gone anywhere yet. */
  #isUsed = false;
  /** @type {Passenger[]} */
  #runs = [];
  /** @type {number[]} Those of all runs together, one a step of the slider. */
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
    this.play = button("▶", () => this.#toggle());
    this.back = button("Now", () => this.#comeBack(), "Back to the model as it is now");
    this.note = element("p", { class: "tm-note" });
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
    // An image that is dropped is encoded by the model as it is; whoever takes it comes after this.
    document.addEventListener("drop", () => this.#isAway && this.#goHome(), { signal, capture: true });
  }

  /**
   * Take over what Python says of each run, of which one in training has more epochs each time.
   * @param {PastSent[]} sent
   */
  update(sent) {
    const names = (/** @type {PastSent[]} */ all) => all.map(({ run, map_key }) => `${run} ${map_key}`).join();
    const isNew = names(sent) !== names(this.#runs.map(({ traveller }) => traveller.history.sent));
    const stays = !isNew && this.#isAway;
    const { shown, wanted } = this.#clock;
    const [from, to] = [shown, wanted].map((step) => momentAt(this.#epochs, step));
    if (isNew) this.#begin(sent);
    this.#runs.forEach(({ traveller: { history }, shown }, i) => {
      history.sent = sent[i];
      shown.total = Math.max(1, sent[i].total);
    });
    const all = this.#runs.flatMap(({ traveller: { history } }) => history.epochs);
    this.#epochs = [...new Set(all)].sort((a, b) => a - b);
    this.#clock.last = this.#epochs.length - 1;
    this.slider.max = String(this.#clock.last);
    this.root.hidden = this.#epochs.length < 2;
    // At the same moment as before, or at the model as it is, which may be of a later epoch by now.
    if (stays) Object.assign(this.#clock, { shown: stepOf(this.#epochs, from), wanted: stepOf(this.#epochs, to) });
    else this.#clock.stay(this.#homeStep);
    this.#show();
  }

  /** @param {PastSent[]} sent */
  #begin(sent) {
    this.#leave();
    this.#isUsed = false;
    this.#runs = sent.map((one) => {
      const history = new History(one, this.#fetch, () => this.#show());
      const traveller = new Traveller(
        history,
        () => this.#goHome(),
        () => this.#follow(),
      );
      return { traveller, shown: new Then(sent.length > 1 ? one.title : ""), scene: null };
    });
    this.more.replaceChildren(...this.#runs.map(({ shown }) => shown.element));
    this.more.hidden = true;
  }

  #leave() {
    for (const { traveller } of this.#runs) {
      traveller.comeHome();
      traveller.history.end();
    }
  }

  end() {
    this.#clock.end();
    this.#ending.abort();
    this.#leave();
    delete document.documentElement.dataset.away;
  }

  /** Where the model as it is stands on the slider: of several, the last of all. */
  get #homeStep() {
    const home = Math.max(...this.#runs.map(({ traveller: { history } }) => history.sent.home));
    return Math.max(0, this.#epochs.indexOf(home));
  }

  get #isAway() {
    const { playing, shown, wanted } = this.#clock;
    return this.#isUsed && (playing || shown !== wanted || wanted !== this.#homeStep);
  }

  #toggle() {
    this.#isUsed = true;
    if (this.#clock.playing) this.#clock.pause();
    else this.#clock.play();
    this.#show();
  }

  /** @param {number} step  Of the slider. */
  #go(step) {
    this.#isUsed = true;
    this.#clock.go(step);
    this.#show();
  }

  /** Be at the model as it is before anything else happens. */
  #goHome() {
    this.#clock.stay(this.#homeStep);
    this.#show();
  }

  /** Go there; the button is there no more, and whoever pressed it by a key goes on at the slider. */
  #comeBack() {
    this.slider.focus({ preventScroll: true });
    this.#go(this.#homeStep);
  }

  #show() {
    if (this.#ending.signal.aborted || !this.#runs.length) return;
    const { playing, shown, wanted } = this.#clock;
    if (shown !== this.#at) this.#direction = shown > this.#at ? 1 : -1;
    this.#at = shown;
    // While it glides, what is fetched is what is wanted, and not what lies on the way.
    const step = playing ? Math.round(shown) : Math.round(wanted);
    const isAway = this.#isAway;
    this.#showControls(step, isAway);
    if (isAway) document.documentElement.dataset.away = "";
    else delete document.documentElement.dataset.away;
    if (!this.#isUsed) return;
    this.more.hidden = false;
    this.root.dataset.moment = momentAt(this.#epochs, shown).toFixed(3);
    this.root.dataset.rests = String(!playing && wanted === shown);
    for (const each of this.#runs) {
      const { traveller, shown: then } = each;
      const { history } = traveller;
      const own = history.codes?.spec.epochs ?? history.epochs;
      history.want(ownMoment(own, this.#epochs, step), this.#direction);
      const moment = ownMoment(own, this.#epochs, shown);
      const isHome = !isAway || (!playing && shown === wanted && moment === history.sent.home);
      each.scene = isHome ? traveller.comeHome() : traveller.show(moment);
      if (history.codes) then.mark(history.codes, isAway ? moment : history.sent.home);
      if (each.scene) then.reconstruct(each.scene);
    }
    this.#say(step);
  }

  /**
   * @param {number} step
   * @param {boolean} isAway
   */
  #showControls(step, isAway) {
    const { playing } = this.#clock;
    const [epoch, last] = [this.#epochs[step], this.#epochs[this.#epochs.length - 1]];
    this.slider.value = String(step);
    this.slider.setAttribute("aria-valuetext", `epoch ${epoch} of ${last}`);
    this.output.textContent = `Epoch ${epoch} of ${last}`;
    this.play.textContent = playing ? "❚❚" : "▶";
    this.play.title = playing ? "Pause" : "Watch it learn";
    this.play.setAttribute("aria-label", this.play.title);
    this.back.style.visibility = isAway ? "visible" : "hidden";
  }

  /** Something was drawn: another image may have been clicked, or more of the map be seen. */
  #follow() {
    for (const { scene, shown } of this.#runs) if (scene) shown.reconstruct(scene);
    this.#say(Math.round(this.#clock.shown));
  }

  /** @param {number} step */
  #say(step) {
    this.note.textContent = this.#isAway ? this.#said(this.#epochs[step]) : "";
  }

  /** @param {number} epoch */
  #said(epoch) {
    const [{ traveller }] = this.#runs;
    if (!traveller.history.codes) return "Fetching where the images were …";
    const count = traveller.history.codes.images.length.toLocaleString("en");
    const what = this.#runs.length > 1 ? "each model" : `${count} of the images, decoded`;
    const beyond = this.#runs.reduce((sum, each) => sum + each.traveller.beyond, 0);
    const out = beyond ? ` ${beyond.toLocaleString("en")} lie beyond the map’s edge: zoom out to see them.` : "";
    return `After epoch ${epoch}: ${what} as it was then.${out}`;
  }
}
