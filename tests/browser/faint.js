// Words and edges of controls that stand out too little. Colours are painted on a canvas, so that any
// notation becomes red, green and blue.
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3]));
  const light = (rgb) => {
    const [r, g, b] = rgb.map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(rgba(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const dialog = document.querySelector("dialog[open]");
  const faint = [];
  for (const element of (dialog ?? document.body).querySelectorAll("*")) {
    const says = [...element.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    const isSvg = element instanceof SVGElement;
    if (!says || !element.checkVisibility({ opacityProperty: true }) || element.closest(".unseen, .skip, :disabled")) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const ink = over(rgba(isSvg ? style.fill : style.color), below);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = contrast(ink, below);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)} ${element.tagName} ${element.className} ${element.textContent.slice(0, 40)}`);
  }
  for (const element of (dialog ?? document.body).querySelectorAll("input, textarea, button, .dot")) {
    if (!element.checkVisibility() || element.closest(".unseen")) continue;
    const style = getComputedStyle(element);
    const mark = rgba(element.matches(".dot") ? style.backgroundColor : style.borderTopColor);
    const below = ground(element.parentElement);
    const isFilled = contrast(ground(element), below) >= 3;
    if (!mark[3] || isFilled || parseFloat(style.borderTopWidth) === 0 && !element.matches(".dot")) continue;
    const ratio = contrast(over(mark, below), below);
    if (ratio < 3) faint.push(`${ratio.toFixed(2)} edge of ${element.tagName} ${element.className} ${element.textContent.slice(0, 40)}`);
  }
  return faint;
}
