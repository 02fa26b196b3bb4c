/** Cross-correlation by the fast Fourier transform, as large as a piece of music needs it. */

/**
 * Where `pattern` fits `samples` best: by the normalised correlation, so that a louder place wins nothing.
 * @param {Float32Array} pattern
 * @param {Float32Array} samples  at least as long
 * @param {number} [preferred]  the place that is taken where several fit alike, as they do in a held note
 * @returns {{ at: number, likeness: number }}  1: the same but for its gain
 */
export function locate(pattern, samples, preferred = 0) {
  const size = Math.max(2048, 2 ** Math.ceil(Math.log2(Math.min(4 * pattern.length, pattern.length + samples.length))));
  const hop = size - pattern.length + 1;
  const spectrum = transform(pattern, size);
  const energies = energiesOfRuns(samples, pattern.length);
  const norm = Math.sqrt(pattern.reduce((sum, value) => sum + value * value, 0));
  const places = samples.length - pattern.length + 1;
  const likeness = new Float32Array(places);
  for (let start = 0; start < places; start += hop) {
    const correlation = correlate(spectrum, samples.subarray(start, start + size), size);
    for (let index = 0; index < Math.min(hop, places - start); index++) {
      likeness[start + index] = correlation[index] / (norm * Math.sqrt(energies[start + index]) + 1e-9);
    }
  }
  const best = likeness.reduce((most, value) => Math.max(most, value), -1);
  let at = -1;
  likeness.forEach((value, index) => {
    const nearer = at < 0 || Math.abs(index - preferred) < Math.abs(at - preferred);
    if (value >= best - 1e-5 && nearer) at = index;
  });
  return { at, likeness: best };
}

/** The energy of each run of so many samples. */
function energiesOfRuns(samples, length) {
  const energies = new Float64Array(samples.length - length + 1);
  let sum = 0;
  for (let index = 0; index < samples.length; index++) {
    sum += samples[index] ** 2;
    if (index >= length) sum -= samples[index - length] ** 2;
    if (index >= length - 1) energies[index - length + 1] = Math.max(0, sum);
  }
  return energies;
}

function correlate(pattern, samples, size) {
  const { real, imaginary } = transform(samples, size);
  for (let bin = 0; bin < size; bin++) {
    const [a, b, c, d] = [real[bin], imaginary[bin], pattern.real[bin], -pattern.imaginary[bin]];
    real[bin] = a * c - b * d;
    imaginary[bin] = a * d + b * c;
  }
  // The inverse is the transform with real and imaginary part exchanged.
  fourier(imaginary, real);
  return real.map((value) => value / size);
}

function transform(samples, size) {
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  real.set(samples);
  fourier(real, imaginary);
  return { real, imaginary };
}

/** In place; a power of two long (Cooley and Tukey, 1965). */
function fourier(real, imaginary) {
  const size = real.length;
  for (let index = 1, mirror = 0; index < size; index++) {
    let bit = size >> 1;
    for (; mirror & bit; bit >>= 1) mirror ^= bit;
    mirror ^= bit;
    if (index < mirror) {
      [real[index], real[mirror]] = [real[mirror], real[index]];
      [imaginary[index], imaginary[mirror]] = [imaginary[mirror], imaginary[index]];
    }
  }
  const cosine = new Float64Array(size / 2);
  const sine = new Float64Array(size / 2);
  for (let index = 0; index < size / 2; index++) {
    cosine[index] = Math.cos((2 * Math.PI * index) / size);
    sine[index] = -Math.sin((2 * Math.PI * index) / size);
  }
  for (let half = 1; half < size; half *= 2) {
    const step = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let offset = 0; offset < half; offset++) {
        const low = start + offset;
        const high = low + half;
        const [c, s] = [cosine[offset * step], sine[offset * step]];
        const turnedReal = real[high] * c - imaginary[high] * s;
        const turnedImaginary = real[high] * s + imaginary[high] * c;
        real[high] = real[low] - turnedReal;
        imaginary[high] = imaginary[low] - turnedImaginary;
        real[low] += turnedReal;
        imaginary[low] += turnedImaginary;
      }
    }
  }
}
