"""The canvas' modules called as Streamlit calls them, without Streamlit."""

import base64
import json

from vaelab.export.modules import join, read

#: Each with a text of its own, as Streamlit hands them to the browser.
CODE = {
    "map": join("latent_canvas/mount.js"),
    "model": join("latent_canvas/model_mount.js"),
    "place": join("latent_canvas/place_mount.js"),
    "decoded": join("latent_canvas/server_mount.js"),
    "thumbnails": join("latent_canvas/thumbnails_mount.js"),
}
FILES = {"code": CODE, "markup": read("latent_canvas/component.html")}
#: Calls mounts, which `mounts` has by their kind: with a map's bytes; with an offer of what is large, done once the
#: page has fetched that; with what else Python says as it is. `args` are what else Streamlit calls a mount with.
CALL = """
const call = (kind, data, args, after = "") => {
    if (typeof data !== "string") return mounts[kind]({ data, ...args });
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    if (kind === "map" || kind === "decoded") return mounts[kind]({ data: bytes, ...args });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const { id } = JSON.parse(header.__metadata__[kind]);
    const address = URL.createObjectURL(new Blob([bytes]));
    mounts[kind]({ data: { name: id, address, after }, ...args });
    return new Promise((resolve) => {
        const here = kind === "model" ? vaelab.models : vaelab.thumbnails;
        const watch = setInterval(() => {
            if (!here.has(id)) return;
            clearInterval(watch);
            resolve();
        }, 5);
    });
};
"""
#: The heading of the Start page has an id that browsers offer as a global name: `vaelab`.
SETUP = (
    f"""
async ({{ code, markup }}) => {{
    const mounts = {{}};
    {CALL}
"""
    + """
    document.body.innerHTML = `<h1 id="vaelab">vaelab</h1><main>${markup}</main>`;
    for (const [kind, text] of Object.entries(code)) {
        const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
        mounts[kind] = (await import(url)).default;
    }
    window.sent = []; // to Python
    window.send = (kind, data, after) => {
        const done = call(kind, data, {
            parentElement: document.querySelector("main"),
            setStateValue: (name, value) => sent.push([name, value]),
            setTriggerValue: (name, value) => sent.push([name, value]),
        }, after);
        if (kind !== "map") return done;
        window.cleanUp = done;
    };
}
"""
)

#: Canvases, each beside what stands in for one of Streamlit's charts: so many pixels a side, and
#: the ranges of its axes, `[[left, right], [bottom, top]]`.
SEVERAL = (
    f"""
async ({{ code, markup, keys, side, ranges }}) => {{
    const mounts = {{}};
    {CALL}
"""
    + """
    document.body.innerHTML = keys.map((key) => `<main data-of="${key}">${markup}</main>`).join("");
    for (const [kind, text] of Object.entries(code)) {
        const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
        mounts[kind] = (await import(url)).default;
    }
    window.sent = [];
    keys.forEach((key, i) => {
        const box = document.createElement("div");
        box.className = `st-key-${key}`;
        box.innerHTML = `<div class="js-plotly-plot" style="position: fixed; z-index: 9; top: 0;
            left: ${(side + 10) * i}px; width: ${side}px; height: ${side}px; background: white">
            <div class="nsewdrag" style="position: absolute; inset: 0"></div></div>`;
        document.body.append(box);
        const axis = (first, last) => ({
            _offset: 0,
            _length: side,
            p2d: (pixel) => first + (pixel / side) * (last - first),
            d2p: (place) => (side * (place - first)) / (last - first),
        });
        const [[left, right], [bottom, top]] = ranges[i];
        const events = {};
        Object.assign(box.firstChild, {
            _fullLayout: { xaxis: axis(left, right), yaxis: axis(top, bottom) },
            on: (name, f) => (events[name] = f),
            removeListener() {},
            moved: () => events.plotly_afterplot(),
        });
    });
    window.send = (kind, file, key) => {
        const done = call(kind, file, {
            parentElement: document.querySelector(`[data-of="${key}"]`),
            setStateValue: (name, value) => sent.push([key, name, value]),
            setTriggerValue: (name, value) => sent.push([key, name, value]),
        });
        return kind === "map" ? undefined : done;
    };
}
"""
)


def kind_of(file):
    """Of a safetensors file: a map or a model."""
    length = int.from_bytes(file[:8], "little")
    return json.loads(file[8 : 8 + length])["__metadata__"]["kind"]


def to_base64(file):
    return base64.b64encode(file).decode()
