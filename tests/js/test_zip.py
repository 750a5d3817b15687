"""The archive that the browser makes of many files, opened by Python."""

import base64
import io
import zipfile

import pytest

from vaelab.export.modules import join

pytestmark = pytest.mark.browser

ZIP = """
async ([code, files]) => {
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const { zipOf } = await import(url);
    const shares = [];
    const found = files.map(([path, content]) => {
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        return { path, file: new File([bytes], path.split("/").at(-1)) };
    });
    const archive = new Uint8Array(await (await zipOf(found, (share) => shares.push(share))).arrayBuffer());
    let text = "";
    for (const byte of archive) text += String.fromCharCode(byte);
    return [btoa(text), shares];
}
"""


def test_python_opens_it_and_finds_every_file_whole(page, rng):
    files = {
        "trees/oak/1.png": rng.bytes(70_000),
        "trees/oak/empty.png": b"",
        "trees/Bäume/木.png": b"\xff" * 300,
        "notes.txt": b"a note",
    }
    sent = [[path, base64.b64encode(content).decode()] for path, content in files.items()]
    text, shares = page.evaluate(ZIP, [join("images/zip.js"), sent])
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(text))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files
    assert shares == [0.25, 0.5, 0.75, 1]
