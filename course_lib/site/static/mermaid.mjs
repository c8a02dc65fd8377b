// The package is a classic script that sets a global; this makes it a module with a default export.
await new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = new URL("./vendor/mermaid/mermaid.tiny.js", import.meta.url);
  script.onload = resolve;
  script.onerror = reject;
  document.head.append(script);
});

// The extension stretches every diagram to the width of the text, and its letters with it: keep the drawn size.
const { run } = globalThis.mermaid;
globalThis.mermaid.run = async (...options) => {
  await run(...options);
  for (const { style } of document.querySelectorAll("pre.mermaid > svg")) {
    style.setProperty("max-width", style.maxWidth, "important");
  }
};

export default globalThis.mermaid;
