"""The free fonts that papers are set in: whichever of a list of names this machine has. None is kept in the project.

Licences as in the Debian packages' copyright files: OFL = SIL Open Font Licence 1.1, GPL+FE = GPL with font exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import ImageFont

PLACES = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "C:/Windows/Fonts",
)


@dataclass(frozen=True, slots=True)
class Face:
    """A family: its files (regular, bold), what it may be used for, the Debian package that has it, its licence. `grow` evens out
    how large families look at one size; `thin`: a pen's stroke may be drawn wider."""

    family: str
    role: str
    files: tuple[str, str]
    package: str
    licence: str
    grow: float = 1.0
    thin: bool = False


FACES = (
    Face("Open Sans", "sans", ("OpenSans-Regular.ttf", "OpenSans-Bold.ttf"), "fonts-open-sans", "Apache-2.0"),
    Face("Lato", "sans", ("Lato-Regular.ttf", "Lato-Bold.ttf"), "fonts-lato", "OFL", 1.05),
    Face("Roboto", "sans", ("Roboto-Regular.ttf", "Roboto-Bold.ttf"), "fonts-roboto-unhinted", "Apache-2.0"),
    Face(
        "Roboto Condensed",
        "sans",
        ("RobotoCondensed-Regular.ttf", "RobotoCondensed-Bold.ttf"),
        "fonts-roboto-unhinted",
        "Apache-2.0",
        1.06,
    ),
    Face("Cantarell", "sans", ("Cantarell-Regular.otf", "Cantarell-Bold.otf"), "fonts-cantarell", "OFL"),
    Face("FreeSans", "sans", ("FreeSans.ttf", "FreeSansBold.ttf"), "fonts-freefont-ttf", "GPL+FE"),
    Face("FreeSerif", "serif", ("FreeSerif.ttf", "FreeSerifBold.ttf"), "fonts-freefont-ttf", "GPL+FE", 1.08),
    Face("Gentium", "serif", ("Gentium-R.ttf", "Gentium-R.ttf"), "fonts-sil-gentium", "OFL", 1.1),
    Face("Quattrocento", "serif", ("Quattrocento-Regular.otf", "Quattrocento-Regular.otf"), "fonts-quattrocento", "OFL"),
    Face("Courier Prime", "mono", ("Courier Prime.otf", "Courier Prime Bold.otf"), "fonts-courier-prime", "OFL"),
    Face("Anonymous Pro", "mono", ("Anonymous Pro.ttf", "Anonymous Pro B.ttf"), "fonts-anonymous-pro", "OFL", 1.1),
    Face("Inconsolata", "mono", ("Inconsolata.otf", "Inconsolata.otf"), "fonts-inconsolata", "OFL", 1.1),
    Face("Hack", "mono", ("Hack-Regular.ttf", "Hack-Bold.ttf"), "fonts-hack", "MIT + Bitstream Vera"),
    Face("FreeMono", "mono", ("FreeMonoBold.ttf", "FreeMonoBold.ttf"), "fonts-freefont-ttf", "GPL+FE"),
    # The metric twins of the three fonts that every PDF viewer has: a PDF's own text is laid out with them.
    Face("Arimo", "pdf-sans", ("Arimo-Regular.ttf", "Arimo-Bold.ttf"), "fonts-croscore", "OFL"),
    Face("Tinos", "pdf-serif", ("Tinos-Regular.ttf", "Tinos-Bold.ttf"), "fonts-croscore", "OFL"),
    Face("Cousine", "pdf-mono", ("Cousine-Regular.ttf", "Cousine-Bold.ttf"), "fonts-croscore", "OFL"),
    Face("Breip", "hand", ("Breip.ttf", "Breip.ttf"), "fonts-breip", "OFL", 1.3, thin=True),
    Face("Because We Build", "hand", ("BecauseWeBuild-Regular.otf", "BecauseWeBuild-Regular.otf"), "fonts-bwht", "OFL", 1.2),
    Face(
        "Because We Connect", "hand", ("BecauseWeConnect-Regular.otf", "BecauseWeConnect-Regular.otf"), "fonts-bwht", "OFL", 1.2
    ),
    Face("Because We Mentor", "hand", ("BecauseWeMentor-Regular.otf", "BecauseWeMentor-Regular.otf"), "fonts-bwht", "OFL", 1.2),
    Face("Humor Sans", "hand", ("Humor-Sans.ttf", "Humor-Sans.ttf"), "fonts-humor-sans", "OFL", 1.0),
    Face("Steve", "hand", ("SteveHand.ttf", "SteveHand.ttf"), "fonts-sjfonts", "GPL+FE", 1.15, thin=True),
    Face("Delphine", "hand", ("Delphine.ttf", "Delphine.ttf"), "fonts-sjfonts", "GPL+FE", 1.6, thin=True),
    Face("Klee One", "hand", ("KleeOne-Regular.ttf", "KleeOne-SemiBold.ttf"), "fonts-klee", "OFL", thin=True),
    Face("Kaushan Script", "hand", ("KaushanScript-Regular.otf", "KaushanScript-Regular.otf"), "fonts-kaushanscript", "OFL"),
    Face("Dancing Script", "hand", ("DancingScript-Regular.otf", "DancingScript-Bold.otf"), "fonts-dancingscript", "OFL", 1.1),
    # Last before Pillow's own: nearly every machine has one of them.
    Face("DejaVu Sans", "any", ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"), "fonts-dejavu-core", "Bitstream Vera"),
    Face("Liberation Sans", "any", ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"), "fonts-liberation", "OFL"),
)
BUILT_IN = Face("Pillow's own", "any", ("", ""), "pillow", "OFL")  # Aileron, part of Pillow since 10.1


@cache
def files() -> dict[str, str]:
    """Font file name -> path, of everything under the usual places."""
    found: dict[str, str] = {}
    for place in PLACES:
        folder = Path(place).expanduser()
        if folder.is_dir():
            found |= {path.name: str(path) for path in sorted(folder.rglob("*")) if path.suffix.lower() in (".ttf", ".otf")}
    return found


def having(role: str) -> tuple[Face, ...]:
    """The faces of a role that this machine has; failing that any face, at last Pillow's own."""
    for wanted in (role, role.removeprefix("pdf-"), "any"):
        here = tuple(face for face in FACES if face.role == wanted and all(name in files() for name in face.files))
        if here:
            return here
    return (BUILT_IN,)


def missing() -> tuple[Face, ...]:
    """The faces of the list that this machine lacks."""
    return tuple(face for face in FACES if not all(name in files() for name in face.files))


@cache
def font(face: Face, size_px: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The face at a size."""
    size = max(6, round(size_px * face.grow))
    if face is BUILT_IN:
        return ImageFont.load_default(size)
    return ImageFont.truetype(files()[face.files[int(bold)]], size)
