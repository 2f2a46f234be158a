// Asking again and again for what no socket tells. A page that nobody looks at does not ask.

const longest = 60000;

/**
 * Calls work at once and then every so many ms, never twice at the same time; after a failure the pauses grow. It gives a
 * function that asks at once. work may throw a Refusal.
 */
export function poll(work, every) {
  let timer = 0;
  let running = null;
  let again = false;
  let failures = 0;
  const plan = () => {
    clearTimeout(timer);
    const pause = Math.min(longest, every * 2 ** failures);
    timer = setTimeout(run, pause * (0.9 + Math.random() / 5));
  };
  const run = () => {
    clearTimeout(timer);
    if (document.hidden) {
      return undefined; // until it is looked at again
    }
    if (running) {
      again = true;
      return running;
    }
    running = Promise.resolve().then(work).then(() => { failures = 0; }, (error) => {
      failures = Math.min(failures + 1, 5);
      if (!error.code) {
        throw error;
      }
    }).finally(() => {
      running = null;
      if (again) {
        again = false;
        run();
      } else {
        plan();
      }
    });
    return running;
  };
  document.addEventListener("visibilitychange", run);
  addEventListener("online", run);
  addEventListener("pageshow", ({ persisted }) => persisted && run());
  run();
  return run;
}
