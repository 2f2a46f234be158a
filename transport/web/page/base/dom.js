// Building the page's elements. Text goes in as text nodes only, so no name, however hostile, becomes markup.

/**
 * An element. Of props, "class" and attributes are set as they are, true sets an empty attribute, false and undefined
 * set none; functions are event listeners ("onclick"); "data" is an object of data-* values.
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value);
    } else if (name === "data") {
      Object.assign(element.dataset, value);
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** A button that submits nothing. */
export function button(label, onclick, props = {}) {
  return el("button", { type: "button", onclick, ...props }, label);
}

/** Sets a text only if it differs, so that screen readers and layout are left in peace. */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
