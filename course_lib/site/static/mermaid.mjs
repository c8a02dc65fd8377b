// The package is a classic script that sets a global; this makes it a module with a default export.
await new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = new URL("./vendor/mermaid/mermaid.tiny.js", import.meta.url);
  script.onload = resolve;
  script.onerror = reject;
  document.head.append(script);
});

export default globalThis.mermaid;
