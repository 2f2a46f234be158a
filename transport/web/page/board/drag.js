// Dragging by mouse, pen and finger. A press that does not travel stays a click, so both ways to move work together.

const slack = 5; // px that a press may tremble

/**
 * Watches presses on grid. can(square) tells whether a drag may start there; then lifted(square), carried(x, y) with
 * the place in squares from the left and the top, and at last dropped(x, y) or dropped() if it was broken off.
 */
export function watchDrags(grid, { can, lifted, carried, dropped }) {
  let press = null; // {id, square, x, y, box, dragging}
  let swallow = false; // the click that the browser makes of the end of a drag

  const place = ({ clientX, clientY }) => {
    const { left, top, width } = press.box;
    return [(clientX - left) / width * 8, (clientY - top) / width * 8];
  };

  const end = (event, ...at) => {
    if (event.pointerId !== press?.id) {
      return;
    }
    const was = press;
    press = null;
    if (was.dragging) {
      swallow = event.type === "pointerup";
      dropped(...at);
    }
  };

  grid.addEventListener("pointerdown", (event) => {
    swallow = false;
    const square = event.target.closest("[data-square]")?.dataset.square;
    if (!press && event.isPrimary && event.button === 0 && square && can(square)) {
      press = { id: event.pointerId, square, x: event.clientX, y: event.clientY, box: grid.getBoundingClientRect(), dragging: false };
    }
  });
  grid.addEventListener("pointermove", (event) => {
    if (event.pointerId !== press?.id) {
      return;
    }
    if (!press.dragging) {
      if (Math.hypot(event.clientX - press.x, event.clientY - press.y) < slack) {
        return;
      }
      press.dragging = true;
      grid.setPointerCapture(press.id);
      lifted(press.square);
    }
    carried(...place(event));
  });
  grid.addEventListener("pointerup", (event) => press && end(event, ...place(event)));
  grid.addEventListener("pointercancel", (event) => end(event));
  // A finger is captured by what it touched first, which loses it to us when a drag starts: that is no end.
  grid.addEventListener("lostpointercapture", (event) => event.target === grid && end(event));
  grid.addEventListener("click", (event) => {
    // A key's click has no detail and is never the end of a drag.
    if (swallow && event.detail > 0) {
      event.stopImmediatePropagation();
    }
    swallow = false;
  }, true);
}
