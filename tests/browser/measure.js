// What the tests of accessibility measure in a page; evaluated there, and gone with it.

(() => {
  /** Straight channels and alpha of a colour, whatever way it is written. */
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  function rgba(color) {
    if (!known.has(color)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = "#000";
      pen.fillStyle = color;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      known.set(color, [r, g, b, a / 255]);
    }
    return known.get(color);
  }
  const over = ([r, g, b, a], under) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a));
  function luminance(channels) {
    const [r, g, b] = channels.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  /** WCAG 2's contrast ratio. */
  function ratio(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  }

  /** What an element is drawn on: those of its ancestors that reach under its middle. */
  function ground(element) {
    const layers = [];
    const own = element.getBoundingClientRect();
    const [x, y] = [own.left + own.width / 2, own.top + own.height / 2];
    let clipped = false; // what scrolls is seen within what clips it, and on that
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      clipped ||= style.overflowX !== "visible" && style.overflowX !== "";
      const { left, right, top, bottom } = at.getBoundingClientRect();
      if (!clipped && (x < left || x > right || y < top || y > bottom)) continue;
      const color = rgba(style.backgroundColor);
      if (color[3]) layers.push(color);
      if (color[3] === 1) break;
      // Plotly draws a legend's ground as a rectangle before its texts.
      const box = at instanceof SVGElement && at.querySelector(":scope > rect.bg");
      if (box) {
        const { fill, fillOpacity, opacity } = getComputedStyle(box);
        const [r, g, b, a] = rgba(fill);
        const shown = a * fillOpacity * opacity;
        if (shown) layers.push([r, g, b, shown]);
        if (shown === 1) break;
      }
    }
    return layers.reduceRight((under, layer) => over(layer, under), [255, 255, 255]);
  }
  /** How much of an element its own and its ancestors' opacity let through. */
  function opacity(element) {
    let share = 1;
    for (let at = element; at; at = at.parentElement) share *= getComputedStyle(at).opacity;
    return share;
  }
  const disabled = (element) => element.closest(":disabled, [aria-disabled='true'], [data-disabled='true']")
    || element.closest("label")?.querySelector(":disabled");
  function shown(element) {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    // Moved out of sight, as what is for screen readers alone is.
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1;
  }
  const path = (element) => {
    const parts = [];
    for (let at = element; at && parts.length < 4; at = at.parentElement) {
      const name = at.dataset?.testid ?? at.id ?? "";
      parts.unshift(`${at.tagName.toLowerCase()}${name ? `[${name}]` : at.classList?.[0] ? `.${at.classList[0]}` : ""}`);
    }
    return parts.join(" > ");
  };

  /** Every text that can be seen, with its contrast to what is behind it; lowest first. */
  function contrasts() {
    const found = [];
    const add = (element, text, color, style) => {
      const behind = ground(element);
      const [r, g, b, a] = rgba(color);
      const share = a * opacity(element) * (element instanceof SVGElement ? style.fillOpacity : 1);
      found.push({ text: text.slice(0, 60), ratio: ratio(over([r, g, b, share], behind), behind), where: path(element) });
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data.trim();
      const element = walker.currentNode.parentElement;
      if (!text || !element || element.closest("script, style, noscript, title, canvas, .MathJax")) continue;
      if (!shown(element) || disabled(element)) continue;
      const style = getComputedStyle(element);
      add(element, text, element instanceof SVGElement ? style.fill : style.color, style);
    }
    for (const field of document.querySelectorAll("input, textarea")) {
      if (!shown(field) || field.disabled || ["range", "checkbox", "radio", "file", "color"].includes(field.type)) continue;
      const style = field.value || !field.placeholder ? getComputedStyle(field) : getComputedStyle(field, "::placeholder");
      if (field.value || field.placeholder) add(field, field.value || field.placeholder, style.color, style);
    }
    return found.sort((a, b) => a.ratio - b.ratio);
  }

  const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex], [contenteditable='true'], "
    + ["button", "checkbox", "combobox", "link", "menuitem", "option", "radio", "slider", "spinbutton", "switch", "tab", "textbox"]
      .map((role) => `[role='${role}']`).join(", ");
  const LOOKS = ["outline", "outlineColor", "boxShadow", "borderColor", "backgroundColor", "color", "opacity", "textDecorationLine"];

  /** How an element and what is close around it look: other than before, once it has the focus. */
  function look(element) {
    const near = [element, element.nextElementSibling, element.previousElementSibling];
    for (let at = element.parentElement; at && near.length < 12; at = at.parentElement) near.push(at);
    near.push(...[...element.querySelectorAll("*")].slice(0, 8));
    return near.filter(Boolean).map((each) => {
      const style = getComputedStyle(each);
      return LOOKS.map((name) => style[name]).join();
    }).join("|");
  }
  const nameOf = (element) => element.ariaLabel || element.labels?.[0]?.innerText || element.innerText
    || element.getAttribute("title") || element.alt || "";

  /** The controls that one can see, and how they look without the focus. */
  let controls = [];
  let scope = document.body;
  const still = document.createElement("style");
  still.textContent = "*, *::before, *::after { transition: none !important; animation: none !important; }";
  /** Begin to go through the page, or through the part of it that a selector names. */
  function begin(within = null) {
    scope = within ? document.querySelector(within) : document.body;
    // Tab goes on from what was clicked last: that becomes the page itself, or its part.
    scope.tabIndex = -1;
    scope.focus();
    [first, left] = [null, false];
    document.head.append(still);
    controls = [...scope.querySelectorAll(CONTROLS)]
      .filter((element) => element !== scope && !disabled(element) && element.checkVisibility({ visibilityProperty: true })
        && !element.closest("[aria-hidden='true'], [inert]"))
      .map((element) => ({ element, before: look(element), reached: false, seen: false }));
    return controls.length;
  }
  let [first, left] = [null, false];
  /** After a press of Tab: whether the focus has gone through it all, and begins again or is elsewhere. */
  function step() {
    const at = document.activeElement;
    // Out of the part that is gone through.
    if (at && first && !scope.contains(at)) return (left = true);
    // Nowhere: it has left the page, or what had it is gone.
    if (!at || at === document.body || !scope.contains(at)) return false;
    left = at === first;
    if (left) return true;
    first ??= at;
    const control = controls.find(({ element }) => element === at);
    if (!control) {
      controls.push({ element: at, before: "", reached: true, seen: true });
    } else if (!control.reached) {
      control.reached = true;
      control.seen = look(at) !== control.before;
    }
    return false;
  }
  /** Whether another member of its group was reached, between which arrow keys move. */
  function byArrows(element) {
    const group = element.closest("[role='radiogroup'], [role='tablist'], [role='listbox'], [role='menu'], [role='toolbar'], [role='group']");
    const own = element.name && element.type === "radio" && `input[type=radio][name="${element.name}"]`;
    return controls.some((other) => other.reached && other.element !== element
      && ((group && group.contains(other.element)) || (own && other.element.matches(own))));
  }
  function end() {
    const tell = ({ element }) => `${path(element)} “${nameOf(element).trim().slice(0, 40)}”`;
    const alive = controls.filter(({ element }) => element.isConnected);
    return {
      left,
      reached: alive.filter((control) => control.reached).map(tell),
      missed: alive.filter((control) => !control.reached && !byArrows(control.element)).map(tell),
      unseen: alive.filter((control) => control.reached && !control.seen).map(tell),
    };
  }
  window.measure = { contrasts, begin, step, end };
})();
