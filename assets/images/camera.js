/**
 * Pictures by the camera, class by class. They stay in the page until all are sent at once, so that
 * taking one waits for nobody.
 *
 * What Python is sent: `Shot` of pages/_images/camera.py.
 * @typedef {{ label: string, jpeg: string }} Shot
 */
import { childOf } from "../shared/dom.js";

/** Pixels a side of what is sent: twice what the largest image of a dataset has. */
const SHOT_SIDE = 256;
/** More would be a long message. */
const MOST_SHOTS = 600;
/** Milliseconds between pictures while the button is held. */
const PAUSE = 200;

export class Camera {
  #count;
  #label;
  #last = -PAUSE;
  #least;
  #problem;
  /** @type {Shot[]} */
  #shots = [];
  #start;
  /** @type {MediaStream | null} */
  #stream = null;
  #take;
  #taken;
  /** @type {number | undefined} */
  #timer;
  #use;
  #video;

  /**
   * @param {HTMLElement | ShadowRoot} root  With the component's markup.
   * @param {number} least  How many pictures are needed.
   * @param {(shots: Shot[]) => void} use
   */
  constructor(root, least, use) {
    this.#least = least;
    this.#video = childOf(root, ".ca-video", HTMLVideoElement);
    this.#problem = childOf(root, ".ca-problem", HTMLElement);
    this.#label = childOf(root, ".ca-label", HTMLInputElement);
    this.#start = childOf(root, ".ca-start", HTMLButtonElement);
    this.#take = childOf(root, ".ca-take", HTMLButtonElement);
    this.#use = childOf(root, ".ca-use", HTMLButtonElement);
    this.#count = childOf(root, ".ca-count", HTMLElement);
    this.#taken = childOf(root, ".ca-taken", HTMLElement);
    this.#start.onclick = () => (this.#stream ? this.end() : this.#begin());
    this.#use.onclick = () => {
      this.end();
      this.#use.disabled = true;
      use(this.#shots);
    };
    this.#listen();
    this.#show();
  }

  /** Switch the camera off. */
  end() {
    this.#release();
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = this.#video.srcObject = null;
    this.#take.disabled = true;
    this.#start.textContent = "Start the camera";
  }

  #listen() {
    const take = this.#take;
    take.onpointerdown = (event) => {
      if (event.button !== 0 || take.disabled) return;
      this.#shoot();
      this.#timer = window.setInterval(() => this.#shoot(), PAUSE);
    };
    for (const end of /** @type {const} */ (["pointerup", "pointerleave", "pointercancel", "blur"])) {
      take.addEventListener(end, () => this.#release());
    }
    take.oncontextmenu = (event) => event.preventDefault(); // of a long touch
    take.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.#shoot(); // again and again while the key is held
    };
    // Neither the pointer's nor a key's: a screen reader's.
    take.onclick = (event) => {
      if (event.detail === 0) this.#shoot();
    };
  }

  async #begin() {
    this.#problem.textContent = "";
    if (!navigator.mediaDevices) {
      this.#problem.textContent = "Browsers allow the camera only at localhost, or at addresses that begin with https.";
      return;
    }
    try {
      const video = { facingMode: "environment", width: { ideal: 640 }, height: { ideal: 480 } };
      this.#stream = await navigator.mediaDevices.getUserMedia({ video });
      this.#video.srcObject = this.#stream;
      await this.#video.play();
      this.#take.disabled = false;
      this.#start.textContent = "Stop the camera";
    } catch (error) {
      this.end();
      const refused = error instanceof DOMException && error.name === "NotAllowedError";
      this.#problem.textContent = refused
        ? "The browser is not allowed to use the camera: allow it next to the address, then start it again."
        : "No camera is free: plug one in, or close the program that is using it.";
    }
  }

  #release() {
    clearInterval(this.#timer);
  }

  #shoot() {
    const now = performance.now();
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (!width || now - this.#last < PAUSE / 2 || this.#shots.length >= MOST_SHOTS) return;
    this.#last = now;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SHOT_SIDE;
    const side = Math.min(width, height);
    canvas
      .getContext("2d")
      ?.drawImage(this.#video, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SHOT_SIDE, SHOT_SIDE);
    this.#shots.push({ label: this.#label.value.trim(), jpeg: canvas.toDataURL("image/jpeg", 0.92).split(",")[1] });
    this.#show();
  }

  #show() {
    const labels = [...new Set(this.#shots.map(({ label }) => label))];
    const groups = labels.map((label) =>
      this.#group(
        label,
        this.#shots.filter((shot) => shot.label === label),
      ),
    );
    this.#taken.replaceChildren(...groups);
    const missing = this.#least - this.#shots.length;
    const full = this.#shots.length >= MOST_SHOTS ? " There is no room for more." : "";
    this.#use.disabled = missing > 0;
    this.#use.textContent = missing > 0 ? "Use them" : `Use these ${this.#shots.length}`;
    this.#count.textContent =
      missing > 0 ? `${this.#shots.length} taken; ${missing} more are needed.` : `${this.#shots.length} taken.${full}`;
  }

  /**
   * @param {string} label
   * @param {Shot[]} shots
   */
  #group(label, shots) {
    const group = document.createElement("div");
    group.className = "ca-group";
    const name = document.createElement("strong");
    name.textContent = `${label || "No class"} · ${shots.length}`;
    group.append(name, ...shots.map((shot, index) => this.#thumbnail(shot, index)));
    return group;
  }

  /**
   * @param {Shot} shot
   * @param {number} index
   */
  #thumbnail(shot, index) {
    const button = document.createElement("button");
    const image = document.createElement("img");
    button.type = "button";
    button.className = "ca-picture";
    button.ariaLabel = button.title = `Remove picture ${index + 1} of ${shot.label || "no class"}`;
    image.src = `data:image/jpeg;base64,${shot.jpeg}`;
    image.alt = "";
    button.append(image);
    button.onclick = () => {
      this.#shots.splice(this.#shots.indexOf(shot), 1);
      this.#show();
      this.#take.focus();
    };
    return button;
  }
}
