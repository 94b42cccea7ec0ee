"""What of the sheet lies beyond a quad that was found in it: a letterhead band, or all that is above a tinted row or a fold."""

from __future__ import annotations

from typing import Any

import numpy as np

from worker.ocr.edges import DEPTHS, SAMPLES, clear, colours, edges, within

LEAST_GROWN = 0.75  # share of places that must show an edge outside a good quad
WEAKER = 0.8  # of the steps at its neighbours: a side that steps less may lie within the sheet
STRIDE = 16.0  # pixels of the copy by which a side is followed beyond its corner
ALIKE = 0.8  # cosine between the kinds of two edges that are taken for one
ALIKE_BAND = 0.3  # the same where a coloured band ends and white paper begins
LONGEST_WALK = 420.0  # pixels: the copy's long side
BLEED = 7.0  # pixels of the copy by which the sheet's corner is smeared beyond itself
FURTHEST = 0.25  # of a neighbouring side: the deepest letterhead band looked for outside a quad


def grown(quad: Any, lab: Any) -> Any:
    """The quad with sides moved outwards to a further edge, where the neighbouring sides go on to it: a dark letterhead or footer
    makes two edges, and the inner one is often the clearer."""
    least = clear(lab)
    for n in range(4):
        here, there = quad[n], quad[(n + 1) % 4]  # the side that moves; its neighbours are drawn on beyond these corners
        before, after = here - quad[n - 1], there - quad[(n + 2) % 4]
        longer = max(np.hypot(*before), np.hypot(*after), 1e-6)
        by = np.arange(2 * BLEED, max(FURTHEST * longer, 2 * BLEED + 1), 2.0)[:, None] / longer
        new_here, new_there = here + by * before, there + by * after
        far, seen, _ = edges(new_here, new_there, lab, least)
        near = BLEED / longer
        one, _, _ = edges(np.broadcast_to(here + near * before, new_here.shape), new_here, lab, least)
        other, _, _ = edges(new_there, np.broadcast_to(there + near * after, new_there.shape), lab, least)
        good = (far >= LEAST_GROWN) & (one >= LEAST_GROWN) & (other >= LEAST_GROWN) & (seen > 0.9)
        if good.any():
            best = int(np.flatnonzero(good & (far >= far[good].max() - 0.1)).max())  # the outermost of about equals
            quad = quad.copy()
            quad[n], quad[(n + 1) % 4] = new_here[best], new_there[best]
    return quad


def freed(quad: Any, lab: Any) -> Any:
    """The quad with sides moved outwards that are no end of the sheet: a tinted row of a table, a fold or a shadow steps less than the
    sheet's own edges do, and those go on beyond it. They are followed to where they stop, or out of the picture."""
    least = clear(lab)
    for n in range(4):
        known, way, step = _sides(quad, lab, least)
        beside = [m for m in ((n - 1) % 4, (n + 1) % 4) if known[m] >= 0.3]
        if known[n] < 0.3 or not beside:
            continue
        # brighter beyond, while its neighbours are the ends of bright paper: a letterhead
        band = way[n][0] < 0 < min(way[m][0] for m in beside)
        if not band and step[n] > WEAKER * min(step[m] for m in beside):
            continue
        here, there = quad[n], quad[(n + 1) % 4]
        out = {(n - 1) % 4: (here, _direction(quad[n - 1], here)), (n + 1) % 4: (there, _direction(quad[(n + 2) % 4], there))}
        alike = ALIKE_BAND if band else ALIKE
        gone = min(_goes_on(*out[m], lab, least, way[m], alike, left=m == (n - 1) % 4) for m in beside)
        if gone > 0:
            quad = quad.copy()
            quad[n], quad[(n + 1) % 4] = (corner + gone * way_out for corner, way_out in out.values())
    return quad


def _sides(quad: Any, lab: Any, least: float) -> tuple[Any, Any, Any]:
    """Per side of a quad: the share that lies in the picture, the kind of its edge, and how large its step is in Lab units."""
    starts, ends = quad, np.roll(quad, -1, axis=0)
    _, known, way = edges(starts, ends, lab, least)
    outward = np.stack([(ends - starts)[:, 1], -(ends - starts)[:, 0]], axis=-1)
    outward = (outward / np.maximum(np.linalg.norm(outward, axis=-1, keepdims=True), 1e-6))[:, None, :]
    places = starts[:, None, :] + (ends - starts)[:, None, :] * np.linspace(0.03, 0.97, SAMPLES)[:, None]
    steps = colours(lab, places - DEPTHS[-1] * outward) - colours(lab, places + DEPTHS[-1] * outward)
    return known, way, np.median((steps * way[:, None, :]).sum(axis=-1), axis=1)


def _direction(start: Any, end: Any) -> Any:
    return (end - start) / max(float(np.hypot(*(end - start))), 1e-6)


def _goes_on(corner: Any, out: Any, lab: Any, least: float, way: Any, alike: float, *, left: bool) -> float:
    """How far in pixels beyond a corner a side's edge of the kind `way` goes on; a little more where it leaves the picture
    so. `left`: the sheet lies to the right of who walks outwards."""
    height, width = lab.shape[:2]
    far = 0.0
    while far < LONGEST_WALK:
        near, end = corner + (far + BLEED) * out, corner + (far + BLEED + STRIDE) * out
        if not within(near + (end - near) / 3, width, height):
            return far + BLEED + STRIDE / 3 if far > 0 else 0.0
        share, known, kind = edges(near, end, lab, least) if left else edges(end, near, lab, least)
        if known < 0.3 or share < LEAST_GROWN or float(kind @ way) < alike:
            return far
        far += STRIDE
    return far
