// What htmx leaves to us on the pages that use it. Without this file, and without htmx, every form still works.
"use strict";

// Where a form says that it did not get through: in its own notes, or in those of the slip it stands on.
const notes = (form, kind) => (form.closest(".slip") || form).querySelectorAll(kind);

const hush = (form) => notes(form, "[data-lost], [data-fault]").forEach((note) => { note.hidden = true; });

// A look that got lost on the way: look again, a bounded number of times.
const again = (poll) => {
  poll.dataset.lost = Number(poll.dataset.lost || 0) + 1;
  if (Number(poll.dataset.lost) < 20) setTimeout(() => htmx.trigger(poll, "again"), 3000);
};

const show = (form, kind) => {
  if (form.id === "poll") { again(form); return; }
  // A word on a half-typed amount that did not come: sending it will tell.
  if (form.id === "other_amount") return;
  wake();
  hush(form);
  notes(form, kind).forEach((note) => { note.hidden = false; note.focus(); });
};

// htmx leaves the buttons disabled when it sends the donor to Stripe, and counts what it disabled: so they are woken
// by hand when the donor comes back to this very page, and after a request that failed.
const wake = () => {
  document.querySelectorAll("[aria-disabled]").forEach((button) => {
    button.removeAttribute("aria-disabled");
    delete button.dataset.pressed;
  });
  document.querySelectorAll("[data-disabled-by-htmx]").forEach((button) => {
    button.disabled = false;
    button.removeAttribute("data-disabled-by-htmx");
  });
  document.querySelectorAll(".htmx-request").forEach((part) => part.classList.remove("htmx-request"));
  document.querySelectorAll("[aria-busy]").forEach((part) => part.removeAttribute("aria-busy"));
};

addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
document.addEventListener("htmx:beforeRequest", (event) => {
  const { target, detail } = event;
  // While a form is on its way, no more words on the amount in it.
  if (target.closest("[aria-busy]")) { event.preventDefault(); return; }
  hush(target);
  if (detail.requestConfig.verb !== "post") return;
  detail.target.setAttribute("aria-busy", "true");
  // Not disabled, or the focus would fall out of what was pressed. A second click is stopped above.
  detail.target.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
  const pressed = detail.requestConfig.triggeringEvent?.submitter;
  if (pressed) pressed.dataset.pressed = "";
});
document.addEventListener("htmx:sendError", (event) => show(event.target, "[data-lost]"));
document.addEventListener("htmx:timeout", (event) => show(event.target, "[data-lost]"));
document.addEventListener("htmx:responseError", (event) => show(event.target, "[data-fault]"));

// The success page looks again every few seconds. No news: renew only the part that looks, so that nobody who is
// reading or listening loses the place.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const poll = detail.requestConfig.elt;
  if (poll.id !== "poll" || !detail.xhr.responseText.includes(`data-state="${detail.target.dataset.state}"`)) return;
  detail.target = poll;
  detail.selectOverride = "#poll";
});

// News: say the new headline. A form that came back: go to its first error, or to the word that it is done.
document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  // A word on what is being typed: the field itself must say so, too.
  if (target.id === "other_amount_said") {
    const wrong = Boolean(target.querySelector(".error"));
    detail.requestConfig.elt.setAttribute("aria-invalid", wrong);
    detail.requestConfig.elt.form.classList.toggle("field-bad", wrong);
    return;
  }
  if (detail.requestConfig.verb === "post") {
    target.querySelector("[role=alert]:not([hidden]), [aria-invalid=true], [data-done]")?.focus();
    return;
  }
  const headline = target.querySelector("[data-say]");
  const live = document.querySelector("[data-live]");
  if (headline && live) live.textContent = headline.innerText;
});
