// Contrast is asked of one of all texts that look alike: the same colours around them, letters of the same size and
// weight, ancestors of the same looks. A table's hundredth row can be read if its third can. A text that may lie over
// something else than its ancestors (no opaque ground up to where it is placed) and one in a picture stand for
// themselves only; what the checker leaves alone (disabled, hidden, without a letter) does not stand for what it looks at.
() => {
    const kinds = new Map(), known = new WeakMap(), asked = new Set();
    const numbered = words => kinds.get(words) ?? (kinds.set(words, kinds.size), kinds.size - 1);

    const isPlaced = ({position, transform, top, left, bottom, right}) =>
        transform !== "none" || ["absolute", "fixed", "sticky"].includes(position) ||
        position === "relative" && [top, left, bottom, right].some(way => !/^(auto|0px)$/.test(way));

    const drawn = (one, part) => {
        const {content, display, position, backgroundColor, backgroundImage} = getComputedStyle(one, part);
        return content === "none" || [display, position, backgroundColor, backgroundImage];
    };

    const look = one => {
        if (!one) return {kind: -1, open: false};
        if (!known.has(one)) {
            const style = getComputedStyle(one), around = look(one.parentElement), ground = style.backgroundColor;
            const isOpaque = !/^rgba|\/|transparent/.test(ground);
            known.set(one, {open: (isPlaced(style) || around.open) && !isOpaque, kind: numbered([
                around.kind, one.tagName, one.matches(":disabled, [aria-disabled=true]"), style.color, ground,
                style.backgroundImage, style.opacity, style.fontSize, style.fontWeight, style.textShadow,
                style.mixBlendMode, drawn(one, "::before"), drawn(one, "::after")].join("|"))});
        }
        return known.get(one);
    };

    const wordsOf = one => [...one.childNodes].map(node => node.nodeType === Node.TEXT_NODE ? node.data : "").join("").trim();

    for (const one of document.body.querySelectorAll("*")) {
        one.removeAttribute("data-text");
        const words = wordsOf(one);
        if (!words && !one.matches("input, select, textarea")) continue;
        if (!one.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
        const {kind, open} = look(one), isOff = Boolean(one.closest("label")?.control?.disabled);
        const said = [kind, isOff, words.length === 1, /[\p{L}\p{N}]/u.test(words)].join();
        if (open || one instanceof SVGElement || !asked.has(said)) one.setAttribute("data-text", "");
        asked.add(said);
    }
}
