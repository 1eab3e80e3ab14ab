"use strict";
(() => {
  const HOURS_24 = "en-GB";
  const shapes = {
    short: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
    long: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" },
    clock: { hour: "2-digit", minute: "2-digit" },
    day: { weekday: "short", day: "numeric" },
    full: { dateStyle: "full", timeStyle: "long" },
  };
  const spans = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

  const ago = (moment) => {
    const seconds = (Date.now() - moment) / 1000;
    const [span, unit] = spans.find(([length]) => seconds >= length) ?? [1, "second"];
    return seconds < 5 ? "just now" : relative.format(-Math.floor(seconds / span), unit);
  };

  const localize = (root) => {
    for (const element of root.querySelectorAll("time")) {
      const moment = new Date(element.dateTime);
      const how = element.dataset.how;
      element.textContent = how === "ago" ? ago(moment) : moment.toLocaleString(HOURS_24, shapes[how]);
      element.title = moment.toLocaleString(HOURS_24, shapes.full);
    }
  };

  const main = document.getElementById("main");
  const button = document.getElementById("refresh");
  const said = document.getElementById("said");
  let served = main.innerHTML;
  let live = true;
  let reachable = true;

  const show = () => {
    const word = !live ? "Paused" : reachable ? "Live" : "Offline";
    button.className = word.toLowerCase();
    button.title = live ? "Refreshes by itself; click to pause" : "Click to refresh by itself again";
    if (button.lastElementChild.textContent !== word) {
      button.lastElementChild.textContent = word;
      said.textContent = word;
    }
  };

  const toEnd = (pre) => { pre.scrollTop = pre.scrollHeight; };
  const atEnd = (pre) => pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 4;

  // Who reads with a keyboard, has opened something or is writing must not lose their place.
  const PLACES = "a, pre, summary, input, select, button, [tabindex]";
  const keepingPlace = (change) => {
    const focused = document.activeElement;
    const inside = focused !== main && main.contains(focused);
    const index = inside ? [...main.querySelectorAll(PLACES)].indexOf(focused) : -1;
    const address = inside ? focused.getAttribute("href") : null;
    const at = inside ? focused.dataset.at : undefined;
    const scrolled = [...main.querySelectorAll("pre")].map((pre) => [pre.scrollTop, pre.scrollLeft, atEnd(pre)]);
    const opened = [...main.querySelectorAll("details[open]")].map((each) => each.id);
    const written = [...main.querySelectorAll("input[id], select[id]")].map((each) => [each.id, each.value]);
    change();
    main.querySelectorAll("pre").forEach((pre, number) => {
      const [top, left, ended] = scrolled[number] ?? [0, 0, true];
      pre.scrollTo(left, top);
      if (ended) toEnd(pre);
    });
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, value] of written) {
      const field = document.getElementById(id);
      if (field) field.value = value;
    }
    if (!inside) return;
    const places = [...main.querySelectorAll(PLACES)];
    const same = places.find((place) => address && place.getAttribute("href") === address) ?? places[index];
    same?.focus({ preventScroll: true });
    if (same?.dataset.points && at !== undefined) read(same, Number(at));
  };

  // Whoever points at a chart, or goes along it with the arrow keys, reads what was measured there.
  const pointsOf = (plot) => plot.dataset.points.split(";").map((point) => point.split("|"));
  const read = (plot, wanted) => {
    const points = pointsOf(plot);
    const index = Math.max(0, Math.min(wanted, points.length - 1));
    const [x, at, text] = points[index];
    plot.dataset.at = index;
    const cursor = plot.querySelector(".cursor");
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    const moment = new Date(at * 1000).toLocaleString(HOURS_24, shapes.short);
    plot.parentElement.querySelector("output").textContent = `${moment}: ${text}`;
  };
  const leave = (plot) => {
    delete plot.dataset.at;
    plot.parentElement.querySelector("output").textContent = "";
  };
  const plotOf = (event) => event.target.closest?.("[data-points]");

  main.addEventListener("pointermove", (event) => {
    const plot = plotOf(event);
    if (!plot) return;
    const box = plot.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * 1000;
    const far = pointsOf(plot).map(([place]) => Math.abs(place - x));
    read(plot, far.indexOf(Math.min(...far)));
  });
  main.addEventListener("pointerout", (event) => {
    const plot = plotOf(event);
    if (plot && plot !== document.activeElement && !plot.contains(event.relatedTarget)) leave(plot);
  });
  main.addEventListener("focusin", (event) => { if (plotOf(event)) read(plotOf(event), Infinity); });
  main.addEventListener("focusout", (event) => { if (plotOf(event)) leave(plotOf(event)); });
  main.addEventListener("keydown", (event) => {
    const plot = plotOf(event);
    const now = Number(plot?.dataset.at);
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: Infinity }[event.key];
    if (!plot || next === undefined) return;
    event.preventDefault();
    read(plot, next);
  });

  // A gateway that cannot reach the dashboard answers with a page of its own, without our <main>.
  const take = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.getElementById("main");
    if (!fresh) return false;
    main.dataset.refresh = fresh.dataset.refresh;
    document.title = page.title;
    if (fresh.innerHTML === served) return true;
    served = fresh.innerHTML;
    keepingPlace(() => {
      main.innerHTML = served;
      localize(main);
    });
    return true;
  };

  const refresh = async () => {
    if (!live || document.hidden || !document.getSelection().isCollapsed) return;
    try {
      const response = await fetch(location.href.split("#")[0], { cache: "no-cache" });
      reachable = take(await response.text());
    } catch {
      reachable = false;
    }
    show();
    localize(main);
  };

  // The server says when there is something new; without its word the page is looked at again
  // after a while. A page that nobody sees asks for nothing.
  let stream = null;
  let told = 0;
  const listen = () => {
    stream?.close();
    stream = null;
    if (!main.dataset.live || !live || document.hidden || !window.EventSource) return;
    stream = new EventSource(main.dataset.live);
    stream.addEventListener("change", () => {
      told = Date.now();
      refresh();
    });
  };

  const again = async () => {
    const quiet = stream?.readyState === EventSource.OPEN && Date.now() - told < 30_000;
    if (!quiet || Number(main.dataset.refresh) < 5) await refresh();
    setTimeout(again, 1000 * Number(main.dataset.refresh || 10));
  };

  button.hidden = false;
  button.addEventListener("click", () => {
    live = !live;
    show();
    refresh();
    listen();
  });
  document.addEventListener("visibilitychange", () => {
    refresh();
    listen();
  });
  window.addEventListener("pagehide", () => stream?.close());
  localize(document);
  main.querySelectorAll("pre[data-end]").forEach(toEnd);
  show();
  listen();
  setTimeout(again, 1000 * Number(main.dataset.refresh));
})();
