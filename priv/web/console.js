// What the console does beyond forms and links: a run's page is kept up to date while the run goes on, and a file
// can be read into a form. Without this script the page is loaded again every other second, and text is pasted.

const live = document.querySelector("#live[data-events]");

if (live) {
  const source = new EventSource(live.dataset.events);
  let fetching = false;
  let again = false;
  let over = false;

  // The server makes the page; here only those parts of it are exchanged that are another by now, so that what
  // somebody opened or stands on stays as it is.
  const update = async () => {
    if (fetching) {
      again = true;
      return;
    }
    fetching = true;
    try {
      const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
      if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } finally {
      // Not more often than an eye follows.
      setTimeout(() => {
        fetching = false;
        if (again) {
          again = false;
          update();
        }
      }, 200);
    }
  };

  const exchange = (page) => {
    const fresh = page.getElementById("live");
    if (!fresh) return;
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const old = document.getElementById(part.id);
      if (!old) place(part);
      else if (old.innerHTML !== part.innerHTML) renew(old, part);
    }
    if (!fresh.dataset.events && !over) {
      over = true;
      source.close();
    }
  };

  // Who stands on a link in it with the keyboard stands on the same one afterwards.
  const renew = (old, part) => {
    const href = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
    old.innerHTML = part.innerHTML;
    if (href) old.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
  };

  // A log that was not there before stands with the others, below the steps.
  const place = (part) => document.getElementById("part-steps").parentElement.append(part);

  for (const name of ["start", "step_start", "progress", "step", "stop"]) source.addEventListener(name, update);
}

for (const field of document.querySelectorAll("[data-upload]")) {
  const text = document.getElementById(field.dataset.upload);
  field.hidden = false;
  field.querySelector("input").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    text.value = await file.text();
    const id = document.getElementById("id");
    if (id && !id.value) id.value = file.name.replace(/\.org$/i, "").replace(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[.-]+/, "");
  });
}
