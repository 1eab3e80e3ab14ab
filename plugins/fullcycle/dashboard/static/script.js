"use strict";
(() => {
  const HOURS_24 = "en-GB";
  const shapes = {
    short: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
    long: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" },
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

  // Who reads with a keyboard must not lose their place.
  const keepingPlace = (change) => {
    const focused = document.activeElement;
    const inside = focused !== main && main.contains(focused);
    const index = inside ? [...main.querySelectorAll("a, pre")].indexOf(focused) : -1;
    const address = inside ? focused.getAttribute("href") : null;
    const scrolled = [...main.querySelectorAll("pre")].map((pre) => [pre.scrollTop, pre.scrollLeft, atEnd(pre)]);
    change();
    main.querySelectorAll("pre").forEach((pre, at) => {
      const [top, left, ended] = scrolled[at] ?? [0, 0, false];
      pre.scrollTo(left, top);
      if (ended) toEnd(pre);
    });
    if (!inside) return;
    const links = [...main.querySelectorAll("a, pre")];
    const same = links.find((link) => address && link.getAttribute("href") === address) ?? links[index];
    same?.focus({ preventScroll: true });
  };

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

  const again = async () => {
    await refresh();
    setTimeout(again, 1000 * Number(main.dataset.refresh || 10));
  };

  button.hidden = false;
  button.addEventListener("click", () => {
    live = !live;
    show();
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  localize(document);
  main.querySelectorAll("pre[data-end]").forEach(toEnd);
  show();
  setTimeout(again, 1000 * Number(main.dataset.refresh));
})();
