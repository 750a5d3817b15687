/**
 * The first script of a page that is one file: unpacks its parts, and starts the one that is code.
 *
 * It is a script and no module, so that its text is what the page's policy knows by a hash.
 */
{
  /**
   * @param {string} text  In base64, packed by gzip.
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  const unpack = async (text) => {
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  /** Resolves once all of the file has been read. */
  const read = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));

  /**
   * The bytes of a part, which may lie further down in the file; none where there is no such part.
   * @param {string} name
   */
  const part = async (name) => {
    const selector = `script[data-part="${name}"]`;
    // What is only half read has nothing after it.
    if (document.readyState === "loading" && !document.querySelector(`${selector} ~ script`)) await read;
    const text = document.querySelector(selector)?.textContent;
    return text ? unpack(text) : null;
  };

  const start = async () => {
    const code = await part("code");
    const module = await import(URL.createObjectURL(new Blob([code ?? ""], { type: "text/javascript" })));
    await module.default(part);
  };

  start().catch((error) => {
    const notice = document.querySelector("[data-notice]");
    if (!(notice instanceof HTMLElement)) throw error;
    const isOld = typeof DecompressionStream === "undefined";
    notice.textContent = isOld
      ? "This browser is too old for this page: one of 2023 or later opens it."
      : `This page could not be opened: ${error instanceof Error ? error.message : error}`;
    notice.hidden = false;
  });
}
