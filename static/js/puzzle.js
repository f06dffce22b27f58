// Instead of waiting: numbers are looked for whose SHA-256 begins with enough zero bits, one for each part of the puzzle.
// The server checks them (donations/shield/passes.py). Without this file the donor waits a minute and presses the button.
"use strict";

{
  const K = [];
  const H = [];
  // The round constants are the first 32 bits of the fractions of roots of primes (FIPS 180-4, 4.2.2 and 5.3.3).
  const fraction = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
  for (let n = 2; K.length < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (!prime) continue;
    if (H.length < 8) H.push(fraction(Math.sqrt(n)));
    K.push(fraction(Math.cbrt(n)));
  }

  const words = new Int32Array(64);
  const turned = (x, n) => (x >>> n) | (x << (32 - n));

  // The first 32 bits of the SHA-256 of an ASCII text of at most 55 characters: one block.
  const beginning = (text) => {
    words.fill(0, 0, 16);
    for (let i = 0; i < text.length; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - (i & 3) * 8);
    words[text.length >> 2] |= 0x80 << (24 - (text.length & 3) * 8);
    words[15] = text.length * 8;
    for (let i = 16; i < 64; i++) {
      const x = words[i - 15];
      const y = words[i - 2];
      const small = turned(x, 7) ^ turned(x, 18) ^ (x >>> 3);
      const large = turned(y, 17) ^ turned(y, 19) ^ (y >>> 10);
      words[i] = words[i - 16] + small + words[i - 7] + large;
    }
    let [a, b, c, d, e, f, g, h] = H;
    for (let i = 0; i < 64; i++) {
      const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
      const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    return (H[0] + a) | 0;
  };

  const work = (form) => {
    const { puzzle, parts, bits } = form.dataset;
    const found = [];
    let number = 0;
    // In short stretches, so that the page stays alive.
    const stretch = () => {
      const end = performance.now() + 30;
      while (performance.now() < end) {
        for (let tries = 0; tries < 200; tries++, number++) {
          if (beginning(`${puzzle}.${found.length}.${number}`) >>> (32 - Number(bits)) !== 0) continue;
          found.push(number);
          number = -1;
          if (found.length === Number(parts)) {
            form.elements.solution.value = found.join(",");
            if (form.isConnected) form.requestSubmit();
            return;
          }
        }
      }
      setTimeout(stretch);
    };
    form.querySelector("[data-working]").hidden = false;
    form.removeAttribute("data-puzzle");
    stretch();
  };

  document.querySelectorAll("form[data-puzzle]").forEach(work);
}
