"""What marks chosen images, called as Streamlit calls it, without Streamlit."""

import pytest

from vaelab.export.modules import join, read

pytestmark = pytest.mark.browser

#: A chart's marks mounted, and mounted anew in another element before Streamlit ends the first.
REMOUNT = """
async ([code, markup]) => {
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const mount = (await import(url)).default;
    const data = { chart: "map", chosen: [], lasso: "button", sheet: null, images: [] };
    const mountIn = () => {
        const parentElement = document.createElement("div");
        parentElement.innerHTML = markup;
        document.body.append(parentElement);
        return [parentElement, mount({ data, parentElement, setTriggerValue() {} })];
    };
    const [first, endFirst] = mountIn();
    first.remove();
    const [second, endSecond] = mountIn();
    const ended = () => new Promise((done) => setTimeout(done, 20));
    endFirst();
    await ended();
    const button = second.querySelector("button");
    button.click();
    const stays = button.getAttribute("aria-pressed");
    second.remove();
    endSecond();
    await ended();
    return [stays, button.getAttribute("aria-pressed")];
}
"""


def test_what_is_mounted_anew_outlives_the_end_of_the_mount_before(page):
    code = join("linked_selection/mount.js"), read("linked_selection/component.html")
    assert page.evaluate(REMOUNT, code) == ["true", "false"]
