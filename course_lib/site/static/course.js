// Pairs of PyTorch and Keras cells: the switch, the tabs, and what screen readers hear.
//
// The reader's choice lives in two attributes of <html> (set before the first paint by an inline script):
//   data-framework      both | pytorch | keras     what the switch says
//   data-framework-tab  pytorch | keras            which tab is open where two columns do not fit
// course.css lays pairs out from these and from the width a pair has; it tells this script the result in the
// custom property --pair-layout (columns | tabs).
(() => {
  const NAMES = { pytorch: "PyTorch", keras: "Keras" };
  const CHOICES = { both: "Both", ...NAMES };
  const root = document.documentElement;

  const stored = { framework: Object.keys(CHOICES), frameworkTab: Object.keys(NAMES) };
  for (const [key, allowed] of Object.entries(stored)) {
    if (!allowed.includes(root.dataset[key])) root.dataset[key] = allowed[0];
  }

  function remember(key, value) {
    root.dataset[key] = value;
    try {
      localStorage.setItem("course-" + key, value);
    } catch {
      // Storage is switched off: the choice holds for this page.
    }
  }

  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  // ---- the switch -------------------------------------------------------------------------------------

  function buildSwitch(name) {
    const group = element("div", { class: "course-switch", role: "radiogroup", "aria-label": "Framework shown" });
    for (const [value, text] of Object.entries(CHOICES)) {
      const input = element("input", { type: "radio", name, value });
      input.addEventListener("change", () => choose(value));
      group.append(element("label", { class: `course-choice-${value}` }, input, element("span", {}, text)));
    }
    return group;
  }

  function choose(value) {
    keepInView(() => {
      remember("framework", value);
      if (value !== "both") remember("frameworkTab", value);
      update();
    });
  }

  // ---- tabs ---------------------------------------------------------------------------------------------

  const pairs = [];

  function buildPair(container, number) {
    const body = container.querySelector(":scope > .course-pair-body");
    const sides = {};
    const tabs = {};
    const list = element("div", { class: "course-tabs", role: "tablist", "aria-label": "Framework" });
    for (const side of body.querySelectorAll(":scope > .course-side")) {
      const name = side.classList.contains("course-pytorch") ? "pytorch" : "keras";
      side.id ||= `course-pair-${number}-${name}`;
      sides[name] = side;
    }
    for (const name of Object.keys(NAMES)) {
      tabs[name] = element(
        "button",
        { type: "button", role: "tab", id: `${sides[name].id}-tab`, "aria-controls": sides[name].id, class: `course-tab course-tab-${name}` },
        NAMES[name],
      );
      tabs[name].addEventListener("click", () => open(name));
      list.append(tabs[name]);
    }
    list.addEventListener("keydown", (event) => {
      const names = Object.keys(NAMES);
      const now = names.indexOf(shownTab());
      const next = { ArrowRight: now + 1, ArrowLeft: now - 1 + names.length, Home: 0, End: names.length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      const name = names[next % names.length];
      open(name);
      tabs[name].focus({ preventScroll: true });
    });
    body.before(list);
    pairs.push({ body, sides, tabs, layout: "" });
  }

  const shownTab = () => (root.dataset.framework === "both" ? root.dataset.frameworkTab : root.dataset.framework);

  function open(name) {
    keepInView(() => {
      remember("frameworkTab", name);
      if (root.dataset.framework !== "both") remember("framework", name);
      update();
    });
  }

  // Every pair on the page changes its height at once: what the reader looks at must stay where it is.
  function keepInView(change) {
    const focus = document.activeElement?.closest(".course-pair, .course-facts");
    const candidates = [...document.querySelectorAll(".bd-article > section, .bd-article section > *")];
    const anchor = focus || candidates.find((node) => node.getBoundingClientRect().bottom > 60 && node.tagName !== "SECTION");
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (anchor) window.scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
  }

  // ---- keep the page and its roles in step ----------------------------------------------------------------

  function update() {
    for (const input of document.querySelectorAll(".course-switch input")) {
      input.checked = input.value === root.dataset.framework;
    }
    for (const pair of pairs) {
      pair.layout = getComputedStyle(pair.body).getPropertyValue("--pair-layout").trim();
    }
    const shown = shownTab();
    for (const { sides, tabs, layout } of pairs) {
      for (const name of Object.keys(NAMES)) {
        const side = sides[name];
        const selected = name === shown;
        tabs[name].setAttribute("aria-selected", String(selected));
        tabs[name].tabIndex = selected ? 0 : -1;
        if (layout === "tabs") {
          side.setAttribute("role", "tabpanel");
          side.setAttribute("aria-labelledby", tabs[name].id);
          side.removeAttribute("aria-label");
          side.tabIndex = 0;
        } else {
          side.setAttribute("role", "group");
          side.setAttribute("aria-label", NAMES[name]);
          side.removeAttribute("aria-labelledby");
          side.removeAttribute("tabindex");
        }
      }
    }
    foldNow();
    markScrollable();
  }

  // Two columns reach into the margin: the table of contents there folds away while a pair passes by. The
  // theme unfolds it when the pointer is over it.
  function foldContents() {
    const contents = document.querySelector(".bd-sidebar-secondary");
    if (!contents) return;
    const passing = new Set();
    const fold = () => contents.classList.toggle("hide", [...passing].some((pair) => pair.layout === "columns"));
    const observer = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          const pair = pairs.find(({ body }) => body === entry.target);
          if (entry.isIntersecting) passing.add(pair);
          else passing.delete(pair);
        }
        fold();
      },
      { rootMargin: "0px 0px -33% 0px" },
    );
    for (const { body } of pairs) observer.observe(body);
    foldNow = fold;
  }
  let foldNow = () => {};

  // What scrolls sideways must be reachable with the keyboard.
  function markScrollable() {
    const boxes = document.querySelectorAll(".bd-article pre, .bd-article .cell_output, .bd-article .pst-scrollable-table-container, .bd-article mjx-container[display=true]");
    for (const box of boxes) {
      if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
      else if (box.getAttribute("tabindex") === "0") box.removeAttribute("tabindex");
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const containers = document.querySelectorAll(".course-pair");
    containers.forEach(buildPair);
    if (containers.length) {
      const header = document.querySelector(".header-article-items__end");
      header?.prepend(buildSwitch("course-framework-header"));
      document.querySelector(".course-switch-slot")?.append(buildSwitch("course-framework-page"));
    }
    foldContents();
    update();
    document.getElementById("pst-primary-sidebar")?.setAttribute("role", "complementary");
    document.getElementById("pst-primary-sidebar")?.setAttribute("aria-label", "Course");
    const article = document.querySelector(".bd-article");
    if (article) new ResizeObserver(update).observe(article);
    window.addEventListener("load", markScrollable);
    window.MathJax?.startup?.promise?.then(markScrollable);
    window.addEventListener("storage", (event) => {
      const key = event.key?.replace(/^course-/, "");
      if (event.key?.startsWith("course-") && stored[key]?.includes(event.newValue)) {
        root.dataset[key] = event.newValue;
        update();
      }
    });
  });
})();
