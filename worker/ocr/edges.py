"""Edges in the small copy of a photo: how the colours on both sides of a line differ along it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

DEPTHS = (3.0, 5.0, 7.0)  # pixels of that copy from a side at which inside and outside are compared, averaged over grain
SAMPLES = 40  # places compared along each side
CLEAR = 9.0  # difference in Lab units that counts as an edge in any picture; less does where the picture's grain is finer
FAINT = 3.5  # Lab units below which nothing is an edge


def clear(lab: Any) -> float:
    """The difference that counts as an edge in this picture: above what its surfaces show by themselves over the same distance."""
    reach = int(2 * np.mean(DEPTHS))
    smooth = cv2.blur(lab, (5, 5))
    steps = np.concatenate(
        [
            np.linalg.norm(smooth[reach:] - smooth[:-reach], axis=2).ravel(),
            np.linalg.norm(smooth[:, reach:] - smooth[:, :-reach], axis=2).ravel(),
        ]
    )
    return float(np.clip(2.5 * np.median(steps), FAINT, CLEAR))


def edges(starts: Any, ends: Any, lab: Any, least: float, sharp: float = 0.0) -> tuple[Any, Any, Any]:
    """For lines (..., 2) with the sheet on their right hand: the share of the places along them that show an edge of one and the
    same kind, the share that lies in the picture, and (..., 3) the kind: the direction in colour from outside to inside."""
    height, width = lab.shape[:2]
    start, vector = starts[..., None, :], (ends - starts)[..., None, :]
    places = start + vector * np.linspace(0.03, 0.97, SAMPLES)[:, None]
    outward = np.stack([vector[..., 1], -vector[..., 0]], axis=-1) / np.maximum(np.linalg.norm(vector, axis=-1), 1e-6)[..., None]
    known = within(places - DEPTHS[0] * outward, width, height) & within(places + DEPTHS[0] * outward, width, height)
    steps = [colours(lab, places - d * outward) - colours(lab, places + d * outward) for d in DEPTHS]
    step = sum(steps) / len(DEPTHS)
    counted = np.maximum(known.sum(axis=-1), 1)
    way = (step * known[..., None]).sum(axis=-2) / counted[..., None]
    way /= np.maximum(np.linalg.norm(way, axis=-1), 1e-6)[..., None]
    along, nearest, furthest = ((one * way[..., None, :]).sum(axis=-1) for one in (step, steps[0], steps[-1]))
    return ((along > least) & (nearest > sharp * furthest) & known).sum(axis=-1) / counted, known.mean(axis=-1), way


def within(places: Any, width: int, height: int) -> Any:
    return (places[..., 0] >= 0) & (places[..., 0] < width) & (places[..., 1] >= 0) & (places[..., 1] < height)


def colours(lab: Any, places: Any) -> Any:
    x = np.clip(np.round(places[..., 0]).astype(int), 0, lab.shape[1] - 1)
    y = np.clip(np.round(places[..., 1]).astype(int), 0, lab.shape[0] - 1)
    return lab[y, x]
