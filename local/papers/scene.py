"""Where the paper lies in the photo: perspective, curl, its shadow on the desk, a finger, a pen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from local.papers import desks
from local.papers.paper import Rng, smooth_noise

SKINS = ((92, 58, 42), (120, 78, 56), (148, 100, 74), (70, 44, 34))


@dataclass(frozen=True, slots=True)
class Pose:
    """How the sheet lies. `angle` degrees, `tilt` strength of the perspective, `curl` share of the width that edges bend,
    `fill` share of the frame it takes, `cut` share of it that lies outside the frame,
    at the right, or at the left if negative (0: none)."""

    angle: float
    tilt: float
    curl: float
    fill: float
    cut: float = 0.0


def place(rng: Rng, page: np.ndarray, frame: tuple[int, int], pose: Pose, *, finger: bool, pen: bool) -> np.ndarray:
    """The desk with the sheet on it, (H, W, 3) uint8; `frame` is (width, height) of the photo."""
    width, height = frame
    corners = _corners(rng, page.shape[1] / page.shape[0], frame, pose)
    desk = desks.any_desk(rng, height, width)
    page = _no_larger(page, corners)
    rows, columns = page.shape[:2]
    square = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    back = cv2.getPerspectiveTransform(corners, square)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    depth = back[2, 0] * xs + back[2, 1] * ys + back[2, 2]
    u = ((back[0, 0] * xs + back[0, 1] * ys + back[0, 2]) / depth).astype(np.float32)
    v = ((back[1, 0] * xs + back[1, 1] * ys + back[1, 2]) / depth).astype(np.float32)
    bend = pose.curl * rows * float(rng.choice([-1, 1]))
    phase = float(rng.uniform(0, 1.2))
    v += bend * np.sin(math.pi * np.clip(u / columns, -0.2, 1.2) + phase)
    u += 0.4 * bend * np.sin(2 * math.pi * np.clip(v / rows, -0.2, 1.2))
    if pose.curl > 0.008:
        wave = smooth_noise(rng, height, width, 4)
        u += wave * columns * 0.0015
        v += wave * rows * 0.0015
    sheet = cv2.remap(page, u, v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    inside = np.clip(np.minimum(np.minimum(u, columns - u), np.minimum(v, rows - v)) / 1.5, 0, 1)
    sloping = 1 + bend / rows * 4.5 * np.cos(math.pi * np.clip(u / columns, 0, 1) + phase)
    lit = sheet.astype(np.float32) * np.clip(sloping, 0.72, 1.12)[..., None]
    photo = _shadowed(rng, desk, inside) * (1 - inside[..., None]) + lit * inside[..., None]
    if pen:
        photo = _pen(rng, photo, corners)
    if finger:
        photo = _finger(rng, photo, corners)
    return np.clip(photo, 0, 255).astype(np.uint8)


def _corners(rng: Rng, shape: float, frame: tuple[int, int], pose: Pose) -> np.ndarray:
    """The sheet's corners in the frame, clockwise from its own left upper one."""
    width, height = frame
    turned = math.radians(pose.angle)
    tall = min(
        height * pose.fill / (abs(math.cos(turned)) + shape * abs(math.sin(turned))),
        width * pose.fill / (shape * abs(math.cos(turned)) + abs(math.sin(turned))),
    )
    half = np.array([[-shape, -1], [shape, -1], [shape, 1], [-shape, 1]], np.float32) * tall / 2
    half *= 1 + rng.uniform(-pose.tilt, pose.tilt, (4, 2)).astype(np.float32)
    narrow = float(rng.uniform(0, pose.tilt))
    half[:2, 0] *= 1 - narrow
    spin = np.array([[math.cos(turned), -math.sin(turned)], [math.sin(turned), math.cos(turned)]], np.float32)
    corners = half @ spin.T
    spare = np.maximum(0, np.array([width, height]) - np.ptp(corners, axis=0)) / 2
    middle = np.array([width, height]) / 2 - (corners.max(axis=0) + corners.min(axis=0)) / 2 + rng.uniform(-0.7, 0.7, 2) * spare
    corners += middle.astype(np.float32)
    if pose.cut > 0:
        corners[:, 0] += width - corners[:, 0].max() + pose.cut * np.ptp(corners[:, 0])
    elif pose.cut < 0:
        corners[:, 0] += -corners[:, 0].min() + pose.cut * np.ptp(corners[:, 0])
    return corners.astype(np.float32)


def _no_larger(page: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The page shrunk to about its size in the photo, so that warping does not skip pixels."""
    side = max(np.linalg.norm(corners[1] - corners[0]) / page.shape[1], np.linalg.norm(corners[3] - corners[0]) / page.shape[0])
    page = page.astype(np.uint8)
    if side >= 0.9:
        return page
    return cv2.resize(page, None, fx=side * 1.1, fy=side * 1.1, interpolation=cv2.INTER_AREA)


def _shadowed(rng: Rng, desk: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The desk with the soft shadow of the sheet's edge."""
    reach = max(3, int(max(inside.shape) * float(rng.uniform(0.004, 0.012))))
    move = np.array([[1, 0, rng.uniform(-1, 1) * reach], [0, 1, reach]], np.float32)
    cast = cv2.warpAffine(inside, move, inside.shape[::-1])
    cast = cv2.GaussianBlur(cast, (0, 0), reach)
    return desk.astype(np.float32) * (1 - 0.55 * cast[..., None])


def _finger(rng: Rng, photo: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """A thumb that holds the sheet at a lower corner, from outside the frame; over the margin only."""
    height, width = photo.shape[:2]
    low = corners[np.argsort(corners[:, 1])[2:]]
    corner = low[int(rng.integers(2))]
    outward = 1 if corner[0] > width / 2 else -1
    thick = 0.042 * max(width, height)
    tip = corner + np.array([-outward * thick * 0.55, -thick * 0.5])
    angle = math.radians(float(rng.uniform(25, 60)))
    root = tip + np.array([outward * math.cos(angle), math.sin(angle)]) * max(width, height)
    mask = np.zeros((height, width), np.float32)
    cv2.line(mask, _at(tip), _at(root), 1.0, int(thick * 1.5), cv2.LINE_AA)
    skin = np.array(SKINS[int(rng.integers(len(SKINS)))], np.float32)
    soft = cv2.GaussianBlur(mask, (0, 0), thick * 0.22)
    shade = np.clip((soft - 0.35) * 1.5, 0, 1)[..., None]
    colour = skin * (0.62 + 0.5 * shade) + smooth_noise(rng, height, width, 200)[..., None] * 2
    nail = np.zeros_like(mask)
    cv2.ellipse(
        nail,
        _at(tip + (root - tip) / np.linalg.norm(root - tip) * thick * 0.1),
        (int(thick * 0.42), int(thick * 0.34)),
        math.degrees(angle) * outward,
        0,
        360,
        1.0,
        -1,
    )
    colour = (
        colour * (1 - 0.5 * cv2.GaussianBlur(nail, (0, 0), 2)[..., None])
        + np.array([200, 160, 150], np.float32) * 0.5 * cv2.GaussianBlur(nail, (0, 0), 2)[..., None]
    )
    under = cv2.GaussianBlur(mask, (0, 0), thick * 0.3)[..., None]
    edge = cv2.GaussianBlur(mask, (0, 0), 1.2)[..., None]
    return photo * (1 - 0.35 * under) * (1 - edge) + colour * edge


def _pen(rng: Rng, photo: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """A ball pen that lies beside the text, along the lower edge."""
    height, width = photo.shape[:2]
    left, right = corners[3], corners[2]
    up = (corners[0] - corners[3]) / np.linalg.norm(corners[0] - corners[3])
    start = left + (right - left) * float(rng.uniform(0.1, 0.3)) + up * 0.012 * height
    end = left + (right - left) * float(rng.uniform(0.8, 1.15)) + up * float(rng.uniform(-0.03, 0.012)) * height
    thick = max(6, int(0.011 * max(width, height)))
    colour = np.array([(24, 40, 120), (20, 20, 24), (170, 30, 36), (210, 170, 40)][int(rng.integers(4))], np.float32)
    for layer, (size, tone) in enumerate(((thick * 1.6, None), (thick, 1.0), (thick * 0.35, 1.7))):
        mask = np.zeros((height, width), np.float32)
        cv2.line(mask, _at(start), _at(end), 1.0, max(1, int(size)), cv2.LINE_AA)
        soft = cv2.GaussianBlur(mask, (0, 0), thick * 0.4 if layer == 0 else 1.0)[..., None]
        photo = photo * (1 - 0.3 * soft) if tone is None else photo * (1 - soft) + np.clip(colour * tone + 12, 0, 255) * soft
    tip = end + (end - start) / np.linalg.norm(end - start) * thick * 1.6
    cv2.line(photo, _at(end), _at(tip), (150, 150, 156), max(2, thick // 3), cv2.LINE_AA)
    return photo


def _at(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
