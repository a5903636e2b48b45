// Runs before the page is drawn: the look chosen on this device, else that of its system.
"use strict";
try {
  const chosen = localStorage.getItem("rr-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch { /* a browser that keeps nothing follows its system */ }
